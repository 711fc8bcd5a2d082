//! Links that make the first administrator.

use coffer_contract::Timestamp;
use coffer_crypto::TokenHash;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _,
};

use crate::{
    Store, StoreError,
    entity::setup_links as table,
    turns::{self, Turn},
};

/// Links that make the first administrator. There is at most one.
#[derive(Clone, Debug)]
pub struct SetupLinks(pub(crate) Store);

impl SetupLinks {
    /// Makes this the one link; older ones stop working.
    pub async fn replace(&self, token: &TokenHash, expires_at: Timestamp) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        turns::take(&tx, Turn::First).await?;
        table::Entity::delete_many().exec(&tx).await?;
        let row = table::Model { token_hash: token.as_bytes().to_vec(), expires_at: expires_at.millis() };
        table::Entity::insert(row.into_active_model()).exec_without_returning(&tx).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the link can be used at `now`.
    pub async fn is_valid(&self, token: &TokenHash, now: Timestamp) -> Result<bool, StoreError> {
        let found = table::Entity::find_by_id(token.as_bytes().to_vec())
            .filter(table::Column::ExpiresAt.gt(now.millis()))
            .count(self.0.read())
            .await?;
        Ok(found > 0)
    }
}
