//! Tokens that are to be revoked at their provider: written when an account goes, worked off in the
//! background.

use coffer_contract::Timestamp;
use coffer_core::{
    audit::AuditEvent,
    ids::{RevocationId, UserId},
};
use coffer_crypto::Sealed;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, sea_query::Expr,
};

use crate::{Store, StoreError, audit, entity::revocations as table};

/// A revocation to be made.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// Identifier.
    pub id: RevocationId,
    /// Name of the connection.
    pub connection: String,
    /// Whose account it was.
    pub user_id: UserId,
    /// The user's id at the provider.
    pub account: String,
    /// What the request needs, sealed.
    pub request: Sealed,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is to be tried next.
    pub due_at: Timestamp,
}

/// Revocations to be made.
#[derive(Clone, Debug)]
pub struct Revocations(pub(crate) Store);

/// Adds revocations within the caller's transaction.
pub(crate) async fn write<C: ConnectionTrait>(db: &C, revocations: &[Revocation]) -> Result<(), StoreError> {
    for chunk in revocations.chunks(200) {
        let rows = chunk.iter().map(|revocation| {
            table::Model {
                id: revocation.id.to_string(),
                connection: revocation.connection.clone(),
                user_id: revocation.user_id.to_string(),
                account: revocation.account.clone(),
                request: revocation.request.as_bytes().to_vec(),
                attempts: revocation.attempts,
                due_at: revocation.due_at.millis(),
            }
            .into_active_model()
        });
        table::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

impl Revocations {
    /// Up to `limit` that are due at `now`, the longest due first.
    pub async fn due(&self, now: Timestamp, limit: u64) -> Result<Vec<Revocation>, StoreError> {
        let rows = table::Entity::find()
            .filter(table::Column::DueAt.lte(now.millis()))
            .order_by_asc(table::Column::DueAt)
            .limit(limit)
            .all(self.0.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| Revocation {
                id: RevocationId::from_text(row.id),
                connection: row.connection,
                user_id: UserId::from_text(row.user_id),
                account: row.account,
                request: Sealed::from_bytes(row.request),
                attempts: row.attempts,
                due_at: Timestamp::from_millis(row.due_at),
            })
            .collect())
    }

    /// Takes one for an attempt: it is due again at `due_at`. False when another node took it.
    pub async fn claim(&self, revocation: &Revocation, due_at: Timestamp) -> Result<bool, StoreError> {
        let claimed = table::Entity::update_many()
            .col_expr(table::Column::Attempts, Expr::value(revocation.attempts.saturating_add(1)))
            .col_expr(table::Column::DueAt, Expr::value(due_at.millis()))
            .filter(table::Column::Id.eq(revocation.id.as_str()))
            .filter(table::Column::Attempts.eq(revocation.attempts))
            .exec(self.0.write())
            .await?;
        Ok(claimed.rows_affected > 0)
    }

    /// Removes one, whatever came of it.
    pub async fn finish(&self, id: &RevocationId, event: Option<AuditEvent>) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        table::Entity::delete_by_id(id.as_str()).exec(&tx).await?;
        audit::write(&tx, event.as_slice()).await?;
        Ok(tx.commit().await?)
    }
}
