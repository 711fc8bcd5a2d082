//! Authorization codes. They are redeemed in [`crate::Tokens`], where their tokens begin.

use coffer_contract::Timestamp;
use coffer_core::authorization::CodeGrant;
use coffer_crypto::TokenHash;
use sea_orm::{EntityTrait as _, IntoActiveModel as _};

use crate::{Store, StoreError, entity::codes as table, row::instant};

/// Authorization codes, by their hash.
#[derive(Clone, Debug)]
pub struct Codes(pub(crate) Store);

impl Codes {
    /// Adds one.
    pub async fn create(&self, code: &TokenHash, grant: &CodeGrant) -> Result<(), StoreError> {
        table::Entity::insert(table::Model::new(code, grant)?.into_active_model())
            .exec_without_returning(self.0.write())
            .await
            .map_err(StoreError::reference("user or application"))?;
        Ok(())
    }

    /// What a code stands for, and when it was used. Ended ones are found too, for a day, so that a
    /// replay can be told from a guess.
    pub async fn find(&self, code: &TokenHash) -> Result<Option<(CodeGrant, Option<Timestamp>)>, StoreError> {
        let Some(row) = table::Entity::find_by_id(code.as_bytes().to_vec()).one(self.0.read()).await? else {
            return Ok(None);
        };
        let used_at = instant(row.used_at);
        Ok(Some((row.try_into()?, used_at)))
    }
}
