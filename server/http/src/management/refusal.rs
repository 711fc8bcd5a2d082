//! Why a request to the management API is refused: `{statusCode, error, message, errorCode}`.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_contract::{ApiError, FieldError};
use coffer_oidc::error::DATABASE_RETRY;
use coffer_oidc::presented::TokenError;
use serde::Serialize;
use thiserror::Error;
use utoipa::ToSchema;

/// A refusal.
#[derive(Debug, Error)]
pub(crate) enum Refusal {
    /// The access token opens nothing.
    #[error("{0}")]
    Token(TokenError),
    /// The access token is for something else.
    #[error("the access token is not for the management API")]
    Audience,
    /// The access token lacks this scope.
    #[error("the scope {0} is missing")]
    Scope(&'static str),
    /// Too many requests.
    #[error("too many requests")]
    TooMany {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The query, the path or the body is refused.
    #[error("{message}")]
    Invalid {
        /// Tells the cases apart.
        code: &'static str,
        /// What is wrong, by name, and what to change.
        message: String,
    },
    /// It may not be done, whoever asks.
    #[error("{0}")]
    Forbidden(String),
    /// It does not exist.
    #[error("{message}")]
    NotFound {
        /// Tells the cases apart.
        code: &'static str,
        /// What does not exist.
        message: String,
    },
    /// There is no such address.
    #[error("there is nothing at this address")]
    NoEndpoint,
    /// The address does not take this method.
    #[error("the method is not allowed here")]
    Method,
    /// It collides with what there is.
    #[error("{message}")]
    Conflict {
        /// Tells the cases apart.
        code: &'static str,
        /// With what.
        message: String,
    },
    /// It has changed since the version that `If-Match` names.
    #[error("it has changed since")]
    Changed,
    /// The idempotency key came with another request before.
    #[error("the idempotency key came with another request before")]
    KeyReused,
    /// The database cannot do its work just now; it is in the log already.
    #[error("the database cannot do its work")]
    Unavailable,
    /// Something failed inside; it is in the log already.
    #[error("something failed inside")]
    Inside,
}

/// An error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// The HTTP status.
    #[serde(rename = "statusCode")]
    status_code: u16,
    /// The status in words.
    error: String,
    /// What is wrong, and what to change.
    message: String,
    /// Tells the cases of one status apart.
    #[serde(rename = "errorCode", skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
}

impl Refusal {
    /// A refused body.
    pub(crate) fn body(message: impl Into<String>) -> Self {
        Self::Invalid { code: "invalid_body", message: message.into() }
    }

    /// A refused query.
    pub(crate) fn query(message: impl Into<String>) -> Self {
        Self::Invalid { code: "invalid_query_string", message: message.into() }
    }

    /// What a use case refused. `missing` is the code for what does not exist, and `names` says what the
    /// dashboard's fields are called here.
    pub(crate) fn of(error: ApiError, missing: &'static str, names: &[(&str, &str)]) -> Self {
        match error {
            ApiError::Invalid { fields } => Self::body(in_words(&fields, names)),
            ApiError::NotFound { message } => Self::NotFound { code: missing, message },
            ApiError::Conflict { message } => Self::Conflict { code: "conflict", message },
            ApiError::Forbidden { message } => Self::Forbidden(message),
            ApiError::TooManyAttempts { retry_after } => Self::TooMany { retry_after },
            ApiError::Unavailable { .. } => Self::Unavailable,
            // Nobody is signed in here, and a use case does not lose its own request.
            ApiError::Unauthenticated | ApiError::Transport { .. } | ApiError::Internal { .. } => {
                Self::Inside
            }
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Token(TokenError::Inside(_)) | Self::Inside => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Token(TokenError::Database(_)) | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Token(_) | Self::Audience => StatusCode::UNAUTHORIZED,
            Self::Scope(_) | Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Invalid { .. } => StatusCode::BAD_REQUEST,
            Self::NotFound { .. } | Self::NoEndpoint => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict { .. } => StatusCode::CONFLICT,
            Self::Changed => StatusCode::PRECONDITION_FAILED,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::Token(error) => error.status_and_code().1,
            Self::Audience => "invalid_token",
            Self::Scope(_) => "insufficient_scope",
            Self::Forbidden(_) => "operation_not_supported",
            Self::TooMany { .. } => "too_many_requests",
            Self::Invalid { code, .. } | Self::NotFound { code, .. } | Self::Conflict { code, .. } => code,
            Self::Changed => "precondition_failed",
            Self::KeyReused => "idempotency_key_reused",
            Self::Unavailable => "temporarily_unavailable",
            Self::NoEndpoint | Self::Method | Self::Inside => return None,
        })
    }

    fn message(&self) -> String {
        match self {
            Self::Token(error) => error.description(),
            Self::Audience => {
                "The access token is not for the management API. Ask for one with its audience.".to_owned()
            }
            Self::Scope(scope) => format!(
                "Insufficient scope, expected any of: {scope}. Add it to what the application may do at the \
                 management API, and get a new access token."
            ),
            Self::TooMany { retry_after } => {
                format!("Global limit has been reached. Try again in {retry_after} seconds.")
            }
            Self::Invalid { message, .. }
            | Self::NotFound { message, .. }
            | Self::Conflict { message, .. }
            | Self::Forbidden(message) => message.clone(),
            Self::NoEndpoint => "There is nothing at this address.".to_owned(),
            Self::Method => "This address does not take this method.".to_owned(),
            Self::Changed => {
                "It has changed since the version that If-Match names. Read it again, then make your change."
                    .to_owned()
            }
            Self::KeyReused => {
                "The Idempotency-Key came with another request before. Use a new one for each request."
                    .to_owned()
            }
            Self::Unavailable => {
                "The server cannot use its database just now. Nothing was changed. Try again in a moment."
                    .to_owned()
            }
            Self::Inside => "Something went wrong on the server.".to_owned(),
        }
    }

    /// RFC 6750 section 3.
    fn challenge(&self) -> Option<String> {
        match self {
            Self::Token(error) => error.challenge(),
            Self::Audience => Some("Bearer error=\"invalid_token\"".to_owned()),
            Self::Scope(scope) => Some(format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"")),
            _ => None,
        }
    }
}

/// Every field that must change, under the name it has here.
fn in_words(fields: &[FieldError], names: &[(&str, &str)]) -> String {
    let named = |field: &str| {
        names.iter().find(|(name, _)| *name == field).map_or(field.to_owned(), |(_, wire)| (*wire).to_owned())
    };
    let lines: Vec<String> = fields.iter().map(|f| format!("{}: {}", named(&f.field), f.message)).collect();
    lines.join(" ")
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match &self {
            Self::Token(TokenError::Inside(reason)) => {
                tracing::error!(%reason, "a management request failed")
            }
            Self::Token(TokenError::Database(reason)) => {
                tracing::error!(%reason, "a management request was turned away: the database cannot do its work")
            }
            other => tracing::info!(reason = %other, "a management request was refused"),
        }
        let status = self.status();
        let body = ErrorBody {
            status_code: status.as_u16(),
            error: status.canonical_reason().unwrap_or_default().to_owned(),
            message: self.message(),
            error_code: self.code(),
        };
        let mut response = (status, Json(body)).into_response();
        if let Some(Ok(challenge)) = self.challenge().map(|text| HeaderValue::from_str(&text)) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(DATABASE_RETRY));
        }
        if let Self::TooMany { retry_after } = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
        }
        response
    }
}
