//! What is wrong, and where it stands.

use std::fmt;

use coffer_contract::ApiError;
use coffer_store::StoreError;
use thiserror::Error;

/// One thing that has to be put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line of the file, from 1.
    pub line: Option<usize>,
    /// The object (`connection “google”`); empty for the file itself.
    pub object: String,
    /// The field, as in the file; empty for the object itself.
    pub field: String,
    /// What is wrong, and what to change.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        for part in [&self.object, &self.field] {
            if !part.is_empty() {
                write!(f, "{part}: ")?;
            }
        }
        f.write_str(&self.message)
    }
}

/// Why nothing was changed.
#[derive(Debug, Error)]
pub enum BlueprintError {
    /// The file cannot be used as it is.
    #[error("nothing was changed; {}", list(.0))]
    Refused(Vec<Problem>),
    /// What there is is not what the plan was made from.
    #[error(
        "what there is has changed since the plan was shown; nothing was changed. Run it again to see the new plan"
    )]
    Moved,
    /// An application needs a new client secret, and nobody said where it goes.
    #[error(
        "{0} would get a new client secret, which is shown once: say --secrets-to FILE or --print-secrets, or \
         give it one with client_secret = {{ env = \"NAME\" }}; nothing was changed"
    )]
    Homeless(String),
    /// New client secrets could not be put where they belong.
    #[error("the new client secrets could not be written: {0}; nothing was changed")]
    Place(std::io::Error),
    /// The database.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A use case failed inside.
    #[error("{0}")]
    Inside(#[from] ApiError),
}

fn list(problems: &[Problem]) -> String {
    match problems {
        [one] => one.to_string(),
        many => {
            let lines: Vec<String> = many.iter().map(|problem| format!("\n  {problem}")).collect();
            format!("{} things have to be put right:{}", many.len(), lines.concat())
        }
    }
}
