//! Statements that are good once: client assertions and proofs of possession.

use coffer_contract::Timestamp;
use coffer_crypto::TokenHash;
use sea_orm::{EntityTrait as _, IntoActiveModel as _, sea_query::OnConflict};

use crate::{Store, StoreError, entity::replays as table};

/// Statements that came already.
#[derive(Clone, Debug)]
pub struct Replays(pub(crate) Store);

impl Replays {
    /// Notes a statement until `expires_at`, when it is no good any more in itself. False when it came
    /// before, at whatever node.
    pub async fn first(&self, key: &TokenHash, expires_at: Timestamp) -> Result<bool, StoreError> {
        let row = table::Model { key_hash: key.as_bytes().to_vec(), expires_at: expires_at.millis() };
        let keep = OnConflict::column(table::Column::KeyHash).do_nothing().to_owned();
        let noted = table::Entity::insert(row.into_active_model())
            .on_conflict(keep)
            .exec_without_returning(self.0.write())
            .await?;
        Ok(noted > 0)
    }
}
