//! Opening the database that an address names.

mod postgres;
mod sqlite;

use sea_orm::DatabaseConnection;

use crate::StoreError;

pub use postgres::{is_address as is_server, without_password};

/// The connections to a database. On PostgreSQL both are the same.
pub struct Opened {
    /// For transactions and changes.
    pub write: DatabaseConnection,
    /// For reading.
    pub read: DatabaseConnection,
}

/// Opens the database at `url`, with at most `connections` connections where it is a server.
pub async fn open(url: &str, connections: u32) -> Result<Opened, StoreError> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let (write, read) = sqlite::open(url, path).await?;
        return Ok(Opened { write, read });
    }
    if postgres::is_address(url) {
        let pool = postgres::open(url, connections).await?;
        return Ok(Opened { write: pool.clone(), read: pool });
    }
    Err(StoreError::Address {
        url: without_password(url),
        reason: "use sqlite:path/to/coffer.db or postgres://user@host/database",
    })
}
