//! Notes of whoever manages a connection, by name.

use std::collections::{BTreeMap, HashMap};

use coffer_core::{audit::AuditEvent, ids::ConnectionId};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, sea_query::OnConflict,
};

use crate::{
    Connections, StoreError, audit,
    entity::connection_metadata as table,
    row::{Row, to_json},
};

impl Connections {
    /// The notes about these connections; those without any are left out.
    pub async fn metadata(
        &self,
        ids: &[ConnectionId],
    ) -> Result<HashMap<ConnectionId, BTreeMap<String, String>>, StoreError> {
        let rows = table::Entity::find()
            .filter(table::Column::ConnectionId.is_in(ids.iter().map(ConnectionId::as_str)))
            .all(self.0.read())
            .await?;
        rows.into_iter()
            .map(|row| {
                let at = Row::new("connection_metadata", &row.connection_id);
                let metadata = at.json("metadata", &row.metadata)?;
                Ok((ConnectionId::from_text(row.connection_id), metadata))
            })
            .collect()
    }

    /// Replaces the notes about a connection.
    pub async fn set_metadata(
        &self,
        id: &ConnectionId,
        metadata: &BTreeMap<String, String>,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let row = table::Model { connection_id: id.to_string(), metadata: to_json(metadata)? };
        let replace =
            OnConflict::column(table::Column::ConnectionId).update_column(table::Column::Metadata).to_owned();
        let tx = self.0.begin().await?;
        table::Entity::insert(row.into_active_model())
            .on_conflict(replace)
            .exec_without_returning(&tx)
            .await
            .map_err(StoreError::reference("connection"))?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }
}
