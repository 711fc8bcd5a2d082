//! Connect sessions: an application asks its user to connect an account.

use coffer_contract::Timestamp;
use coffer_core::{
    connect::{ConnectSession, ConnectStage},
    ids::ConnectSessionId,
};
use coffer_crypto::{Sealed, TokenHash};
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, sea_query::Expr};

use crate::{Store, StoreError, entity::connect_sessions as table, row::to_json};

/// Connect sessions.
#[derive(Clone, Debug)]
pub struct ConnectSessions(pub(crate) Store);

/// A connect session as found.
#[derive(Clone, Debug)]
pub struct FoundSession {
    /// Its id.
    pub id: ConnectSessionId,
    /// The session.
    pub session: ConnectSession,
    /// Hash of the connect code, once there is one.
    pub code: Option<Vec<u8>>,
    /// The provider's tokens, sealed, once there are any.
    pub tokens: Option<Sealed>,
}

impl ConnectSessions {
    /// Adds one. `NotFound` when user, application or connection are gone.
    pub async fn create(
        &self,
        id: &ConnectSessionId,
        auth_session: &TokenHash,
        ticket: &TokenHash,
        session: &ConnectSession,
    ) -> Result<(), StoreError> {
        let row = table::Model::new(id.as_str(), auth_session, ticket, session)?;
        table::Entity::insert(row.into_active_model())
            .exec_without_returning(self.0.write())
            .await
            .map_err(StoreError::reference("user, application or connection"))?;
        Ok(())
    }

    /// By id, unless it has ended at `now`.
    pub async fn get(
        &self,
        id: &ConnectSessionId,
        now: Timestamp,
    ) -> Result<Option<FoundSession>, StoreError> {
        self.find(table::Column::Id.eq(id.as_str()), now).await
    }

    /// By ticket.
    pub async fn by_ticket(
        &self,
        ticket: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<FoundSession>, StoreError> {
        self.find(table::Column::TicketHash.eq(ticket.as_bytes().to_vec()), now).await
    }

    /// By auth session.
    pub async fn by_auth_session(
        &self,
        auth_session: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<FoundSession>, StoreError> {
        self.find(table::Column::AuthSessionHash.eq(auth_session.as_bytes().to_vec()), now).await
    }

    async fn find(&self, is: Expr, now: Timestamp) -> Result<Option<FoundSession>, StoreError> {
        let row = table::Entity::find()
            .filter(is)
            .filter(table::Column::ExpiresAt.gt(now.millis()))
            .one(self.0.read())
            .await?;
        row.map(|row| {
            Ok(FoundSession {
                id: ConnectSessionId::from_text(row.id.clone()),
                code: row.code_hash.clone(),
                tokens: row.tokens.clone().map(Sealed::from_bytes),
                session: row.try_into()?,
            })
        })
        .transpose()
    }

    /// A browser brought the ticket: moves on, if the session still stands at `from`. False when it does not.
    pub async fn open(
        &self,
        id: &ConnectSessionId,
        from: &ConnectStage,
        to: &ConnectStage,
        browser: &TokenHash,
    ) -> Result<bool, StoreError> {
        let moved = table::Entity::update_many()
            .col_expr(table::Column::Stage, Expr::value(to_json(to)?))
            .col_expr(table::Column::BrowserHash, Expr::value(browser.as_bytes().to_vec()))
            .filter(table::Column::Id.eq(id.as_str()))
            .filter(table::Column::Stage.eq(to_json(from)?))
            .exec(self.0.write())
            .await?;
        Ok(moved.rows_affected > 0)
    }

    /// The provider handed out tokens: moves on, if the session still stands at `from`.
    pub async fn connected(
        &self,
        id: &ConnectSessionId,
        from: &ConnectStage,
        to: &ConnectStage,
        code: &TokenHash,
        tokens: &Sealed,
    ) -> Result<bool, StoreError> {
        let moved = table::Entity::update_many()
            .col_expr(table::Column::Stage, Expr::value(to_json(to)?))
            .col_expr(table::Column::CodeHash, Expr::value(code.as_bytes().to_vec()))
            .col_expr(table::Column::Tokens, Expr::value(tokens.as_bytes().to_vec()))
            .filter(table::Column::Id.eq(id.as_str()))
            .filter(table::Column::Stage.eq(to_json(from)?))
            .exec(self.0.write())
            .await?;
        Ok(moved.rows_affected > 0)
    }

    /// Takes a session away, so that it ends once. False when somebody else was faster.
    pub async fn end(&self, id: &ConnectSessionId, from: &ConnectStage) -> Result<bool, StoreError> {
        let ended = table::Entity::delete_many()
            .filter(table::Column::Id.eq(id.as_str()))
            .filter(table::Column::Stage.eq(to_json(from)?))
            .exec(self.0.write())
            .await?;
        Ok(ended.rows_affected > 0)
    }
}
