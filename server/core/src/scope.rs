//! A set of scopes that keeps the order it was given in (RFC 6749 section 3.3).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Scopes without duplicates. Serialized as a JSON array; shown space-separated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// From a space-separated list; commas separate too where `commas` says so.
    pub fn parse(text: &str, commas: bool) -> Self {
        text.split(|c: char| c.is_ascii_whitespace() || commas && c == ',')
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Whether `scope` is in it.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|s| s == scope)
    }

    /// Whether every one of these is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|s| other.contains(s))
    }

    /// Adds one, unless it is there.
    pub fn insert(&mut self, scope: impl Into<String>) {
        let scope = scope.into();
        if !self.contains(&scope) {
            self.0.push(scope);
        }
    }

    /// Takes one out, if it is there.
    pub fn remove(&mut self, scope: &str) {
        self.0.retain(|s| s != scope);
    }

    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As a list.
    pub fn to_vec(&self) -> Vec<String> {
        self.0.clone()
    }
}

impl<S: Into<String>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(iter: I) -> Self {
        let mut scopes = Self::default();
        for scope in iter {
            scopes.insert(scope);
        }
        scopes
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_joins() {
        assert_eq!(Scopes::parse("a  b a", false).to_string(), "a b");
        assert_eq!(Scopes::parse("a,b", true).to_string(), "a b");
        assert!(Scopes::parse("a", false).is_subset(&Scopes::parse("b a", false)));
    }
}
