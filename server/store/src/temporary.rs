//! A database for one test.

use std::sync::Arc;

use crate::{Inner, Store, StoreError, connect, db::Db};

impl Store {
    /// A migrated database in a directory of its own, deleted with the last clone.
    pub async fn temporary() -> Result<Self, StoreError> {
        let directory = tempfile::tempdir()
            .map_err(|source| StoreError::Directory { path: "temporary".to_owned(), source })?;
        let url = format!("sqlite:{}", directory.path().join("coffer.db").display());
        let (write, read) = connect::open(&url).await?;
        let (write, read) = (Db::Pool(write), Db::Pool(read));
        let store = Self(Arc::new(Inner { write, read, _directory: Some(directory) }));
        store.migrate().await?;
        Ok(store)
    }
}
