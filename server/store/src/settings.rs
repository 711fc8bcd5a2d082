//! Settings of the whole server that an administrator changes while it runs.

use coffer_contract::Timestamp;
use coffer_core::audit::AuditEvent;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::{Expr, OnConflict},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Store, StoreError, audit,
    entity::settings as table,
    row::{Row, to_json},
};

/// Settings, by name.
#[derive(Clone, Debug)]
pub struct Settings(pub(crate) Store);

impl Settings {
    /// A setting and how often it was changed; what it is by itself where nobody changed it.
    pub async fn get<T: DeserializeOwned + Default>(&self, name: &str) -> Result<(T, i64), StoreError> {
        let Some(row) = table::Entity::find_by_id(name).one(self.0.read()).await? else {
            return Ok((T::default(), 0));
        };
        let at = Row::new("settings", name);
        Ok((at.json("value", &row.value)?, at.count("version", row.version)?))
    }

    /// Changes a setting. Conflict over `version` when it is not the one expected.
    pub async fn put(
        &self,
        name: &str,
        value: &impl Serialize,
        expected_version: i64,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<i64, StoreError> {
        let version = expected_version.saturating_add(1);
        let value = to_json(value)?;
        let tx = self.0.begin().await?;
        let changed = if expected_version == 0 {
            let row = table::Model { name: name.to_owned(), value, updated_at: at.millis(), version };
            let keep = OnConflict::column(table::Column::Name).do_nothing().to_owned();
            table::Entity::insert(row.into_active_model())
                .on_conflict(keep)
                .exec_without_returning(&tx)
                .await?
        } else {
            table::Entity::update_many()
                .col_expr(table::Column::Value, Expr::value(value))
                .col_expr(table::Column::UpdatedAt, Expr::value(at.millis()))
                .col_expr(table::Column::Version, Expr::value(version))
                .filter(table::Column::Name.eq(name))
                .filter(table::Column::Version.eq(expected_version))
                .exec(&tx)
                .await?
                .rows_affected
        };
        if !audit::settle(tx, changed, event).await? {
            return Err(StoreError::Conflict { what: "version" });
        }
        Ok(version)
    }
}
