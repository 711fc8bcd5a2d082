//! Deliveries to webhooks, as Standard Webhooks specifies them.
//!
//! 1. The transaction that writes an audit event writes a delivery for each webhook that subscribes to it
//!    (`coffer-store`, `outbox.rs`).
//! 2. [`Webhooks::run`] looks every second for webhooks that have deliveries due, and claims some of each
//!    under a lease, so that no two servers make one at the same time.
//! 3. Each is signed ([`signature`]) and posted with no transaction open, through the guarded way out.
//! 4. What came of it is written: delivered, due again after a longer pause ([`schedule`]), or given up. A
//!    webhook that is gone, or that failed for days, is switched off.

mod deliver;
pub mod schedule;
pub mod secrets;
pub mod signature;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use coffer_core::{Clock, Rng};
use coffer_crypto::{Keyring, OpenError};
use coffer_federation::Federation;
use coffer_store::{Store, StoreError};
use thiserror::Error;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

pub use secrets::Secrets;

/// What delivers to webhooks. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks(Arc<Inner>);

struct Inner {
    store: Store,
    keyring: Arc<Keyring>,
    federation: Arc<Federation>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    /// Webhooks that a task of this process is busy with.
    busy: Mutex<HashSet<String>>,
    tasks: TaskTracker,
    /// Woken when there is something to deliver.
    to_deliver: Notify,
}

/// Something failed inside; says nothing about a webhook.
#[derive(Debug, Error)]
pub enum WebhookError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The sealed secrets did not open.
    #[error("webhooks/{id}: {source}")]
    Sealed {
        /// Row.
        id: String,
        /// Why.
        source: OpenError,
    },
    /// They opened, but are not what belongs there.
    #[error("webhooks/{0}: the sealed value is not a webhook's secrets")]
    Format(String),
}

impl Webhooks {
    /// Over this store.
    pub fn new(
        store: Store,
        keyring: Arc<Keyring>,
        federation: Arc<Federation>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            keyring,
            federation,
            clock,
            rng,
            busy: Mutex::default(),
            tasks: TaskTracker::new(),
            to_deliver: Notify::new(),
        }))
    }

    /// Has the worker look at once.
    pub fn wake(&self) {
        self.0.to_deliver.notify_one();
    }
}
