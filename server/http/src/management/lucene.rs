//! Searches in the vendor's query syntax, as far as it goes here: `field:value`, `field:"several words"`,
//! `field:beginning*`, `field:[from TO to]` for instants, `AND`, `OR`, `NOT`, parentheses. What stands side by side
//! is joined by `OR`, as in Lucene. Anything else is refused by name.

use coffer_contract::Timestamp;
use coffer_store::Match;
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

use super::refusal::Refusal;

/// Deepest nesting.
const DEEPEST: usize = 16;
/// Longest query.
const LONGEST: usize = 2048;

/// What a field of the query stands for.
pub(crate) enum Known<F> {
    /// Text.
    Text(F),
    /// An instant.
    Instant(F),
}

/// What a field of the query, or a word without one, is looked for in; nothing when there is no such field.
type Names<F> = dyn Fn(Option<&str>) -> Option<Vec<Known<F>>>;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    /// A field, or none, and what it is to be.
    Term(Option<String>, String, bool),
    Range(String, String, String),
}

struct Parser<'a, F> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    field: &'a Names<F>,
    depth: usize,
}

/// Reads a query. `field` says what a field stands for, and what a word without one is looked for in.
pub(crate) fn parse<F: Clone>(text: &str, field: &Names<F>) -> Result<Match<F>, Refusal> {
    if text.len() > LONGEST {
        return Err(wrong("It is too long."));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), field, depth: 0 };
    let found = parser.any()?;
    match parser.tokens.next() {
        None => Ok(found),
        Some(_) => Err(wrong("A parenthesis closes that was not opened.")),
    }
}

fn wrong(message: &str) -> Refusal {
    Refusal::Invalid { code: "invalid_query_string", message: format!("q: {message}") }
}

impl<F: Clone> Parser<'_, F> {
    fn any(&mut self) -> Result<Match<F>, Refusal> {
        let mut parts = vec![self.all()?];
        loop {
            match self.tokens.peek() {
                None | Some(Token::Close) => break,
                Some(Token::Or) => {
                    self.tokens.next();
                }
                Some(_) => {}
            }
            parts.push(self.all()?);
        }
        Ok(single(parts, Match::Any))
    }

    fn all(&mut self) -> Result<Match<F>, Refusal> {
        let mut parts = vec![self.one()?];
        while self.tokens.next_if_eq(&Token::And).is_some() {
            parts.push(self.one()?);
        }
        Ok(single(parts, Match::All))
    }

    fn one(&mut self) -> Result<Match<F>, Refusal> {
        match self.tokens.next() {
            Some(Token::Not) => {
                self.deeper()?;
                let inner = self.one()?;
                self.depth -= 1;
                Ok(Match::Not(Box::new(inner)))
            }
            Some(Token::Open) => {
                self.deeper()?;
                let inner = self.any()?;
                self.depth -= 1;
                match self.tokens.next() {
                    Some(Token::Close) => Ok(inner),
                    _ => Err(wrong("A parenthesis is not closed.")),
                }
            }
            Some(Token::Term(field, value, begins)) => self.term(field.as_deref(), &value, begins),
            Some(Token::Range(field, from, to)) => self.range(&field, &from, &to),
            Some(Token::And | Token::Or | Token::Close) | None => {
                Err(wrong("Something is missing beside AND, OR, NOT or a parenthesis."))
            }
        }
    }

    fn deeper(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(wrong("It is nested too deeply.")) } else { Ok(()) }
    }

    fn known(&self, field: Option<&str>) -> Result<Vec<Known<F>>, Refusal> {
        (self.field)(field).ok_or_else(|| {
            wrong(&format!("One cannot search by {}.", field.unwrap_or("words without a field")))
        })
    }

    fn term(&self, field: Option<&str>, value: &str, begins: bool) -> Result<Match<F>, Refusal> {
        if value == "*" || value.is_empty() && begins {
            return Ok(Match::All(vec![]));
        }
        if value.contains(['*', '?', '~', '^']) {
            return Err(wrong("A * may stand at the end of a word alone; there is no ?, ~ or ^."));
        }
        let leaf = |known| -> Result<Match<F>, Refusal> {
            match known {
                Known::Instant(f) => {
                    Ok(Match::Between(f, Some(instant(value, false)?), Some(instant(value, true)?)))
                }
                Known::Text(f) if begins => Ok(Match::Begins(f, value.to_owned())),
                Known::Text(f) => Ok(Match::Is(f, value.to_owned())),
            }
        };
        let parts = self.known(field)?.into_iter().map(leaf).collect::<Result<Vec<_>, _>>()?;
        Ok(single(parts, Match::Any))
    }

    fn range(&self, field: &str, from: &str, to: &str) -> Result<Match<F>, Refusal> {
        let bound = |text: &str, end| match text {
            "*" => Ok(None),
            text => instant(text, end).map(Some),
        };
        match self.known(Some(field))?.into_iter().next() {
            Some(Known::Instant(f)) => Ok(Match::Between(f, bound(from, false)?, bound(to, true)?)),
            _ => Err(wrong(&format!("{field} has no range."))),
        }
    }
}

fn single<F>(mut parts: Vec<Match<F>>, join: impl FnOnce(Vec<Match<F>>) -> Match<F>) -> Match<F> {
    match (parts.len(), parts.pop()) {
        (1, Some(part)) => part,
        (_, last) => {
            parts.extend(last);
            join(parts)
        }
    }
}

/// An instant in milliseconds; of a whole day its beginning, or its end.
fn instant(text: &str, end: bool) -> Result<i64, Refusal> {
    if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
        return Ok(at.unix_timestamp().saturating_mul(1000) + i64::from(at.millisecond()));
    }
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
    let day = day.map_err(|_| wrong(&format!("{text} is not a date such as 2026-01-31, nor an instant.")))?;
    let start = Timestamp::from_seconds(day.midnight().assume_utc().unix_timestamp());
    Ok(if end { start.plus_seconds(24 * 3600).millis() - 1 } else { start.millis() })
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.peek().copied() {
        match c {
            c if c.is_whitespace() => {
                chars.next();
            }
            '(' | ')' => {
                chars.next();
                found.push(if c == '(' { Token::Open } else { Token::Close });
            }
            '-' | '!' => {
                chars.next();
                found.push(Token::Not);
            }
            _ => found.push(term(&mut chars)?),
        }
    }
    Ok(found)
}

fn term(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Token, Refusal> {
    let mut field = None;
    loop {
        match chars.peek() {
            Some('"') => {
                chars.next();
                let value = quoted(chars)?;
                return Ok(Token::Term(field, value, false));
            }
            Some('[' | '{') => {
                let Some(field) = field else { return Err(wrong("A range needs a field before it.")) };
                return range(field, chars);
            }
            Some('(') if field.is_some() => {
                return Err(wrong("Repeat the field instead of grouping values in parentheses."));
            }
            _ => {}
        }
        let (word, raw) = word(chars, field.is_some())?;
        if chars.peek() == Some(&':') && field.is_none() && !word.is_empty() {
            chars.next();
            field = Some(word);
            continue;
        }
        if field.is_none() && raw {
            match word.as_str() {
                "AND" | "&&" => return Ok(Token::And),
                "OR" | "||" => return Ok(Token::Or),
                "NOT" => return Ok(Token::Not),
                _ => {}
            }
        }
        if word.is_empty() {
            return Err(wrong("A value is missing after a field."));
        }
        return Ok(match word.strip_suffix('*') {
            Some(beginning) if raw => Token::Term(field, beginning.to_owned(), true),
            _ => Token::Term(field, word, false),
        });
    }
}

/// A word, and whether nothing in it was escaped. After the field, colons belong to the value.
fn word(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    colons: bool,
) -> Result<(String, bool), Refusal> {
    let (mut word, mut raw) = (String::new(), true);
    while let Some(c) = chars.peek().copied() {
        match c {
            '\\' => {
                chars.next();
                raw = false;
                word.push(chars.next().ok_or_else(|| wrong("A backslash stands at the end."))?);
            }
            ':' if !colons => break,
            c if c.is_whitespace() || matches!(c, '(' | ')' | '"' | '[' | ']' | '{' | '}') => break,
            c => {
                chars.next();
                word.push(c);
            }
        }
    }
    Ok((word, raw))
}

fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, Refusal> {
    let mut text = String::new();
    loop {
        match chars.next() {
            Some('"') => return Ok(text),
            Some('\\') => text.extend(chars.next()),
            Some(c) => text.push(c),
            None => return Err(wrong("A quotation mark is not closed.")),
        }
    }
}

fn range(field: String, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Token, Refusal> {
    chars.next();
    let inner: String = chars.by_ref().take_while(|c| !matches!(c, ']' | '}')).collect();
    let bounds = inner.split_once(" TO ").map(|(from, to)| {
        let plain = |text: &str| text.trim().trim_matches('"').to_owned();
        (plain(from), plain(to))
    });
    let (from, to) = bounds.ok_or_else(|| wrong("A range is written [from TO to]."))?;
    Ok(Token::Range(field, from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    enum Field {
        Email,
        Name,
        At,
    }

    fn read(text: &str) -> Result<Match<Field>, Refusal> {
        parse(text, &|field| match field {
            None => Some(vec![Known::Text(Field::Email), Known::Text(Field::Name)]),
            Some("email") => Some(vec![Known::Text(Field::Email)]),
            Some("name") => Some(vec![Known::Text(Field::Name)]),
            Some("at") => Some(vec![Known::Instant(Field::At)]),
            Some(_) => None,
        })
    }

    #[test]
    fn terms_are_joined_as_they_are_in_lucene() {
        let email = |text: &str| Match::Is(Field::Email, text.to_owned());
        assert_eq!(read("email:a@b.c").unwrap(), email("a@b.c"));
        assert_eq!(read("email:\"a b\"").unwrap(), email("a b"));
        assert_eq!(read("name:Ad*").unwrap(), Match::Begins(Field::Name, "Ad".into()));
        assert_eq!(
            read("email:a AND name:b OR NOT email:c").unwrap(),
            Match::Any(vec![
                Match::All(vec![email("a"), Match::Is(Field::Name, "b".into())]),
                Match::Not(Box::new(email("c"))),
            ])
        );
        assert_eq!(
            read("(email:a OR email:b) AND email:c").unwrap(),
            Match::All(vec![Match::Any(vec![email("a"), email("b")]), email("c")])
        );
        assert_eq!(
            read("ada").unwrap(),
            Match::Any(vec![email("ada"), Match::Is(Field::Name, "ada".into())])
        );
    }

    #[test]
    fn instants_have_ranges_and_days() {
        let day = 1_767_225_600_000;
        let end = day + 24 * 3600 * 1000 - 1;
        assert_eq!(read("at:2026-01-01").unwrap(), Match::Between(Field::At, Some(day), Some(end)));
        assert_eq!(read("at:[2026-01-01 TO *]").unwrap(), Match::Between(Field::At, Some(day), None));
        assert_eq!(
            read("at:[* TO \"2026-01-01T00:00:01Z\"]").unwrap(),
            Match::Between(Field::At, None, Some(day + 1000))
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            "",
            "email:",
            "email:a AND",
            "(email:a",
            "email:a)",
            "phone:1",
            "name:a?b",
            "email:\"a",
            "at:soon",
            "name:[a TO b]",
            "at:[1]",
            "email:(a b)",
            "\\",
        ] {
            assert!(matches!(read(text), Err(Refusal::Invalid { .. })), "{text}");
        }
        let deep = format!("{}email:a{}", "(".repeat(40), ")".repeat(40));
        assert!(read(&deep).is_err());
    }
}
