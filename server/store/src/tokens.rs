//! Tokens of this server: families, refresh tokens with rotation, access tokens (RFC 9700 section 4.14.2).

use std::collections::HashMap;

use coffer_contract::Timestamp;
use coffer_core::{
    audit::AuditEvent,
    authorization::{AccessGrant, Granted},
    device::DeviceStage,
    ids::{DeviceId, FamilyId},
    refresh::RefreshToken,
};
use coffer_crypto::TokenHash;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QuerySelect as _, QueryTrait as _, sea_query::Expr,
};

use crate::{
    Store, StoreError, audit, devices,
    entity::{access_tokens, codes, refresh_tokens, token_families},
    logouts,
};

/// Tokens of this server, by their hashes.
#[derive(Clone, Debug)]
pub struct Tokens(pub(crate) Store);

async fn insert<C: ConnectionTrait>(
    db: &C,
    refresh: Option<(&TokenHash, &RefreshToken)>,
    access: (&TokenHash, &AccessGrant),
) -> Result<(), StoreError> {
    if let Some((hash, token)) = refresh {
        let row = refresh_tokens::Model::new(hash, token)?.into_active_model();
        refresh_tokens::Entity::insert(row).exec_without_returning(db).await?;
    }
    let row = access_tokens::Model::new(access.0, access.1)?.into_active_model();
    access_tokens::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// A family begins, with these tokens.
async fn begin<C: ConnectionTrait>(
    db: &C,
    family: token_families::Model,
    refresh: Option<(&TokenHash, &RefreshToken)>,
    access: (&TokenHash, &AccessGrant),
) -> Result<(), StoreError> {
    logouts::takes_part(db, &family).await?;
    token_families::Entity::insert(family.into_active_model()).exec_without_returning(db).await?;
    insert(db, refresh, access).await
}

/// Whether the family was not revoked, and is not before the caller's transaction ends.
async fn stays_alive<C: ConnectionTrait>(db: &C, family: &str) -> Result<bool, StoreError> {
    let alive: Option<String> = token_families::Entity::find_by_id(family)
        .select_only()
        .column(token_families::Column::Id)
        .filter(token_families::Column::RevokedAt.is_null())
        .lock_shared()
        .into_tuple()
        .one(db)
        .await?;
    Ok(alive.is_some())
}

/// Ends, within the caller's transaction, the families of a browser session that were not to outlive it:
/// those without `offline_access`.
pub(crate) async fn end_session<C: ConnectionTrait>(
    db: &C,
    session_id: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let of_session = token_families::Entity::find()
        .select_only()
        .column(token_families::Column::Id)
        .filter(token_families::Column::SessionId.eq(session_id));
    let offline = refresh_tokens::Entity::find()
        .select_only()
        .column(refresh_tokens::Column::FamilyId)
        .filter(refresh_tokens::Column::FamilyId.in_subquery(of_session.into_query()))
        .filter(refresh_tokens::Column::Scopes.contains("\"offline_access\""));
    token_families::Entity::update_many()
        .col_expr(token_families::Column::RevokedAt, Expr::value(at.millis()))
        .filter(token_families::Column::SessionId.eq(session_id))
        .filter(token_families::Column::RevokedAt.is_null())
        .filter(token_families::Column::Id.not_in_subquery(offline.into_query()))
        .exec(db)
        .await?;
    Ok(())
}

impl Tokens {
    /// Uses up a code: its family begins, with these tokens. False, and nothing changed, when the code
    /// was used before (or is gone). The family ends with its refresh token's family, or else with
    /// the access token.
    pub async fn redeem_code(
        &self,
        code: &TokenHash,
        now: Timestamp,
        refresh: Option<(&TokenHash, &RefreshToken)>,
        access: (&TokenHash, &AccessGrant),
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let key = code.as_bytes().to_vec();
        let tx = self.0.begin().await?;
        let used = codes::Entity::update_many()
            .col_expr(codes::Column::UsedAt, Expr::value(now.millis()))
            .filter(codes::Column::CodeHash.eq(key.clone()))
            .filter(codes::Column::UsedAt.is_null())
            .exec(&tx)
            .await?
            .rows_affected;
        let row = if used == 0 { None } else { codes::Entity::find_by_id(key).one(&tx).await? };
        let Some(row) = row else {
            tx.rollback().await?;
            return Ok(false);
        };
        let end = refresh.map_or(access.1.expires_at, |(_, token)| token.family_expires_at);
        let family = token_families::Model {
            id: row.family_id,
            client_id: row.client_id,
            user_id: row.user_id,
            session_id: row.session_id,
            auth_time: row.auth_time,
            created_at: now.millis(),
            expires_at: end.millis(),
            revoked_at: None,
        };
        begin(&tx, family, refresh, access).await?;
        audit::write(&tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Issues an access token that no code or refresh token is spent for: a client's own, or one that was
    /// exchanged. False, and nothing changed, when the family it belongs to is revoked or gone.
    pub async fn issue(
        &self,
        token: &TokenHash,
        grant: &AccessGrant,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        if let Some(family) = &grant.family_id
            && !stays_alive(&tx, family.as_str()).await?
        {
            tx.rollback().await?;
            return Ok(false);
        }
        access_tokens::Entity::insert(access_tokens::Model::new(token, grant)?.into_active_model())
            .exec_without_returning(&tx)
            .await
            .map_err(StoreError::reference("user or application"))?;
        audit::write(&tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Hands a device its tokens: their family begins. False, and nothing changed, when the device does not
    /// stand at `from` (any more).
    #[expect(clippy::too_many_arguments, reason = "each is a fact about one device")]
    pub async fn redeem_device(
        &self,
        device: &DeviceId,
        (from, to): (&DeviceStage, &DeviceStage),
        granted: &Granted,
        now: Timestamp,
        refresh: Option<(&TokenHash, &RefreshToken)>,
        access: (&TokenHash, &AccessGrant),
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let sign_in = &granted.sign_in;
        let tx = self.0.begin().await?;
        let moved = devices::advance(&tx, device, from, to).await?;
        if moved > 0 {
            let end = refresh.map_or(access.1.expires_at, |(_, token)| token.family_expires_at);
            let family = token_families::Model {
                id: granted.family_id.to_string(),
                client_id: access.1.client_id.to_string(),
                user_id: sign_in.user_id.to_string(),
                session_id: sign_in.session_id.clone(),
                auth_time: sign_in.auth_time.millis(),
                created_at: now.millis(),
                expires_at: end.millis(),
                revoked_at: None,
            };
            begin(&tx, family, refresh, access).await?;
        }
        audit::settle(tx, moved, event).await
    }

    /// A refresh token, ended and revoked ones too: what presenting it means is the domain's to say.
    pub async fn refresh(&self, token: &TokenHash) -> Result<Option<RefreshToken>, StoreError> {
        let key = token.as_bytes().to_vec();
        self.0.batches().refresh_tokens.read(key, |hashes| self.refresh_tokens(hashes)).await
    }

    async fn refresh_tokens(
        &self,
        hashes: Vec<Vec<u8>>,
    ) -> Result<HashMap<Vec<u8>, RefreshToken>, StoreError> {
        let rows = refresh_tokens::Entity::find()
            .filter(refresh_tokens::Column::TokenHash.is_in(hashes))
            .find_also_related(token_families::Entity)
            .all(self.0.read())
            .await?;
        rows.into_iter().map(|(row, family)| Ok((row.token_hash.clone(), row.in_family(family)?))).collect()
    }

    /// An access token that is good at `now`: not ended, and neither it nor its family revoked.
    pub async fn access(&self, token: &TokenHash, now: Timestamp) -> Result<Option<AccessGrant>, StoreError> {
        let found = access_tokens::Entity::find_by_id(token.as_bytes().to_vec())
            .filter(access_tokens::Column::ExpiresAt.gt(now.millis()))
            .filter(access_tokens::Column::RevokedAt.is_null())
            .find_also_related(token_families::Entity)
            .filter(token_families::Column::RevokedAt.is_null())
            .one(self.0.read())
            .await?;
        found.map(|(row, _)| row.try_into()).transpose()
    }

    /// Ends a family with all its tokens. False, and no event, when it had ended or does not exist.
    pub async fn revoke_family(
        &self,
        family: &FamilyId,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let revoked = token_families::Entity::update_many()
            .col_expr(token_families::Column::RevokedAt, Expr::value(at.millis()))
            .filter(token_families::Column::Id.eq(family.as_str()))
            .filter(token_families::Column::RevokedAt.is_null())
            .exec(&tx)
            .await?
            .rows_affected;
        audit::settle(tx, revoked, event).await
    }

    /// Ends one access token. False, and no event, when it was revoked or does not exist.
    pub async fn revoke_access(
        &self,
        token: &TokenHash,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let revoked = access_tokens::Entity::update_many()
            .col_expr(access_tokens::Column::RevokedAt, Expr::value(at.millis()))
            .filter(access_tokens::Column::TokenHash.eq(token.as_bytes().to_vec()))
            .filter(access_tokens::Column::RevokedAt.is_null())
            .exec(&tx)
            .await?
            .rows_affected;
        audit::settle(tx, revoked, event).await
    }
}
