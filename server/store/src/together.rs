//! Many changes made together: all of them, or none.

use std::sync::Arc;

use sea_orm::{ConnectionTrait as _, DatabaseTransaction};
use tokio::sync::RwLock;

use crate::{
    Inner, Store, StoreError,
    batch::Batches,
    db::{Db, Outer},
    group::Groups,
    turns::{self, Turn},
};

/// An open transaction, and a store in it. Dropped without an end, it is rolled back.
///
/// Others wait while it is open: no network call, and nobody is asked anything. What is
/// done through the store is done one after the other, since savepoints nest.
#[derive(Debug)]
pub struct Together {
    store: Store,
    outer: Arc<Outer>,
}

impl Store {
    /// Opens one. Others wait until it ends, on whatever node. On SQLite every other change waits too.
    pub async fn together(&self) -> Result<Together, StoreError> {
        let tx = self.begin().await?;
        turns::take(&tx, Turn::Administration).await?;
        let outer = Arc::new(Outer { backend: tx.get_database_backend(), tx: RwLock::new(Some(tx)) });
        let within = Db::Within(outer.clone());
        let store = Store(Arc::new(Inner {
            write: within.clone(),
            read: within,
            batches: Batches::default(),
            groups: Groups::default(),
            #[cfg(any(test, feature = "test-util"))]
            _directory: None,
        }));
        Ok(Together { store, outer })
    }
}

impl Together {
    /// The store in it. Of no use once it has ended.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Makes every change at once.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.take().await {
            Some(tx) => Ok(tx.commit().await?),
            None => Ok(()),
        }
    }

    /// Makes none.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self.take().await {
            Some(tx) => Ok(tx.rollback().await?),
            None => Ok(()),
        }
    }

    async fn take(&self) -> Option<DatabaseTransaction> {
        self.outer.tx.write().await.take()
    }
}
