//! What rows of a list have to match: what searches are made of.

use sea_orm::Condition;

/// A search, over the fields `F` of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match<F> {
    /// Every one.
    All(Vec<Self>),
    /// At least one.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// The field is exactly this.
    Is(F, String),
    /// The field begins with this.
    Begins(F, String),
    /// The field is an instant from the one to the other, in milliseconds.
    Between(F, Option<i64>, Option<i64>),
}

impl<F> Match<F> {
    /// In SQL, where `leaf` says what the last three come to.
    pub(crate) fn condition(&self, leaf: &impl Fn(&Self) -> Condition) -> Condition {
        match self {
            Self::All(parts) => {
                parts.iter().fold(Condition::all(), |all, part| all.add(part.condition(leaf)))
            }
            Self::Any(parts) => {
                parts.iter().fold(Condition::any(), |any, part| any.add(part.condition(leaf)))
            }
            Self::Not(part) => part.condition(leaf).not(),
            Self::Is(..) | Self::Begins(..) | Self::Between(..) => leaf(self),
        }
    }
}

/// The end of the range of texts that begin with `text`.
pub(crate) fn end(text: &str) -> String {
    format!("{text}\u{10ffff}")
}
