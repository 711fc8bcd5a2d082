//! Whether the database can do its work, asked cheaply.

use std::time::Duration;

use coffer_contract::Timestamp;
use sea_orm::{
    ConnectionTrait as _, DbBackend, EntityTrait as _, IntoActiveModel as _, QuerySelect as _, Statement,
    sea_query::OnConflict,
};
use tokio::time::timeout;

use crate::{Store, StoreError, entity::settings, trouble::Trouble};

/// Longest time for an answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often the time is written: as much as several requests write, in the little room that is left of a full disk.
const WRITTEN: usize = 8192;
/// The row that is written to see whether writing works.
const ROW: &str = "readiness";

impl Store {
    /// Whether a row can be read, from the file that is still where it was.
    pub async fn can_read(&self) -> Result<(), Trouble> {
        self.within(async {
            settings::Entity::find().limit(1).one(self.read()).await?;
            self.in_place().await
        })
        .await
    }

    /// Whether a row can be written, to the disk.
    pub async fn can_write(&self, now: Timestamp) -> Result<(), Trouble> {
        self.within(async {
            let row = settings::Model {
                name: ROW.to_owned(),
                value: now.millis().to_string().repeat(WRITTEN),
                updated_at: now.millis(),
                version: 1,
            };
            let again = OnConflict::column(settings::Column::Name)
                .update_columns([settings::Column::Value, settings::Column::UpdatedAt])
                .to_owned();
            let insert = settings::Entity::insert(row.into_active_model()).on_conflict(again);
            insert.exec_without_returning(self.write()).await?;
            Ok(())
        })
        .await
    }

    async fn within(&self, work: impl Future<Output = Result<(), StoreError>>) -> Result<(), Trouble> {
        match timeout(PATIENCE, work).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.trouble().unwrap_or(Trouble::Unreachable)),
            Err(_) => Err(Trouble::Locked),
        }
    }

    /// An SQLite file that was moved or deleted is written on, where nobody finds it.
    async fn in_place(&self) -> Result<(), StoreError> {
        if self.is_shared() {
            return Ok(());
        }
        let list = Statement::from_string(DbBackend::Sqlite, "PRAGMA database_list");
        let Some(row) = self.read().query_one_raw(list).await? else { return Ok(()) };
        let path: String = row.try_get_by_index(2)?;
        match std::fs::metadata(&path) {
            Ok(_) => Ok(()),
            Err(source) => Err(StoreError::File { path, source }),
        }
    }
}
