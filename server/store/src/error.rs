//! What can go wrong between the domain and the database.

use std::sync::Arc;

use sea_orm::{DbErr, SqlErr};
use thiserror::Error;

use crate::trouble::{self, Trouble};

/// Why a repository refused or failed. For the log: nothing of it is shown outside.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database's address is not one that this build can use.
    #[error("database address “{url}”: {reason}")]
    Address {
        /// The address, as configured.
        url: String,
        /// What to change.
        reason: &'static str,
    },
    /// The directory of the database file could not be made.
    #[error("directory “{path}” of the database file: {source}")]
    Directory {
        /// The directory.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database file could not be opened or made.
    #[error("database file “{path}”: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// A value could not be written as JSON.
    #[error("value not storable: {0}")]
    Encode(#[from] serde_json::Error),
    /// A row holds what no version of this program wrote there.
    #[error("table {table}, row {row}, column {column}: {reason}")]
    BadRow {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// Primary key.
        row: String,
        /// What is wrong, without the value itself.
        reason: String,
    },
    /// It collides with something there: a name that is taken, a version that has passed.
    #[error("conflict: {what}")]
    Conflict {
        /// What collides (`name`, `version`).
        what: &'static str,
    },
    /// Something that the change refers to does not exist (any more).
    #[error("not found: {what}")]
    NotFound {
        /// What is missing (`connection`).
        what: &'static str,
    },
    /// What was written together with others failed, for all of them.
    #[error("{0}")]
    Together(Arc<Self>),
    /// Whoever was writing ended before an outcome.
    #[error("the database's writer ended")]
    Stopped,
}

impl StoreError {
    /// Why the database cannot do its work just now; none, where the error is of another kind.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Database(error) => trouble::of(error),
            Self::Directory { .. } | Self::File { .. } => Some(Trouble::Unreachable),
            Self::Together(error) => error.trouble(),
            _ => None,
        }
    }

    /// Whether the same may work a little later, and nothing is wrong with the request or the program.
    pub fn is_unavailable(&self) -> bool {
        self.trouble().is_some()
    }

    /// Turns a broken unique key into a conflict over `what`.
    pub(crate) fn unique(what: &'static str) -> impl FnOnce(DbErr) -> Self {
        move |error| match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Conflict { what },
            _ => Self::Database(error),
        }
    }

    /// Turns a broken reference into a missing `what`.
    pub(crate) fn reference(what: &'static str) -> impl FnOnce(DbErr) -> Self {
        move |error| match error.sql_err() {
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Self::NotFound { what },
            _ => Self::Database(error),
        }
    }
}
