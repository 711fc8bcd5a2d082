//! One refresh per token set in this process: later callers wait for the first and read its result.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use coffer_core::ids::TokenSetId;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// Locks by token set. A lock that nobody holds or waits for is forgotten.
#[derive(Default)]
pub(crate) struct Collapse(Mutex<HashMap<TokenSetId, Weak<AsyncMutex<()>>>>);

/// How many locks are kept before the unused ones are swept out.
const SWEEP_AT: usize = 1024;

impl Collapse {
    /// Waits until this process does nothing else with `id`.
    pub(crate) async fn enter(&self, id: &TokenSetId) -> OwnedMutexGuard<()> {
        self.lock_of(id).lock_owned().await
    }

    fn lock_of(&self, id: &TokenSetId) -> Arc<AsyncMutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if locks.len() >= SWEEP_AT {
            locks.retain(|_, lock| lock.strong_count() > 0);
        }
        if let Some(lock) = locks.get(id).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::new(AsyncMutex::new(()));
        locks.insert(id.clone(), Arc::downgrade(&lock));
        lock
    }
}
