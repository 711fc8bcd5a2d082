//! A key service: wraps key-encryption keys with a key of its own, which never leaves it.

use async_trait::async_trait;
use thiserror::Error;

use crate::Kek;

/// Wraps and unwraps key-encryption keys. The context (the key's id) is authenticated with each: a wrapped key
/// that was moved to another place does not unwrap.
#[async_trait]
pub trait KeyService: Send + Sync {
    /// Wraps a key, under the newest version of the service's own.
    async fn wrap(&self, context: &str, key: &Kek) -> Result<WrappedKey, KeyServiceError>;

    /// The key again.
    async fn unwrap(&self, context: &str, wrapped: &WrappedKey) -> Result<Kek, KeyServiceError>;

    /// Wraps a key anew under the newest version, within the service.
    async fn rewrap(&self, context: &str, wrapped: &WrappedKey) -> Result<WrappedKey, KeyServiceError>;

    /// The newest version of the service's key.
    async fn latest_version(&self) -> Result<i64, KeyServiceError>;
}

/// A key that only the service can unwrap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// Which version of the service's key wrapped it.
    pub version: i64,
    /// What the service made of it.
    pub text: String,
}

/// Why the key service did not do it. Never has a token or a key in it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyServiceError {
    /// It may do it later: it is down, sealed or slow.
    #[error("the key service does not answer: {0}")]
    Unavailable(String),
    /// It will not, before somebody changes something.
    #[error("the key service refuses: {0}")]
    Refused(String),
}

impl KeyServiceError {
    /// Whether it is worth waiting for.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
