//! The chain over the audit log: each event gets a position, and a link that nobody makes without the key file.
//!
//! Events are written in the transaction of the change that they belong to, by `coffer-store`. What is here
//! seals them right after (`docs/decisions/0012-audit-chain.md`), and shows when one was changed or is missing.

mod encode;
mod error;
mod export;
mod head;
mod line;
mod prune;
mod seal;

mod verify;
mod verify_file;

use std::sync::Arc;

use coffer_core::{Clock, Rng};
use coffer_crypto::Keyring;
use coffer_store::Store;
use tokio::sync::Mutex;

pub use error::AuditError;
pub use export::{Export, Span};
pub use line::{CSV_HEAD, Line};
pub use verify::{Break, Report};
pub use verify_file::FileReport;

/// The chain over one store's audit log. Clones share the opened key.
#[derive(Clone)]
pub struct AuditLog {
    store: Store,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    opened: Arc<Mutex<Option<head::Opened>>>,
}

impl std::fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditLog").finish_non_exhaustive()
    }
}

impl AuditLog {
    /// Over this store.
    pub fn new(store: Store, keyring: Arc<Keyring>, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self { store, keyring, clock, rng, opened: Arc::default() }
    }
}
