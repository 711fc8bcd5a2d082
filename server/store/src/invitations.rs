//! Invitations to become an administrator.

use coffer_contract::Timestamp;
use coffer_core::{
    administrator::{Administrator, Invitation},
    audit::AuditEvent,
    ids::InvitationId,
};
use coffer_crypto::TokenHash;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _};

use crate::{
    Store, StoreError, administrators, audit,
    entity::{administrator_invitations as table, administrators as people},
};

/// Invitations to become an administrator: one for each e-mail address.
#[derive(Clone, Debug)]
pub struct Invitations(pub(crate) Store);

impl Invitations {
    /// Those whose links work, by e-mail address.
    pub async fn all(&self, now: Timestamp) -> Result<Vec<Invitation>, StoreError> {
        let rows = table::Entity::find()
            .filter(table::Column::ExpiresAt.gt(now.millis()))
            .order_by_asc(table::Column::Email)
            .all(self.0.read())
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Adds one. Conflict over `email` when an administrator has the address, over `invitation` when another
    /// invitation that has not ended does.
    pub async fn create(
        &self,
        invitation: &Invitation,
        token: &TokenHash,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        let known =
            people::Entity::find().filter(people::Column::Email.eq(&invitation.email)).one(&tx).await?;
        if known.is_some() {
            tx.rollback().await?;
            return Err(StoreError::Conflict { what: "email" });
        }
        table::Entity::delete_many()
            .filter(table::Column::Email.eq(&invitation.email))
            .filter(table::Column::ExpiresAt.lte(invitation.created_at.millis()))
            .exec(&tx)
            .await?;
        let row = table::Model {
            id: invitation.id.to_string(),
            token_hash: token.as_bytes().to_vec(),
            email: invitation.email.clone(),
            role: invitation.role.code().to_owned(),
            invited_by: invitation.invited_by.to_string(),
            created_at: invitation.created_at.millis(),
            expires_at: invitation.expires_at.millis(),
        };
        table::Entity::insert(row.into_active_model())
            .exec_without_returning(&tx)
            .await
            .map_err(StoreError::unique("invitation"))?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// The one with this token, if its link works at `now`.
    pub async fn by_token(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError> {
        let row = table::Entity::find()
            .filter(table::Column::TokenHash.eq(token.as_bytes().to_vec()))
            .filter(table::Column::ExpiresAt.gt(now.millis()))
            .one(self.0.read())
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    /// Makes the invited person an administrator, and uses the invitation up. False, and nothing changed, when
    /// it is gone or has ended by `now`. Conflict over `email` when the address is taken meanwhile.
    pub async fn accept(
        &self,
        id: &InvitationId,
        administrator: &Administrator,
        password_hash: &str,
        now: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let used = table::Entity::delete_many()
            .filter(table::Column::Id.eq(id.as_str()))
            .filter(table::Column::ExpiresAt.gt(now.millis()))
            .exec(&tx)
            .await?
            .rows_affected;
        if used == 1 {
            administrators::insert(&tx, administrator, password_hash).await?;
        }
        audit::settle(tx, used, event).await
    }

    /// Withdraws one. False when it is gone.
    pub async fn delete(&self, id: &InvitationId, event: AuditEvent) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let deleted = table::Entity::delete_by_id(id.as_str()).exec(&tx).await?.rows_affected;
        audit::settle(tx, deleted, event).await
    }
}
