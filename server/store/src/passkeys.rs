//! Passkeys of administrators.

use coffer_contract::Timestamp;
use coffer_core::{audit::AuditEvent, factor::Factor, ids::AdministratorId};
use coffer_crypto::TokenHash;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    sea_query::Expr,
};

use crate::{
    SecondFactors, StoreError, audit, entity::passkeys as table, row::millis, second_factors::write_codes,
};

/// A passkey: nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPasskey {
    /// The factor.
    pub factor: Factor,
    /// By what the authenticator knows its owner.
    pub user_handle: Vec<u8>,
    /// By what the authenticator's credential is known.
    pub credential_id: Vec<u8>,
    /// How its authenticator is reached, as bits.
    pub transports: u8,
    /// The public key, and what else never changes.
    pub public_state: Vec<u8>,
    /// The signature counter, whether it is backed up, and what else changes with use.
    pub changing_state: Vec<u8>,
}

impl TryFrom<table::Model> for StoredPasskey {
    type Error = StoreError;

    fn try_from(row: table::Model) -> Result<Self, StoreError> {
        let at = crate::row::Row::new("passkeys", &row.id);
        let transports =
            u8::try_from(row.transports).map_err(|_| at.bad("transports", "more than a byte"))?;
        Ok(Self {
            user_handle: row.user_handle.clone(),
            credential_id: row.credential_id.clone(),
            transports,
            public_state: row.public_state.clone(),
            changing_state: row.changing_state.clone(),
            factor: row.into(),
        })
    }
}

impl SecondFactors {
    /// An administrator's passkeys, the oldest first.
    pub async fn passkeys(&self, administrator: &AdministratorId) -> Result<Vec<StoredPasskey>, StoreError> {
        let rows = table::Entity::find()
            .filter(table::Column::Administrator.eq(administrator.as_str()))
            .order_by_asc(table::Column::CreatedAt)
            .order_by_asc(table::Column::Id)
            .all(self.0.read())
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// The passkey with this credential, whosever it is.
    pub async fn passkey(&self, credential_id: &[u8]) -> Result<Option<StoredPasskey>, StoreError> {
        let row = table::Entity::find()
            .filter(table::Column::CredentialId.eq(credential_id.to_vec()))
            .one(self.0.read())
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    /// Adds a passkey. `recovery` replaces the codes that there are where this is the first factor; true then.
    /// Conflict over `passkey` when the credential is known already, over `second factor` when it must be the first
    /// and is not.
    pub async fn add_passkey(
        &self,
        passkey: &StoredPasskey,
        recovery: &[TokenHash],
        must_be_first: bool,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let factor = &passkey.factor;
        let row = table::Model {
            id: factor.id.to_string(),
            administrator: factor.administrator.to_string(),
            name: factor.name.clone(),
            user_handle: passkey.user_handle.clone(),
            credential_id: passkey.credential_id.clone(),
            transports: passkey.transports.into(),
            public_state: passkey.public_state.clone(),
            changing_state: passkey.changing_state.clone(),
            created_at: factor.created_at.millis(),
            last_used_at: millis(factor.last_used_at),
        };
        let (tx, first) = self.adding(&factor.administrator, must_be_first).await?;
        table::Entity::insert(row.into_active_model())
            .exec_without_returning(&tx)
            .await
            .map_err(StoreError::unique("passkey"))?;
        if first {
            write_codes(&tx, &factor.administrator, recovery, factor.created_at).await?;
        }
        audit::write(&tx, &[event]).await?;
        tx.commit().await?;
        Ok(first)
    }

    /// Notes that a passkey was used, and what its authenticator said. False when it said something meanwhile, or
    /// is gone: then it is not known whether the counter went on.
    pub async fn use_passkey(
        &self,
        passkey: &StoredPasskey,
        changing_state: &[u8],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let used = table::Entity::update_many()
            .col_expr(table::Column::ChangingState, Expr::value(changing_state.to_vec()))
            .col_expr(table::Column::LastUsedAt, Expr::value(at.millis()))
            .filter(table::Column::Id.eq(passkey.factor.id.as_str()))
            .filter(table::Column::ChangingState.eq(passkey.changing_state.clone()))
            .exec(self.0.write())
            .await?;
        Ok(used.rows_affected == 1)
    }
}
