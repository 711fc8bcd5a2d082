//! Opening the database file.

use std::{path::Path, time::Duration};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection,
    sqlx::{
        Connection as _,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};

use crate::StoreError;

/// Connections for reading. Reads take microseconds; more would only contend.
const READERS: u32 = 4;
/// Pages in the write-ahead log, 4 KiB each, after which they are copied into the file: a page that is written again and
/// again, as those of indexes are, is copied once.
const CHECKPOINT: &str = "4000";
/// How long to wait for another process (a command beside the server) that is writing.
const BUSY: Duration = Duration::from_secs(10);

/// The writing and the reading pool of the database in the file `path`, whose address is `url`.
pub async fn open(url: &str, path: &str) -> Result<(DatabaseConnection, DatabaseConnection), StoreError> {
    let address = |reason| StoreError::Address { url: url.to_owned(), reason };
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.contains(":memory:") || path.contains('?') {
        return Err(address("name a file, without parameters: sqlite:path/to/coffer.db"));
    }
    if let Some(directory) = Path::new(path).parent().filter(|d| !d.as_os_str().is_empty()) {
        std::fs::create_dir_all(directory)
            .map_err(|source| StoreError::Directory { path: directory.display().to_string(), source })?;
    }
    create(Path::new(path))?;
    let writer = pool(path, 1, |options| {
        options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", CHECKPOINT)
    });
    // One connection: writers queue for it here, so the database never refuses one as busy.
    let write = Database::connect(writer).await?;
    let read = Database::connect(pool(path, READERS, |options| options.pragma("query_only", "ON"))).await?;
    Ok((write, read))
}

/// Makes the file where there is none, readable by its owner alone; SQLite gives the files beside it the same mode.
fn create(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path);
    file.map(drop).map_err(|source| StoreError::File { path: path.display().to_string(), source })
}

type SqliteOptions = sea_orm::sqlx::sqlite::SqliteConnectOptions;

fn pool(path: &str, size: u32, configure: fn(SqliteOptions) -> SqliteOptions) -> ConnectOptions {
    let file = path.to_owned();
    // The address is only parsed for its scheme: the file's name is set below, unescaped.
    let mut options = ConnectOptions::new("sqlite:coffer.db");
    options
        .max_connections(size)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        // The file is local: a connection does not break while it lies idle.
        .test_before_acquire(false)
        // Statements carry hashes and sealed values; what matters is logged above this layer.
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        // A transaction that SQLite ended by itself, as on a full disk, still counts as open here: whatever came next
        // on that connection would be part of it.
        .map_sqlx_sqlite_pool_opts(|options| {
            options.after_release(|connection, _| {
                Box::pin(async move {
                    if !connection.is_in_transaction() {
                        return Ok(true);
                    }
                    // A rollback may be under way.
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
        })
        .map_sqlx_sqlite_opts(move |options| {
            configure(options.filename(&file).foreign_keys(true).busy_timeout(BUSY))
        });
    options
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use crate::Store;

    #[tokio::test]
    async fn the_files_are_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("coffer.db");
        let store = Store::connect(&format!("sqlite:{}", file.display()), 1).await.unwrap();
        store.migrate().await.unwrap();
        let entries = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        let modes: Vec<_> =
            entries.map(|e| (e.file_name(), e.metadata().unwrap().permissions().mode() & 0o777)).collect();
        assert!(modes.len() > 1, "the write-ahead log too: {modes:?}");
        assert!(modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
    }
}
