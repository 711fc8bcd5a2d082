//! Sessions that end: the applications that took part are to be told (OpenID Connect Back-Channel Logout
//! 1.0). Written with whatever ends the session, worked off in the background.

use coffer_contract::Timestamp;
use coffer_core::{
    audit::AuditEvent,
    ids::{ClientId, ConnectionId, UserId},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

use crate::{
    Store, StoreError, audit,
    entity::{clients, logouts as table, session_clients, token_families, users},
    tokens,
};

/// An application takes part in a session for at least this long after it got tokens, in seconds: 30 days.
const KEPT_SECONDS: i64 = 30 * 24 * 3600;

/// An application to be told that a session ended.
#[derive(Clone, Debug)]
pub struct Logout {
    id: i64,
    /// The application.
    pub client_id: ClientId,
    /// Whose session it was.
    pub user_id: UserId,
    /// The session, the `sid` of its ID tokens.
    pub session_id: String,
    /// How often it was tried.
    pub attempts: i64,
}

/// Applications to be told that a session ended.
#[derive(Clone, Debug)]
pub struct Logouts(pub(crate) Store);

/// Notes, within the caller's transaction, that the application of `family` takes part in its session.
pub(crate) async fn takes_part<C: ConnectionTrait>(
    db: &C,
    family: &token_families::Model,
) -> Result<(), StoreError> {
    let row = session_clients::Model {
        session_id: family.session_id.clone(),
        client_id: family.client_id.clone(),
        user_id: family.user_id.clone(),
        expires_at: Ord::max(family.expires_at, family.created_at + KEPT_SECONDS * 1000),
    };
    let again = OnConflict::columns([session_clients::Column::SessionId, session_clients::Column::ClientId])
        .update_column(session_clients::Column::ExpiresAt)
        .to_owned();
    session_clients::Entity::insert(row.into_active_model())
        .on_conflict(again)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Ends these parts, within the caller's transaction: who wants to know will be told.
pub(crate) async fn end<C: ConnectionTrait>(
    db: &C,
    which: Condition,
    at: Timestamp,
) -> Result<(), StoreError> {
    let listening = clients::Entity::find()
        .select_only()
        .column(clients::Column::Id)
        .filter(clients::Column::BackchannelLogoutUri.is_not_null());
    let parts = session_clients::Entity::find()
        .filter(which.clone())
        .filter(session_clients::Column::ClientId.in_subquery(listening.into_query()))
        // Of two that end the same session, one tells.
        .lock_exclusive()
        .all(db)
        .await?;
    for chunk in parts.chunks(200) {
        let rows = chunk.iter().map(|part| table::ActiveModel {
            id: NotSet,
            client_id: Set(part.client_id.clone()),
            user_id: Set(part.user_id.clone()),
            session_id: Set(part.session_id.clone()),
            attempts: Set(0),
            due_at: Set(at.millis()),
        });
        table::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    session_clients::Entity::delete_many().filter(which).exec(db).await?;
    Ok(())
}

/// Every part of a user.
pub(crate) fn of_user(user: &UserId) -> Condition {
    Condition::all().add(session_clients::Column::UserId.eq(user.as_str()))
}

/// Every part of the users of a connection.
pub(crate) fn of_connection(connection: &ConnectionId) -> Condition {
    let users = users::Entity::find()
        .select_only()
        .column(users::Column::Id)
        .filter(users::Column::ConnectionId.eq(connection.as_str()));
    Condition::all().add(session_clients::Column::UserId.in_subquery(users.into_query()))
}

impl Logouts {
    /// A browser session ends: tokens that were good only while the user is there end with it (Back-Channel
    /// Logout 1.0 section 2.7), and the applications are to be told.
    pub async fn end_session(
        &self,
        session_id: &str,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        end(&tx, Condition::all().add(session_clients::Column::SessionId.eq(session_id)), at).await?;
        tokens::end_session(&tx, session_id, at).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Up to `limit` that are due at `now`, the longest due first.
    pub async fn due(&self, now: Timestamp, limit: u64) -> Result<Vec<Logout>, StoreError> {
        let rows = table::Entity::find()
            .filter(table::Column::DueAt.lte(now.millis()))
            .order_by_asc(table::Column::DueAt)
            .limit(limit)
            .all(self.0.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| Logout {
                id: row.id,
                client_id: ClientId::from_text(row.client_id),
                user_id: UserId::from_text(row.user_id),
                session_id: row.session_id,
                attempts: row.attempts,
            })
            .collect())
    }

    /// Takes one for an attempt: it is due again at `due_at`. False when another node took it.
    pub async fn claim(&self, logout: &Logout, due_at: Timestamp) -> Result<bool, StoreError> {
        let claimed = table::Entity::update_many()
            .col_expr(table::Column::Attempts, Expr::col(table::Column::Attempts).add(1))
            .col_expr(table::Column::DueAt, Expr::value(due_at.millis()))
            .filter(table::Column::Id.eq(logout.id))
            .filter(table::Column::Attempts.eq(logout.attempts))
            .exec(self.0.write())
            .await?;
        Ok(claimed.rows_affected > 0)
    }

    /// Removes one, whatever came of it.
    pub async fn finish(&self, logout: &Logout, event: Option<AuditEvent>) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        table::Entity::delete_by_id(logout.id).exec(&tx).await?;
        audit::write(&tx, event.as_slice()).await?;
        Ok(tx.commit().await?)
    }
}
