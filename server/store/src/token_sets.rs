//! The vault's token sets. Whoever refreshes one holds its fence: a number that rises with every claim
//! and every replacement, so that a write by anyone but the latest holder changes nothing.

use std::collections::HashMap;

use coffer_contract::Timestamp;
use coffer_core::{
    audit::AuditEvent,
    ids::{ConnectionId, TokenSetId, UserId},
    token_set::TokenSet,
};
use coffer_crypto::Sealed;
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::NotSet,
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, UpdateMany,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{
    Revocation, Store, StoreError, audit,
    entity::token_sets::{self as table, ACTIVE, NEEDS_CONSENT},
    revocations,
    row::to_json,
};

/// The vault's token sets.
#[derive(Clone, Debug)]
pub struct TokenSets(pub(crate) Store);

/// Clocks of nodes differ by less than this, in seconds.
const AHEAD_SECONDS: i64 = 300;

fn with_tokens(row: table::Model) -> Result<(TokenSet, Sealed), StoreError> {
    let tokens = Sealed::from_bytes(row.tokens.clone());
    Ok((row.try_into()?, tokens))
}

impl TokenSets {
    /// By id, without the tokens.
    pub async fn get(&self, id: &TokenSetId) -> Result<Option<TokenSet>, StoreError> {
        table::Entity::find_by_id(id.as_str()).one(self.0.read()).await?.map(TryInto::try_into).transpose()
    }

    /// The accounts that a user connected through a connection, the latest replaced first.
    pub async fn for_user(
        &self,
        user: &UserId,
        connection: &ConnectionId,
    ) -> Result<Vec<TokenSet>, StoreError> {
        let found = self.for_user_with_tokens(user, connection).await?;
        Ok(found.into_iter().map(|(set, _)| set).collect())
    }

    /// The same, each with the sealed tokens of the same instant. Read together with others.
    pub async fn for_user_with_tokens(
        &self,
        user: &UserId,
        connection: &ConnectionId,
    ) -> Result<Vec<(TokenSet, Sealed)>, StoreError> {
        let key = (user.clone(), connection.clone());
        let found = self.0.batches().token_sets.read(key, |keys| self.for_users_with_tokens(keys)).await?;
        Ok(found.unwrap_or_default())
    }

    async fn for_users_with_tokens(
        &self,
        keys: Vec<(UserId, ConnectionId)>,
    ) -> Result<HashMap<(UserId, ConnectionId), Vec<(TokenSet, Sealed)>>, StoreError> {
        let rows = table::Entity::find()
            .filter(table::Column::UserId.is_in(keys.iter().map(|(user, _)| user.as_str())))
            .filter(table::Column::ConnectionId.is_in(keys.iter().map(|(_, connection)| connection.as_str())))
            .order_by_desc(table::Column::UpdatedAt)
            .order_by_asc(table::Column::Id)
            .all(self.0.read())
            .await?;
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows {
            let key =
                (UserId::from_text(row.user_id.clone()), ConnectionId::from_text(row.connection_id.clone()));
            found.entry(key).or_default().push(with_tokens(row)?);
        }
        Ok(found)
    }

    /// All accounts of a user, those connected first coming first.
    pub async fn of_user(&self, user: &UserId) -> Result<Vec<TokenSet>, StoreError> {
        let rows = table::Entity::find()
            .filter(table::Column::UserId.eq(user.as_str()))
            .order_by_asc(table::Column::CreatedAt)
            .order_by_asc(table::Column::Id)
            .all(self.0.read())
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Up to `limit` accounts of a connection with their sealed tokens, beginning after the id `after`.
    pub async fn of_connection(
        &self,
        connection: &ConnectionId,
        after: Option<&TokenSetId>,
        limit: u64,
    ) -> Result<Vec<(TokenSet, Sealed)>, StoreError> {
        let mut query = table::Entity::find().filter(table::Column::ConnectionId.eq(connection.as_str()));
        if let Some(after) = after {
            query = query.filter(table::Column::Id.gt(after.as_str()));
        }
        let rows = query.order_by_asc(table::Column::Id).limit(limit).all(self.0.read()).await?;
        rows.into_iter().map(with_tokens).collect()
    }

    /// Deletes an account of a user. False, and nothing changed, when there is none.
    pub async fn delete(
        &self,
        id: &TokenSetId,
        user: &UserId,
        revocation: Option<Revocation>,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let deleted = table::Entity::delete_many()
            .filter(table::Column::Id.eq(id.as_str()))
            .filter(table::Column::UserId.eq(user.as_str()))
            .exec(&tx)
            .await?
            .rows_affected;
        if deleted > 0 {
            revocations::write(&tx, revocation.as_slice()).await?;
        }
        audit::settle(tx, deleted, event).await
    }

    /// By id, with the sealed tokens of the same instant.
    pub async fn with_tokens(&self, id: &TokenSetId) -> Result<Option<(TokenSet, Sealed)>, StoreError> {
        let Some(row) = table::Entity::find_by_id(id.as_str()).one(self.0.read()).await? else {
            return Ok(None);
        };
        with_tokens(row).map(Some)
    }

    /// The set of one account at the provider, if it was connected before.
    pub async fn id_of(
        &self,
        user: &UserId,
        connection: &ConnectionId,
        provider_user_id: &str,
    ) -> Result<Option<TokenSetId>, StoreError> {
        let id: Option<String> = table::Entity::find()
            .select_only()
            .column(table::Column::Id)
            .filter(table::Column::UserId.eq(user.as_str()))
            .filter(table::Column::ConnectionId.eq(connection.as_str()))
            .filter(table::Column::ProviderUserId.eq(provider_user_id))
            .into_tuple()
            .one(self.0.read())
            .await?;
        Ok(id.map(TokenSetId::from_text))
    }

    /// Stores what a consent brought. A set with this id is replaced: its generation and its fence
    /// rise, so that a refresh under way loses. Conflict over `account` when another set holds the
    /// same account; `NotFound` when user or connection are gone.
    pub async fn put(&self, set: &TokenSet, tokens: &Sealed, event: AuditEvent) -> Result<(), StoreError> {
        let fresh = table::Model::new(set, tokens)?.into_active_model();
        let mut replacement = fresh.clone().reset_all();
        (replacement.id, replacement.user_id, replacement.connection_id) = (NotSet, NotSet, NotSet);
        (replacement.provider_user_id, replacement.created_at) = (NotSet, NotSet);
        (replacement.generation, replacement.fence) = (NotSet, NotSet);
        let tx = self.0.begin().await?;
        let replaced = table::Entity::update_many()
            .set(replacement)
            .col_expr(table::Column::Generation, Expr::col(table::Column::Generation).add(1))
            .col_expr(table::Column::Fence, Expr::col(table::Column::Fence).add(1))
            .filter(table::Column::Id.eq(set.id.as_str()))
            .exec(&tx)
            .await?
            .rows_affected;
        if replaced == 0 {
            table::Entity::insert(fresh).exec_without_returning(&tx).await.map_err(|error| {
                match StoreError::unique("account")(error) {
                    StoreError::Database(error) => StoreError::reference("user or connection")(error),
                    conflict => conflict,
                }
            })?;
        }
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Claims the set for a refresh until `lease_until`. Returns the fence to hold; `None` when the
    /// tokens are no longer those of `generation`, or somebody else's lease still runs at `now`.
    pub async fn claim(
        &self,
        id: &TokenSetId,
        generation: i64,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let free = Condition::any()
            .add(table::Column::LeaseUntil.is_null())
            .add(table::Column::LeaseUntil.lte(now.millis()))
            // Taken when the clock was ahead, by somebody who is gone.
            .add(table::Column::LeaseUntil.gt(lease_until.plus_seconds(AHEAD_SECONDS).millis()));
        let tx = self.0.begin().await?;
        let claimed = table::Entity::update_many()
            .col_expr(table::Column::Fence, Expr::col(table::Column::Fence).add(1))
            .col_expr(table::Column::LeaseUntil, Expr::value(lease_until.millis()))
            .filter(table::Column::Id.eq(id.as_str()))
            .filter(table::Column::Generation.eq(generation))
            .filter(free)
            .exec(&tx)
            .await?
            .rows_affected;
        if claimed == 0 {
            tx.rollback().await?;
            return Ok(None);
        }
        let fence: Option<i64> = table::Entity::find_by_id(id.as_str())
            .select_only()
            .column(table::Column::Fence)
            .into_tuple()
            .one(&tx)
            .await?;
        tx.commit().await?;
        Ok(fence)
    }

    /// Writes refreshed tokens and gives the set free. `set.fence` is the fence held; false, and
    /// nothing changed, when it is no longer the newest. The generation rises by itself.
    pub async fn commit_refresh(
        &self,
        set: &TokenSet,
        tokens: &Sealed,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let change = table::Entity::update_many()
            .col_expr(table::Column::State, Expr::value(ACTIVE))
            .col_expr(table::Column::Reason, Expr::value(None::<String>))
            .col_expr(table::Column::NeedsConsentSince, Expr::value(None::<i64>))
            .col_expr(table::Column::Scopes, Expr::value(to_json(&set.scopes)?))
            .col_expr(table::Column::Tokens, Expr::value(tokens.as_bytes().to_vec()))
            .col_expr(table::Column::ObtainedAt, Expr::value(set.obtained_at.millis()))
            .col_expr(
                table::Column::AccessExpiresAt,
                Expr::value(set.access_expires_at.map(Timestamp::millis)),
            )
            .col_expr(table::Column::HasRefreshToken, Expr::value(set.has_refresh_token))
            .col_expr(
                table::Column::RefreshExpiresAt,
                Expr::value(set.refresh_expires_at.map(Timestamp::millis)),
            )
            .col_expr(table::Column::Generation, Expr::col(table::Column::Generation).add(1))
            .col_expr(table::Column::Failures, Expr::value(0_i64))
            .col_expr(table::Column::RetryAt, Expr::value(None::<i64>))
            .col_expr(table::Column::UpdatedAt, Expr::value(set.updated_at.millis()));
        self.fenced(change, &set.id, set.fence, event).await
    }

    /// Notes a transient failure and gives the set free; no further attempt before `retry_at`. False,
    /// and nothing changed, when `fence` is no longer the newest.
    pub async fn fail_refresh(
        &self,
        id: &TokenSetId,
        fence: i64,
        failures: i64,
        retry_at: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let change = table::Entity::update_many()
            .col_expr(table::Column::Failures, Expr::value(failures))
            .col_expr(table::Column::RetryAt, Expr::value(retry_at.millis()));
        self.fenced(change, id, fence, event).await
    }

    /// Notes that the provider refused for good, and why. False, and nothing changed, when `fence` is
    /// no longer the newest.
    pub async fn needs_consent(
        &self,
        id: &TokenSetId,
        fence: i64,
        reason: &str,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let change = table::Entity::update_many()
            .col_expr(table::Column::State, Expr::value(NEEDS_CONSENT))
            .col_expr(table::Column::Reason, Expr::value(reason))
            .col_expr(table::Column::NeedsConsentSince, Expr::value(at.millis()));
        self.fenced(change, id, fence, event).await
    }

    async fn fenced(
        &self,
        change: UpdateMany<table::Entity>,
        id: &TokenSetId,
        fence: i64,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let changed = change
            .col_expr(table::Column::LeaseUntil, Expr::value(None::<i64>))
            .filter(table::Column::Id.eq(id.as_str()))
            .filter(table::Column::Fence.eq(fence))
            .exec(&tx)
            .await?
            .rows_affected;
        audit::settle(tx, changed, event).await
    }
}
