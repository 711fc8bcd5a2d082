//! Users on their way to a provider and back.

use coffer_contract::Timestamp;
use coffer_core::authorization::UpstreamLogin;
use coffer_crypto::{Sealed, TokenHash};
use sea_orm::{EntityTrait as _, IntoActiveModel as _};

use crate::{Store, StoreError, entity::upstream_logins as table};

/// Users on their way to a provider and back, by the hash of the `state` they carry.
#[derive(Clone, Debug)]
pub struct UpstreamLogins(pub(crate) Store);

impl UpstreamLogins {
    /// Adds one, with its sealed nonce and PKCE verifier.
    pub async fn create(
        &self,
        state: &TokenHash,
        login: &UpstreamLogin,
        secrets: &Sealed,
    ) -> Result<(), StoreError> {
        table::Entity::insert(table::Model::new(state, login, secrets)?.into_active_model())
            .exec_without_returning(self.0.write())
            .await
            .map_err(StoreError::reference("connection"))?;
        Ok(())
    }

    /// Takes one away, so that it works once. `None` when there is none or it has ended at `now`.
    pub async fn take(
        &self,
        state: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<(UpstreamLogin, Sealed)>, StoreError> {
        let key = state.as_bytes().to_vec();
        let tx = self.0.begin().await?;
        let Some(row) = table::Entity::find_by_id(key.clone()).one(&tx).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        // Whoever deletes it has it: another may have read it too.
        let taken = table::Entity::delete_by_id(key).exec(&tx).await?.rows_affected;
        tx.commit().await?;
        if taken == 0 || row.expires_at <= now.millis() {
            return Ok(None);
        }
        Ok(Some(row.try_into()?))
    }
}
