//! Applications that registered themselves, and the tokens that let them (RFC 7591, RFC 7592).

use coffer_contract::Timestamp;
use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    ids::{ClientId, ConnectionId, InitialTokenId},
    registration::{InitialToken, NOTE_SECONDS, Registration, UNUSED_SECONDS},
};
use coffer_crypto::{KeptSecret, TokenHash};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, ExprTrait as _, Query},
};

use crate::{
    Store, StoreError, audit, clients,
    entity::{
        clients as client_table, connections, enablements, initial_access_tokens as tokens,
        registrations as table,
    },
};

/// Applications deleted at once for lack of use.
const AT_ONCE: u64 = 100;

/// Applications that registered themselves.
#[derive(Clone, Debug)]
pub struct Registrations(pub(crate) Store);

/// An application about to be registered.
#[derive(Debug)]
pub struct NewRegistration<'a> {
    /// The application.
    pub client: &'a Client,
    /// Its secret.
    pub secret: Option<&'a KeptSecret>,
    /// The hash of the token that it reads and changes its registration with.
    pub token: Option<&'a TokenHash>,
    /// Where the request came from.
    pub ip: Option<&'a str>,
    /// What let it: the name of an initial access token, or the host of a document.
    pub via: Option<&'a str>,
    /// Connections that are enabled for it; those that are gone are left out.
    pub connections: &'a [ConnectionId],
}

impl Registrations {
    /// Adds an application with its enablements. False, and nothing changed, when its id is taken.
    pub async fn create(&self, new: NewRegistration<'_>, event: AuditEvent) -> Result<bool, StoreError> {
        let NewRegistration { client, secret, token, ip, via, connections: wanted } = new;
        let at = client.created_at.millis();
        let tx = self.0.begin().await?;
        if client_table::Entity::find_by_id(client.id.as_str()).count(&tx).await? > 0 {
            tx.rollback().await?;
            return Ok(false);
        }
        match clients::insert(&tx, client, secret).await {
            Err(StoreError::Conflict { .. }) => return Ok(false),
            inserted => inserted?,
        }
        let row = table::Model {
            client_id: client.id.to_string(),
            token_hash: token.map(|hash| hash.as_bytes().to_vec()),
            ip: ip.map(str::to_owned),
            via: via.map(str::to_owned),
            created_at: at,
            active_at: at,
        };
        table::Entity::insert(row.into_active_model()).exec_without_returning(&tx).await?;
        let there: Vec<String> = connections::Entity::find()
            .select_only()
            .column(connections::Column::Id)
            .filter(connections::Column::Id.is_in(wanted.iter().map(ConnectionId::as_str)))
            .into_tuple()
            .all(&tx)
            .await?;
        let rows = there.into_iter().map(|connection_id| {
            let client_id = client.id.to_string();
            let row = enablements::Model { client_id, connection_id, created_at: at, scope_ceiling: None };
            row.into_active_model()
        });
        if rows.len() > 0 {
            enablements::Entity::insert_many(rows).exec_without_returning(&tx).await?;
        }
        audit::write(&tx, &[event]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// How an application came to be; `None` for those of the dashboard.
    pub async fn get(&self, client: &ClientId) -> Result<Option<Registration>, StoreError> {
        let row = table::Entity::find_by_id(client.as_str()).one(self.0.read()).await?;
        Ok(row.map(Into::into))
    }

    /// Whether `token` is the one that this application's registration is read and changed with.
    pub async fn is_token(&self, client: &ClientId, token: &TokenHash) -> Result<bool, StoreError> {
        let row = table::Entity::find_by_id(client.as_str()).one(self.0.read()).await?;
        let stored = row.and_then(|row| TokenHash::from_slice(&row.token_hash?));
        Ok(stored.is_some_and(|stored| stored == *token))
    }

    /// Notes that an application got a token, at most once a day.
    pub async fn used(&self, client: &ClientId, now: Timestamp) -> Result<(), StoreError> {
        let Some(row) = table::Entity::find_by_id(client.as_str()).one(self.0.read()).await? else {
            return Ok(());
        };
        let noted =
            row.active_at > row.created_at && row.active_at > now.plus_seconds(-NOTE_SECONDS).millis();
        if noted {
            return Ok(());
        }
        // Later than its creation, even within the same instant: that is how a first use is told.
        table::Entity::update_many()
            .col_expr(table::Column::ActiveAt, Expr::value(Ord::max(now.millis(), row.created_at + 1)))
            .filter(table::Column::ClientId.eq(client.as_str()))
            .exec(self.0.write())
            .await?;
        Ok(())
    }

    /// Deletes applications that got no token for too long, some at a time. Returns how many.
    pub async fn delete_unused(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.plus_seconds(-UNUSED_SECONDS).millis();
        let tx = self.0.begin().await?;
        let unused: Vec<(String, String)> = client_table::Entity::find()
            .select_only()
            .columns([client_table::Column::Id, client_table::Column::Name])
            .filter(
                client_table::Column::Id.in_subquery(
                    Query::select()
                        .column(table::Column::ClientId)
                        .from(table::Entity)
                        .and_where(table::Column::ActiveAt.lte(before))
                        .take(),
                ),
            )
            .limit(AT_ONCE)
            .into_tuple()
            .all(&tx)
            .await?;
        let events: Vec<AuditEvent> = unused
            .iter()
            .map(|(id, name)| {
                let text =
                    format!("“{name}” had registered itself and got no token for 30 days; it was deleted.");
                AuditEvent::new(now, EventCode::ApplicationExpired, Actor::System, text)
                    .client(&ClientId::from_text(id.as_str()))
            })
            .collect();
        let ids = unused.iter().map(|(id, _)| id.as_str());
        let deleted = client_table::Entity::delete_many()
            .filter(client_table::Column::Id.is_in(ids))
            .exec(&tx)
            .await?
            .rows_affected;
        audit::write(&tx, &events).await?;
        tx.commit().await?;
        Ok(deleted)
    }

    /// Adds a token that lets applications register themselves.
    pub async fn add_token(
        &self,
        token: &InitialToken,
        hash: &TokenHash,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let row = tokens::Model {
            id: token.id.to_string(),
            token_hash: hash.as_bytes().to_vec(),
            name: token.name.clone(),
            created_at: token.created_at.millis(),
            expires_at: token.expires_at.millis(),
            uses: token.uses,
        };
        let tx = self.0.begin().await?;
        tokens::Entity::insert(row.into_active_model()).exec_without_returning(&tx).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// The tokens that have not ended at `now`, newest first.
    pub async fn tokens(&self, now: Timestamp) -> Result<Vec<InitialToken>, StoreError> {
        let rows = tokens::Entity::find()
            .filter(tokens::Column::ExpiresAt.gt(now.millis()))
            .order_by_desc(tokens::Column::CreatedAt)
            .order_by_asc(tokens::Column::Id)
            .all(self.0.read())
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Counts a use of a token that is good at `now`; which one it is.
    pub async fn use_token(
        &self,
        hash: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<InitialToken>, StoreError> {
        let key = hash.as_bytes().to_vec();
        let row = tokens::Entity::find()
            .filter(tokens::Column::TokenHash.eq(key.clone()))
            .filter(tokens::Column::ExpiresAt.gt(now.millis()))
            .one(self.0.read())
            .await?;
        let Some(row) = row else { return Ok(None) };
        tokens::Entity::update_many()
            .col_expr(tokens::Column::Uses, Expr::col(tokens::Column::Uses).add(1))
            .filter(tokens::Column::TokenHash.eq(key))
            .exec(self.0.write())
            .await?;
        row.try_into().map(Some)
    }

    /// Ends a token. False, and no event, when there is none.
    pub async fn delete_token(&self, id: &InitialTokenId, event: AuditEvent) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let deleted = tokens::Entity::delete_by_id(id.as_str()).exec(&tx).await?.rows_affected;
        audit::settle(tx, deleted, event).await
    }
}
