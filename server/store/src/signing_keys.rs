//! Signing keys of ID tokens.

use coffer_contract::{Timestamp, application::SigningAlgorithm};
use coffer_core::{audit::AuditEvent, ids::SigningKeyId};
use coffer_crypto::Sealed;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, sea_query::Expr,
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
    /// When its successor took over; until then it signs.
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

    /// Adds a key and retires the one of the same algorithm that signed until now.
    pub async fn insert(&self, key: &StoredSigningKey, event: AuditEvent) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        table::Entity::update_many()
            .col_expr(table::Column::RetiredAt, Expr::value(key.created_at.millis()))
            .filter(table::Column::Alg.eq(key.alg.code()))
            .filter(table::Column::RetiredAt.is_null())
            .exec(&tx)
            .await?;
        table::Entity::insert(table::Model::new(key)?.into_active_model())
            .exec_without_returning(&tx)
            .await
            .map_err(StoreError::unique("signing key"))?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }
}
