//! The two error types: of the pages that people see, and of the endpoints that clients call.
//! Each has an outside message, and an inside one for the log.

use coffer_store::StoreError;
use coffer_vault::VaultError;
use thiserror::Error;

use crate::{authorize::AuthorizationResponse, dpop::ProofError, presented::TokenError};

/// What a caller is told while the database cannot do its work.
pub(crate) const DATABASE: &str =
    "The server cannot reach its database just now. Try again in a moment; nothing was changed.";
/// Seconds after which to try again then.
pub const DATABASE_RETRY: u64 = 5;

/// Why a hosted page cannot go on.
#[derive(Debug, Error)]
pub enum PageError {
    /// Shown to the person: the client or its redirect URI cannot be trusted with an answer.
    #[error("{message}")]
    Refused {
        /// For the person.
        message: String,
        /// OAuth error code, for the developer.
        code: &'static str,
    },
    /// Sent to the client's redirect URI.
    #[error("{} to the client", .0.error_code().unwrap_or("answer"))]
    ToClient(Box<AuthorizationResponse>),
    /// The interaction ended, was used before, or began in another browser.
    #[error("the sign-in has expired or began in another browser")]
    Gone,
    /// The provider did not complete the sign-in. The log has the reason.
    #[error("{outside}")]
    Provider {
        /// For the person.
        outside: String,
    },
    /// The database cannot do its work just now.
    #[error("{0}")]
    Database(String),
    /// Something failed inside.
    #[error("{0}")]
    Inside(String),
}

impl PageError {
    /// A page that says what is wrong with the request.
    pub fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), code }
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        match error.is_unavailable() {
            true => Self::Database(error.to_string()),
            false => Self::Inside(error.to_string()),
        }
    }
}

impl From<VaultError> for PageError {
    fn from(error: VaultError) -> Self {
        match error.is_unavailable() {
            true => Self::Database(error.to_string()),
            false => Self::Inside(error.to_string()),
        }
    }
}

/// Why the token, revocation or user-info endpoint refuses a request.
#[derive(Debug, Error)]
pub enum EndpointError {
    /// RFC 6749 section 5.2, `invalid_request`: says what to change.
    #[error("{0}")]
    InvalidRequest(String),
    /// The client is unknown or its secret wrong; the inside reason goes to the log.
    #[error("{0}")]
    InvalidClient(String),
    /// The client may not use this grant.
    #[error("{0}")]
    UnauthorizedClient(String),
    /// The code or refresh token is no good; the reason goes to the log.
    #[error("{0}")]
    InvalidGrant(&'static str),
    /// The subject token of an exchange is no good; the reason goes to the log.
    #[error("{0}")]
    InvalidSubject(&'static str),
    /// The grant type is not one of this server's.
    #[error("unsupported grant type")]
    UnsupportedGrantType,
    /// More was asked for than was granted.
    #[error("{0}")]
    InvalidScope(String),
    /// Another audience than this server's own.
    #[error("{0}")]
    InvalidTarget(String),
    /// The user has no usable account at the provider; the reason goes to the log.
    #[error("{inside}")]
    NoFederatedToken {
        /// For the developer.
        outside: &'static str,
        /// For the log.
        inside: String,
    },
    /// The provider cannot be asked just now.
    #[error("{inside}")]
    Unavailable {
        /// Seconds after which to try again.
        retry_after: u64,
        /// For the log.
        inside: String,
    },
    /// The proof of possession is no good (RFC 9449 section 5).
    #[error("the DPoP proof is refused: {0}")]
    InvalidDpopProof(&'static str),
    /// The access token is missing, or not presented as it must be.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// An authorization request that cannot be taken, with the code it would be refused with (RFC 9126
    /// section 2.3).
    #[error("{code}: {description}")]
    Request {
        /// OAuth error code.
        code: String,
        /// What to change.
        description: String,
    },
    /// The person has not decided yet (RFC 8628 section 3.5).
    #[error("the person has not decided yet")]
    AuthorizationPending,
    /// The device polls too fast.
    #[error("the device polls too fast")]
    SlowDown,
    /// The person said no.
    #[error("the person said no")]
    AccessDenied,
    /// The device code has ended.
    #[error("the device code has ended")]
    ExpiredDeviceCode,
    /// The access token lacks the scope.
    #[error("{0}")]
    InsufficientScope(&'static str),
    /// The database cannot do its work just now.
    #[error("{0}")]
    Database(String),
    /// Something failed inside.
    #[error("{0}")]
    Inside(String),
}

impl EndpointError {
    /// HTTP status and OAuth error code.
    pub fn status_and_code(&self) -> (u16, &str) {
        match self {
            Self::InvalidRequest(_) => (400, "invalid_request"),
            Self::InvalidClient(_) => (401, "invalid_client"),
            Self::UnauthorizedClient(_) => (403, "unauthorized_client"),
            Self::InvalidGrant(_) => (400, "invalid_grant"),
            Self::InvalidSubject(_) => (401, "invalid_grant"),
            Self::UnsupportedGrantType => (400, "unsupported_grant_type"),
            Self::InvalidScope(_) => (400, "invalid_scope"),
            Self::InvalidTarget(_) => (400, "invalid_target"),
            Self::NoFederatedToken { .. } => (401, "federated_connection_refresh_token_not_found"),
            Self::Unavailable { .. } => (503, "temporarily_unavailable"),
            Self::InvalidDpopProof(_) => (400, "invalid_dpop_proof"),
            Self::Token(error) => error.status_and_code(),
            Self::Request { code, .. } => (400, code),
            Self::AuthorizationPending => (400, "authorization_pending"),
            Self::SlowDown => (400, "slow_down"),
            Self::AccessDenied => (400, "access_denied"),
            Self::ExpiredDeviceCode => (400, "expired_token"),
            Self::InsufficientScope(_) => (403, "insufficient_scope"),
            Self::Database(_) => (503, "temporarily_unavailable"),
            Self::Inside(_) => (500, "server_error"),
        }
    }

    /// The `error_description`: what the caller may know.
    pub fn description(&self) -> String {
        match self {
            Self::InvalidRequest(text)
            | Self::UnauthorizedClient(text)
            | Self::InvalidScope(text)
            | Self::InvalidTarget(text) => text.clone(),
            Self::InvalidClient(_) => "The client is unknown, or its authentication failed.".into(),
            Self::InvalidGrant(_) => {
                "The code or token is invalid, expired, revoked, used before, or was issued to another client.".into()
            }
            Self::InvalidSubject(_) => {
                "The subject token is unknown, expired, revoked, or was issued to another client.".into()
            }
            Self::UnsupportedGrantType => "The grant type is not supported.".into(),
            Self::NoFederatedToken { outside, .. } => (*outside).to_owned(),
            Self::Unavailable { .. } => "The provider is not answering. Try again later; nothing is lost.".into(),
            Self::InvalidDpopProof(reason) => format!("The DPoP proof is refused: {reason}."),
            Self::Token(error) => error.description(),
            Self::Request { description, .. } => description.clone(),
            Self::AuthorizationPending => "The person has not decided yet. Ask again after the interval.".into(),
            Self::SlowDown => "Too fast. Wait five seconds longer between two requests from now on.".into(),
            Self::AccessDenied => "The person said no.".into(),
            Self::ExpiredDeviceCode => "The device code has ended. Ask for a new one.".into(),
            Self::InsufficientScope(text) => (*text).to_owned(),
            Self::Database(_) => DATABASE.into(),
            Self::Inside(_) => "Something went wrong on the server.".into(),
        }
    }

    /// Seconds for `Retry-After`.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Unavailable { retry_after, .. } => Some(*retry_after),
            Self::Database(_) | Self::Token(TokenError::Database(_)) => Some(DATABASE_RETRY),
            _ => None,
        }
    }
}

impl From<ProofError> for EndpointError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Refused(reason) => Self::InvalidDpopProof(reason),
            ProofError::Inside(reason) => Self::Inside(reason),
        }
    }
}

impl From<StoreError> for EndpointError {
    fn from(error: StoreError) -> Self {
        match error.is_unavailable() {
            true => Self::Database(error.to_string()),
            false => Self::Inside(error.to_string()),
        }
    }
}
