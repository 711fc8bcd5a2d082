//! Why the My Account API refuses a request (RFC 9457 problem documents).

use coffer_store::StoreError;
use coffer_vault::VaultError;
use thiserror::Error;

use crate::error::DATABASE;
use crate::presented::TokenError;

/// What is wrong with one member of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The member.
    pub field: &'static str,
    /// What to change.
    pub detail: String,
}

/// A refusal: an outside message, and for the log an inside one.
#[derive(Debug, Error)]
pub enum MyAccountError {
    /// No access token, or not presented as it must be.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The access token is not for this API.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// The access token lacks this scope.
    #[error("the access token lacks the scope {0}")]
    InsufficientScope(&'static str),
    /// The application may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Members of the request are missing or wrong.
    #[error("the request has invalid members")]
    Invalid(Vec<FieldProblem>),
    /// The session, code or verifier of a completion is no good; which, goes to the log alone.
    #[error("{0}")]
    InvalidSession(&'static str),
    /// There is no such account.
    #[error("the account does not exist")]
    NotFound,
    /// The database cannot do its work just now.
    #[error("{0}")]
    Database(String),
    /// Something failed inside.
    #[error("{0}")]
    Inside(String),
}

impl MyAccountError {
    /// One wrong member.
    pub fn field(field: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem { field, detail: detail.into() }])
    }

    /// HTTP status, and the name of the problem type.
    pub fn status_and_type(&self) -> (u16, &'static str) {
        match self {
            Self::Token(TokenError::Inside(_)) => (500, "server-error"),
            Self::Token(TokenError::Database(_)) | Self::Database(_) => (503, "temporarily-unavailable"),
            Self::Token(_) | Self::Unauthorized(_) => (401, "unauthorized"),
            Self::InsufficientScope(_) => (403, "insufficient-scope"),
            Self::Forbidden(_) => (403, "forbidden"),
            Self::Invalid(_) => (400, "validation-error"),
            Self::InvalidSession(_) => (400, "invalid-connect-session"),
            Self::NotFound => (404, "not-found"),
            Self::Inside(_) => (500, "server-error"),
        }
    }

    /// A few words for the `title`.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Token(TokenError::Inside(_)) => "Server error",
            Self::Token(TokenError::Database(_)) | Self::Database(_) => "Temporarily unavailable",
            Self::Token(_) | Self::Unauthorized(_) => "Unauthorized",
            Self::InsufficientScope(_) => "Insufficient scope",
            Self::Forbidden(_) => "Forbidden",
            Self::Invalid(_) => "Validation error",
            Self::InvalidSession(_) => "Invalid connect session",
            Self::NotFound => "Not found",
            Self::Inside(_) => "Server error",
        }
    }

    /// What the caller may know.
    pub fn detail(&self) -> String {
        match self {
            Self::Token(error) => error.description(),
            Self::Unauthorized(text) | Self::Forbidden(text) => (*text).to_owned(),
            Self::InsufficientScope(scope) => format!("The access token lacks the scope {scope}."),
            Self::Invalid(fields) => fields.iter().map(|f| f.detail.as_str()).collect::<Vec<_>>().join(" "),
            Self::InvalidSession(_) => {
                "The auth session, connect code or code verifier is invalid, expired or was used before."
                    .into()
            }
            Self::NotFound => "The user has no connected account with this id.".into(),
            Self::Database(_) => DATABASE.into(),
            Self::Inside(_) => "Something went wrong on the server.".into(),
        }
    }
}

impl From<StoreError> for MyAccountError {
    fn from(error: StoreError) -> Self {
        match error.is_unavailable() {
            true => Self::Database(error.to_string()),
            false => Self::Inside(error.to_string()),
        }
    }
}

impl From<VaultError> for MyAccountError {
    fn from(error: VaultError) -> Self {
        match error.is_unavailable() {
            true => Self::Database(error.to_string()),
            false => Self::Inside(error.to_string()),
        }
    }
}
