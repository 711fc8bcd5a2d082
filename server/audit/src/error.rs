//! Why the chain cannot be gone on with.

use coffer_crypto::OpenError;
use coffer_store::StoreError;
use thiserror::Error;

/// Why the chain cannot be gone on with. Nothing of it is shown outside.
#[derive(Debug, Error)]
pub enum AuditError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key of the chain does not open.
    #[error("the key of the audit chain: {0}")]
    Key(#[from] OpenError),
    /// The head is not what Coffer wrote.
    #[error("the head of the audit chain was changed from outside")]
    Head,
    /// There are links, and no head.
    #[error("the head of the audit chain is missing")]
    NoHead,
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
}
