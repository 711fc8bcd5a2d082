//! The one error shape of every dashboard action.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A message that stands beside the form field it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Name of the field, as in the data transfer object (`client_id`, `options.token_url`).
    pub field: String,
    /// What is wrong and what to change, for an administrator.
    pub message: String,
}

impl FieldError {
    /// A message for one field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Why a dashboard action was refused. What happened inside stays in the server's log.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum ApiError {
    /// Nobody is signed in, or the session ended.
    #[error("Your session has ended. Sign in again.")]
    Unauthenticated,
    /// Somebody is signed in who may not do this, or the request came from another site.
    #[error("{message}")]
    Forbidden {
        /// Why.
        message: String,
    },
    /// The thing does not exist (any more).
    #[error("{message}")]
    NotFound {
        /// What was not found.
        message: String,
    },
    /// The input was refused; nothing was changed.
    #[error("{}", fields.iter().map(|f| f.message.as_str()).collect::<Vec<_>>().join(" "))]
    Invalid {
        /// One message for each field that must change.
        fields: Vec<FieldError>,
    },
    /// Somebody else changed it in the meantime, or the name is taken.
    #[error("{message}")]
    Conflict {
        /// What collides, and what to do.
        message: String,
    },
    /// Too many attempts.
    #[error("Too many attempts. Try again in {retry_after} seconds.")]
    TooManyAttempts {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The database cannot do its work just now: nothing is wrong with the request, and it may pass.
    #[error(
        "The server cannot use its database just now. Nothing was changed. Try again in a moment. Reference: {reference}"
    )]
    Unavailable {
        /// The request's id, to find it in the server's log.
        reference: String,
    },
    /// Something failed inside; the log has the details under this reference.
    #[error("Something went wrong on the server. Nothing was changed. Reference: {reference}")]
    Internal {
        /// The request's id, to find it in the server's log.
        reference: String,
    },
    /// The request never reached the server, or its answer could not be read.
    #[error("The server could not be reached: {message}")]
    Transport {
        /// What the browser said.
        message: String,
    },
}

impl ApiError {
    /// One refused field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { fields: vec![FieldError::new(field, message)] }
    }

    /// The message for `field`, if this error has one.
    pub fn message_for(&self, field: &str) -> Option<&str> {
        match self {
            Self::Invalid { fields } => fields.iter().find(|f| f.field == field).map(|f| f.message.as_str()),
            _ => None,
        }
    }
}
