//! From the file's text to a blueprint.

use crate::{
    lines::{Lines, line_at},
    model::Blueprint,
    problem::Problem,
};

/// Keys of the server's own configuration: somebody took one file for the other.
const SETTINGS: [&str; 9] =
    ["public_url", "listen", "database", "keys", "catalogue", "http", "outbound", "sandbox", "log"];

/// The blueprint, and where everything in it stands.
pub fn read(text: &str) -> Result<(Blueprint, Lines), Vec<Problem>> {
    match toml::from_str(text) {
        Ok(blueprint) => Ok((blueprint, Lines::of(text))),
        Err(error) => {
            let line = error.span().map(|span| line_at(text, span.start));
            let mut message = error.message().replace('\n', " ");
            if SETTINGS.iter().any(|key| message.starts_with(&format!("unknown field `{key}`"))) {
                message.push_str("; this seems to be the server's own configuration, which goes to --config");
            }
            // What is unknown or missing is named by the message itself.
            let field = line.filter(|_| !message.contains(" field `")).and_then(|line| key_on(text, line));
            let field = field.unwrap_or_default().to_owned();
            Err(vec![Problem { line, object: String::new(), field, message }])
        }
    }
}

/// The key that stands on this line, if one does.
fn key_on(text: &str, line: usize) -> Option<&str> {
    let (key, _) = text.lines().nth(line.checked_sub(1)?)?.split_once('=')?;
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    Some(key.trim()).filter(|key| !key.is_empty() && key.chars().all(bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_has_a_line_and_no_secret_in_it() {
        for (text, line, part) in [
            ("[[connection]\n", 1, ""),
            ("\npublic_url = \"x\"", 2, "--config"),
            ("[[connection]]\nname = \"a\"\n", 1, "missing field `strategy`"),
            ("[[api]]\nidentifier = \"a\"\nname = \"A\"\nscopess = []\n", 4, "scopess"),
            ("[[application]]\nname = \"a\"\ntype = \"web\"\n", 3, "regular_web"),
            ("[[application]]\nname = \"a\"\ntype = \"native\"\nclient_secret = \"pa55\"\n", 4, "{ env ="),
            ("[[application]]\nname = \"a\"\ntype = \"native\"\nclient_secret = 55\n", 4, "{ env ="),
            (
                "[[application]]\nname = \"a\"\ntype = \"native\"\nclient_secret = { env = \"A\", file = \"b\" }",
                4,
                "or {",
            ),
        ] {
            let problems = read(text).unwrap_err();
            let [problem] = &problems[..] else { panic!("{problems:?}") };
            assert_eq!(problem.line, Some(line), "{text}: {problem}");
            assert!(problem.message.contains(part), "{text}: {problem}");
            assert!(!problem.message.contains("55"), "{problem}");
        }
        let wrong = read("[[api]]\nidentifier = \"a\"\nname = 5\n").unwrap_err();
        assert_eq!((wrong[0].line, wrong[0].field.as_str()), (Some(3), "name"));
    }
}
