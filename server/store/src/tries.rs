//! Results of trying a connection: written when the browser comes back, read by the administrator.

use coffer_contract::{Timestamp, connection::TryResult};
use coffer_core::{audit::AuditEvent, ids::ConnectionId};
use coffer_crypto::TokenHash;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, sea_query::Expr};

use crate::{
    Store, StoreError, audit,
    entity::connection_tries as table,
    row::{Row, to_json},
};

/// Results of trying connections, by the hash of the handle that names the try.
#[derive(Clone, Debug)]
pub struct Tries(pub(crate) Store);

impl Tries {
    /// Begins a try, which ends at `expires_at`. `NotFound` when the connection is gone.
    pub async fn begin(
        &self,
        handle: &TokenHash,
        connection: &ConnectionId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let row = table::Model {
            handle_hash: handle.as_bytes().to_vec(),
            connection_id: connection.to_string(),
            result: to_json(&TryResult::Waiting)?,
            expires_at: expires_at.millis(),
        };
        table::Entity::insert(row.into_active_model())
            .exec_without_returning(self.0.write())
            .await
            .map_err(StoreError::reference("connection"))?;
        Ok(())
    }

    /// Notes how a try went. False when it has ended.
    pub async fn finish(
        &self,
        handle: &TokenHash,
        result: &TryResult,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let noted = table::Entity::update_many()
            .col_expr(table::Column::Result, Expr::value(to_json(result)?))
            .filter(table::Column::HandleHash.eq(handle.as_bytes().to_vec()))
            .exec(&tx)
            .await?
            .rows_affected;
        audit::settle(tx, noted, event).await
    }

    /// A try, with its connection, unless it has ended at `now`.
    pub async fn get(
        &self,
        handle: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<(ConnectionId, TryResult)>, StoreError> {
        let row = table::Entity::find_by_id(handle.as_bytes().to_vec())
            .filter(table::Column::ExpiresAt.gt(now.millis()))
            .one(self.0.read())
            .await?;
        row.map(|row| {
            let result = Row::hashed("connection_tries", &row.handle_hash).json("result", &row.result)?;
            Ok((ConnectionId::from_text(row.connection_id), result))
        })
        .transpose()
    }
}
