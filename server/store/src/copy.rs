//! Copies of an SQLite database: made while others use it, checked, and put in its place.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, DbErr, Statement,
};

use crate::{Inner, Store, StoreError, batch::Batches, db::Db, group::Groups};

/// How long to wait for others to leave a database.
const LEAVE: Duration = Duration::from_secs(2);

/// The file that an address of SQLite's names.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
}

/// One connection to a file. Nothing else is set: the file is taken as it is.
async fn open(path: &Path, read_only: bool) -> Result<DatabaseConnection, StoreError> {
    let file = path.to_owned();
    let mut options = ConnectOptions::new("sqlite:coffer.db");
    options
        .max_connections(1)
        .min_connections(1)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |options| {
            let options = options.filename(&file).foreign_keys(true).busy_timeout(LEAVE);
            // A finished copy: nobody writes to it, and nothing is put beside it.
            if read_only { options.read_only(true).immutable(true) } else { options }
        });
    Ok(Database::connect(options).await?)
}

async fn text(db: &impl sea_orm::ConnectionTrait, pragma: &str) -> Result<String, DbErr> {
    let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, pragma)).await?;
    row.ok_or_else(|| DbErr::Custom("no answer".to_owned()))?.try_get_by_index(0)
}

impl Store {
    /// Opens a finished copy, without changing it or anything beside it.
    pub async fn read_copy(path: &Path) -> Result<Self, StoreError> {
        let db = open(path, true).await?;
        Ok(Self(Arc::new(Inner {
            write: Db::Pool(db.clone()),
            read: Db::Pool(db),
            batches: Batches::default(),
            groups: Groups::default(),
            #[cfg(any(test, feature = "test-util"))]
            _directory: None,
        })))
    }

    /// Writes everything that is committed to an SQLite file, which is empty or not there. Others go on
    /// meanwhile.
    pub async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let path = path.to_str().ok_or_else(|| DbErr::Custom("a file name that is no text".to_owned()))?;
        let copy = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [path.into()]);
        self.0.write.execute_raw(copy).await?;
        Ok(())
    }

    /// What is wrong with an SQLite file; nothing, where it is whole.
    pub async fn damage(&self) -> Result<Option<String>, StoreError> {
        let found = text(&self.0.read, "PRAGMA integrity_check(3)").await?;
        Ok((found != "ok").then_some(found))
    }

    /// Ends the connections. The last to leave a database puts everything into its one file.
    pub async fn close(self) -> Result<(), StoreError> {
        for db in [&self.0.read, &self.0.write] {
            db.pool()?.clone().close().await?;
        }
        Ok(())
    }
}

/// An SQLite database that nobody else uses, all of it in its one file.
#[derive(Debug)]
pub struct Claim {
    /// Holds the lock.
    _connection: DatabaseConnection,
}

impl Claim {
    /// Claims it; `None` while somebody else has it open.
    pub async fn take(path: &Path) -> Result<Option<Self>, StoreError> {
        let db = open(path, false).await?;
        // To leave the write-ahead log, SQLite must be alone; a server has it open all the time.
        let alone = match text(&db, "PRAGMA journal_mode = DELETE").await {
            Ok(mode) if mode == "delete" => text(&db, "PRAGMA locking_mode = EXCLUSIVE").await,
            Ok(mode) => Err(DbErr::Custom(mode)),
            Err(error) => Err(error),
        };
        let locked = match alone {
            Ok(_) => db.execute_unprepared("BEGIN EXCLUSIVE").await.map(drop),
            Err(error) => Err(error),
        };
        match locked {
            Ok(()) => Ok(Some(Self { _connection: db })),
            Err(error) if error.to_string().contains("locked") => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
