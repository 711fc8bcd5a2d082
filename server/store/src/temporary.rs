//! A database for one test: a file, or a schema of its own on the server that the tests are given.

use std::sync::Arc;

use coffer_core::{Rng as _, SystemRng};
use sea_orm::{ConnectionTrait as _, Database};
use tempfile::TempDir;

use crate::{Inner, Store, StoreError, batch::Batches, connect, db::Db, group::Groups};

/// Names the PostgreSQL server that tests use; without it they use SQLite.
const SERVER: &str = "TEST_DATABASE";
/// Tests run beside each other, and the server has so many connections.
const CONNECTIONS: u32 = 8;

/// An empty database for one test.
#[derive(Debug)]
pub struct Scratch {
    /// Its address.
    pub url: String,
    directory: TempDir,
}

impl Scratch {
    /// On whatever engine these tests run with. It is gone with the value, or with the tests' server.
    pub async fn new() -> Result<Self, StoreError> {
        let directory = tempfile::tempdir()
            .map_err(|source| StoreError::Directory { path: "temporary".to_owned(), source })?;
        let url = match std::env::var(SERVER) {
            Ok(server) => schema(&server).await?,
            Err(_) => format!("sqlite:{}", directory.path().join("coffer.db").display()),
        };
        Ok(Self { url, directory })
    }

    /// Whether the tests run on PostgreSQL.
    pub fn is_shared() -> bool {
        std::env::var_os(SERVER).is_some()
    }
}

/// A new schema on the server at `url`. Returns the address whose tables are there.
async fn schema(url: &str) -> Result<String, StoreError> {
    let mut bytes = [0_u8; 8];
    SystemRng.fill(&mut bytes);
    let name = format!("test_{:016x}", u64::from_be_bytes(bytes));
    let server = Database::connect(url).await?;
    server.execute_unprepared(&format!("CREATE SCHEMA {name}")).await?;
    server.close().await?;
    let joint = if url.contains('?') { '&' } else { '?' };
    Ok(format!("{url}{joint}options[search_path]={name}"))
}

impl Store {
    /// A migrated database of its own, on whatever engine these tests run with.
    pub async fn temporary() -> Result<Self, StoreError> {
        let Scratch { url, directory } = Scratch::new().await?;
        let connect::Opened { write, read } = connect::open(&url, CONNECTIONS).await?;
        let (write, read) = (Db::Pool(write), Db::Pool(read));
        let (batches, groups) = (Batches::default(), Groups::default());
        let store = Self(Arc::new(Inner { write, read, batches, groups, _directory: Some(directory) }));
        store.migrate().await?;
        Ok(store)
    }
}
