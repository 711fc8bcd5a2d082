//! Pushed authorization requests (RFC 9126).

use std::collections::HashMap;

use coffer_contract::Timestamp;
use coffer_core::ids::ClientId;
use coffer_crypto::TokenHash;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};

use crate::{
    Store, StoreError,
    entity::pushed_requests as table,
    row::{Row, to_json},
};

/// Pushed authorization requests, by the hash of their URI.
#[derive(Clone, Debug)]
pub struct PushedRequests(pub(crate) Store);

impl PushedRequests {
    /// Keeps a request of `client` until `expires_at`.
    pub async fn create(
        &self,
        uri: &TokenHash,
        client: &ClientId,
        params: &HashMap<String, String>,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let row = table::Model {
            uri_hash: uri.as_bytes().to_vec(),
            client_id: client.to_string(),
            params: to_json(params)?,
            expires_at: expires_at.millis(),
        };
        table::Entity::insert(row.into_active_model())
            .exec_without_returning(self.0.write())
            .await
            .map_err(StoreError::reference("application"))?;
        Ok(())
    }

    /// Takes a request of `client` away, so that it works once. `None` when there is none, it is another
    /// client's, or it has ended at `now`.
    pub async fn take(
        &self,
        uri: &TokenHash,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<Option<HashMap<String, String>>, StoreError> {
        let key = uri.as_bytes().to_vec();
        let tx = self.0.begin().await?;
        let row = table::Entity::find_by_id(key.clone())
            .filter(table::Column::ClientId.eq(client.as_str()))
            .one(&tx)
            .await?;
        let Some(row) = row else {
            tx.rollback().await?;
            return Ok(None);
        };
        // Whoever deletes it has it: another may have read it too.
        let taken = table::Entity::delete_by_id(key).exec(&tx).await?.rows_affected;
        tx.commit().await?;
        if taken == 0 || row.expires_at <= now.millis() {
            return Ok(None);
        }
        Row::hashed("pushed_requests", &row.uri_hash).json("params", &row.params).map(Some)
    }
}
