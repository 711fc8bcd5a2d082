//! String literals of Rust sources, without a whole parser.

/// A string literal and where it stands.
pub struct Literal<'a> {
    /// What is between the quotes, escapes as written.
    pub text: &'a str,
    /// Offset of the opening quote (or of the `r` before it).
    pub start: usize,
    /// Offset behind the closing quote.
    pub end: usize,
}

/// Every string literal outside comments, in order.
pub fn all(source: &str) -> Vec<Literal<'_>> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &source[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\") {
            at += 3;
        } else if let Some(literal) = raw(source, at).or_else(|| plain(source, at)) {
            at = literal.end;
            found.push(literal);
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

fn plain(source: &str, start: usize) -> Option<Literal<'_>> {
    let rest = source[start..].strip_prefix('"')?;
    let mut escaped = false;
    let length = rest.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some(Literal { text: &rest[..length], start, end: start + length + 2 })
}

fn raw(source: &str, start: usize) -> Option<Literal<'_>> {
    let word = source[..start].ends_with(|before: char| before.is_alphanumeric() || before == '_');
    let rest = source[start..].strip_prefix('r').filter(|_| !word)?;
    let hashes = rest.bytes().take_while(|&byte| byte == b'#').count();
    let body = rest[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&close)?;
    Some(Literal { text: &body[..length], start, end: start + 1 + hashes + 1 + length + close.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found_outside_comments() {
        let source = r##"a("one", '"', r#"t"wo"#, "th\"ree"); // "no"
            /* "nor this" */ "four" '\'' "five" for"##;
        let texts: Vec<&str> = all(source).iter().map(|literal| literal.text).collect();
        assert_eq!(texts, ["one", "t\"wo", "th\\\"ree", "four", "five"]);
        let four = &all(source)[3];
        assert_eq!(&source[four.start..four.end], "\"four\"");
    }
}
