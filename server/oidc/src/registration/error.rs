//! Why a registration is refused (RFC 7591 section 3.2.2).

use coffer_store::StoreError;
use thiserror::Error;

/// A refusal; the description says what to change.
#[derive(Debug, Error)]
pub enum RegistrationError {
    /// Registration is switched off.
    #[error("registration is switched off")]
    Off,
    /// The token of the request is missing or no good.
    #[error("{0}")]
    Token(&'static str),
    /// A redirect URI is not one that can be registered.
    #[error("{0}")]
    RedirectUri(String),
    /// Something else in the metadata is wrong.
    #[error("{0}")]
    Metadata(String),
    /// Too many registrations from one address.
    #[error("too many registrations from this address")]
    TooMany {
        /// Seconds after which to try again.
        retry_after: u64,
    },
    /// The database cannot do its work just now.
    #[error("{0}")]
    Database(String),
    /// Something failed inside.
    #[error("{0}")]
    Inside(String),
}

impl RegistrationError {
    /// HTTP status and error code.
    pub fn status_and_code(&self) -> (u16, &'static str) {
        match self {
            Self::Off => (403, "access_denied"),
            Self::Token(_) => (401, "invalid_token"),
            Self::RedirectUri(_) => (400, "invalid_redirect_uri"),
            Self::Metadata(_) => (400, "invalid_client_metadata"),
            Self::TooMany { .. } => (429, "temporarily_unavailable"),
            Self::Database(_) => (503, "temporarily_unavailable"),
            Self::Inside(_) => (500, "server_error"),
        }
    }

    /// The `error_description`: what the caller may know.
    pub fn description(&self) -> String {
        match self {
            Self::Off => {
                "Registration of applications is switched off on this server. Ask its administrator to \
                          create the application, or to switch it on."
                    .to_owned()
            }
            Self::Token(text) => (*text).to_owned(),
            Self::RedirectUri(text) | Self::Metadata(text) => text.clone(),
            Self::TooMany { .. } => {
                "Too many applications were registered from this address. Try again later.".into()
            }
            Self::Database(_) => crate::error::DATABASE.into(),
            Self::Inside(_) => "Something went wrong on the server.".into(),
        }
    }
}

impl From<StoreError> for RegistrationError {
    fn from(error: StoreError) -> Self {
        match error.is_unavailable() {
            true => Self::Database(error.to_string()),
            false => Self::Inside(error.to_string()),
        }
    }
}
