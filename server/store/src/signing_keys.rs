//! Signing keys of ID tokens.

use coffer_contract::{Timestamp, application::SigningAlgorithm};
use coffer_core::{audit::AuditEvent, ids::SigningKeyId};
use coffer_crypto::Sealed;
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};

use crate::{
    Store, StoreError, audit,
    entity::{clients, resource_servers, signing_keys as table},
};

/// A signing key, its private half sealed.
#[derive(Clone, Debug)]
pub struct StoredSigningKey {
    /// Its `kid`.
    pub id: SigningKeyId,
    /// Its algorithm.
    pub alg: SigningAlgorithm,
    /// The public half.
    pub public_jwk: serde_json::Value,
    /// The private half.
    pub private: Sealed,
    /// When it was made.
    pub created_at: Timestamp,
    /// It signs from then on, until another of its algorithm does.
    pub signs_from: Timestamp,
    /// No token that it signed lives longer. `None` where that was not written down.
    pub signed_until: Option<Timestamp>,
    /// When it was taken out of the key set; it is of no use any more.
    pub retired_at: Option<Timestamp>,
}

/// Signing keys of ID tokens.
#[derive(Clone, Debug)]
pub struct SigningKeys(pub(crate) Store);

impl SigningKeys {
    /// All of them, the newest first.
    pub async fn list(&self) -> Result<Vec<StoredSigningKey>, StoreError> {
        let rows = table::Entity::find()
            .order_by_desc(table::Column::CreatedAt)
            .order_by_asc(table::Column::Id)
            .all(self.0.read())
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Algorithms that applications chose for their ID tokens, and APIs for their access tokens.
    pub async fn chosen_algorithms(&self) -> Result<Vec<SigningAlgorithm>, StoreError> {
        let of_clients = clients::Entity::find()
            .select_only()
            .column(clients::Column::IdTokenAlg)
            .distinct()
            .into_tuple::<String>()
            .all(self.0.read())
            .await?;
        let of_apis = resource_servers::Entity::find()
            .select_only()
            .column(resource_servers::Column::SigningAlg)
            .distinct()
            .into_tuple::<String>()
            .all(self.0.read())
            .await?;
        let codes = of_clients.iter().chain(&of_apis);
        Ok(codes.filter_map(|code| SigningAlgorithm::from_code(code)).collect())
    }

    /// Adds a key.
    pub async fn insert(&self, key: &StoredSigningKey, event: AuditEvent) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        add(&tx, key).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Adds a key, and takes every other one of its algorithm out of the key set. What those signed is good for
    /// nothing any more.
    pub async fn replace(&self, key: &StoredSigningKey, event: AuditEvent) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        table::Entity::update_many()
            .col_expr(table::Column::RetiredAt, Expr::value(key.created_at.millis()))
            .col_expr(table::Column::SignedUntil, Expr::value(Option::<i64>::None))
            .filter(table::Column::Alg.eq(key.alg.code()))
            .filter(table::Column::RetiredAt.is_null())
            .exec(&tx)
            .await?;
        add(&tx, key).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Writes down that a token which lives until then is about to be signed.
    pub async fn will_sign_until(&self, id: &SigningKeyId, until: Timestamp) -> Result<(), StoreError> {
        let earlier = Condition::any()
            .add(table::Column::SignedUntil.is_null())
            .add(table::Column::SignedUntil.lt(until.millis()));
        table::Entity::update_many()
            .col_expr(table::Column::SignedUntil, Expr::value(until.millis()))
            .filter(table::Column::Id.eq(id.as_str()))
            .filter(earlier)
            .exec(self.0.write())
            .await?;
        Ok(())
    }

    /// Takes a key out of the key set. False when that was done before, or when it has signed meanwhile.
    pub async fn retire(
        &self,
        key: &StoredSigningKey,
        now: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let unchanged = match key.signed_until {
            Some(until) => table::Column::SignedUntil.eq(until.millis()),
            None => table::Column::SignedUntil.is_null(),
        };
        let tx = self.0.begin().await?;
        let retired = table::Entity::update_many()
            .col_expr(table::Column::RetiredAt, Expr::value(now.millis()))
            .filter(table::Column::Id.eq(key.id.as_str()))
            .filter(table::Column::RetiredAt.is_null())
            .filter(unchanged)
            .exec(&tx)
            .await?;
        audit::settle(tx, retired.rows_affected, event).await
    }
}

async fn add(tx: &DatabaseTransaction, key: &StoredSigningKey) -> Result<(), StoreError> {
    table::Entity::insert(table::Model::new(key)?.into_active_model())
        .exec_without_returning(tx)
        .await
        .map_err(StoreError::unique("signing key"))?;
    Ok(())
}
