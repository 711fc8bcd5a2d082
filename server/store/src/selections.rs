//! The lists of the management API: filtered, ordered, a page at a time.

use std::collections::HashMap;

use coffer_contract::application::ApplicationType;
use coffer_core::{
    Scopes,
    api::{Api, ClientGrant},
    client::Client,
    connection::Connection,
    ids::{ClientId, ConnectionId, UserId},
    user::User,
};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, ExprTrait as _, Query, SelectStatement},
};

use crate::{
    Apis, ClientGrantFilter, ClientGrants, Clients, Connections, Consents, StoreError, Users,
    entity::{
        client_grants, clients, connections, consents, enablements, resource_servers,
        users::{self, key},
    },
    matching::{Match, end},
    row::Row,
    search::contains,
    span::{Listed, Order, Span, select, select_matching},
};

/// Which applications are listed; what is left out does not matter.
#[derive(Clone, Debug, Default)]
pub struct ClientFilter {
    /// Of one of these kinds.
    pub app_types: Option<Vec<ApplicationType>>,
    /// Whether the consent page is skipped.
    pub first_party: Option<bool>,
    /// Whether it is an API's server.
    pub resource_server: Option<bool>,
    /// Its name or client id contains this.
    pub search: String,
    /// It may use this connection.
    pub connection: Option<ConnectionId>,
}

/// Which connections are listed.
#[derive(Clone, Debug, Default)]
pub struct ConnectionFilter {
    /// Of one of these kinds.
    pub strategies: Vec<String>,
    /// By its name.
    pub name: Option<String>,
    /// This application may use it.
    pub client: Option<ClientId>,
}

/// What users are found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserField {
    /// Id.
    Id,
    /// E-mail address.
    Email,
    /// Name for people.
    Name,
    /// Name of the connection that they sign in through.
    Connection,
    /// Id at the provider.
    ProviderUserId,
    /// First sign-in.
    CreatedAt,
    /// Last sign-in.
    LastSignInAt,
}

/// What users are listed by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserOrder {
    /// Last sign-in.
    #[default]
    LastSignInAt,
    /// First sign-in.
    CreatedAt,
    /// Id.
    Id,
}

impl Clients {
    /// Applications, by name.
    pub async fn select(&self, filter: &ClientFilter, span: &Span) -> Result<Listed<Client>, StoreError> {
        use clients::Column;
        let mut query = clients::Entity::find().filter(contains([Column::Name, Column::Id], &filter.search));
        if let Some(kinds) = &filter.app_types {
            query = query.filter(Column::AppType.is_in(kinds.iter().map(|kind| kind.code())));
        }
        if let Some(first_party) = filter.first_party {
            query = query.filter(Column::FirstParty.eq(first_party));
        }
        match filter.resource_server {
            Some(true) => query = query.filter(Column::ResourceServer.is_not_null()),
            Some(false) => query = query.filter(Column::ResourceServer.is_null()),
            None => {}
        }
        if let Some(connection) = &filter.connection {
            query = query.filter(Column::Id.in_subquery(enabled(
                enablements::Column::ClientId,
                enablements::Column::ConnectionId,
                connection.as_str(),
            )));
        }
        let order = Order { by: Column::Name, then: Column::Id, descending: false };
        let row_key = |row: &clients::Model| (row.name.clone().into(), row.id.clone());
        select(self.0.read(), query, order, span, row_key, TryInto::try_into).await
    }
}

impl Connections {
    /// Connections, by name.
    pub async fn select(
        &self,
        filter: &ConnectionFilter,
        span: &Span,
    ) -> Result<Listed<Connection>, StoreError> {
        use connections::Column;
        let mut query = connections::Entity::find();
        if !filter.strategies.is_empty() {
            query = query.filter(Column::Strategy.is_in(&filter.strategies));
        }
        if let Some(name) = &filter.name {
            query = query.filter(Column::Name.eq(name));
        }
        if let Some(client) = &filter.client {
            query = query.filter(Column::Id.in_subquery(enabled(
                enablements::Column::ConnectionId,
                enablements::Column::ClientId,
                client.as_str(),
            )));
        }
        let order = Order { by: Column::Name, then: Column::Id, descending: false };
        let row_key = |row: &connections::Model| (row.name.clone().into(), row.id.clone());
        select(self.0.read(), query, order, span, row_key, TryInto::try_into).await
    }

    /// The applications that may use each of these connections, by client id.
    pub async fn clients_of(
        &self,
        connections: &[ConnectionId],
    ) -> Result<HashMap<ConnectionId, Vec<ClientId>>, StoreError> {
        let rows: Vec<(String, String)> = enablements::Entity::find()
            .select_only()
            .columns([enablements::Column::ConnectionId, enablements::Column::ClientId])
            .filter(enablements::Column::ConnectionId.is_in(connections.iter().map(ConnectionId::as_str)))
            .order_by_asc(enablements::Column::ClientId)
            .into_tuple()
            .all(self.0.read())
            .await?;
        let mut found: HashMap<ConnectionId, Vec<ClientId>> = HashMap::new();
        for (connection, client) in rows {
            found.entry(ConnectionId::from_text(connection)).or_default().push(ClientId::from_text(client));
        }
        Ok(found)
    }
}

/// Those `wanted` of the enablements in which `of` is `id`.
fn enabled(wanted: enablements::Column, of: enablements::Column, id: &str) -> SelectStatement {
    Query::select().column(wanted).from(enablements::Entity).and_where(of.eq(id)).take()
}

impl Apis {
    /// APIs, by name; those with one of `identifiers`, unless there is none.
    pub async fn select(&self, identifiers: &[String], span: &Span) -> Result<Listed<Api>, StoreError> {
        use resource_servers::Column;
        let mut query = resource_servers::Entity::find();
        if !identifiers.is_empty() {
            query = query.filter(Column::Identifier.is_in(identifiers));
        }
        let order = Order { by: Column::Name, then: Column::Id, descending: false };
        let row_key = |row: &resource_servers::Model| (row.name.clone().into(), row.id.clone());
        select(self.0.read(), query, order, span, row_key, TryInto::try_into).await
    }
}

impl ClientGrants {
    /// What applications may do at APIs, by id.
    pub async fn select(
        &self,
        filter: &ClientGrantFilter,
        span: &Span,
    ) -> Result<Listed<ClientGrant>, StoreError> {
        use client_grants::Column;
        let mut query = client_grants::Entity::find();
        if let Some(client) = &filter.client_id {
            query = query.filter(Column::ClientId.eq(client.as_str()));
        }
        if let Some(audience) = &filter.audience {
            query = query.filter(Column::Audience.eq(audience.as_str()));
        }
        if let Some(subject) = filter.subject {
            query = query.filter(Column::Subject.eq(subject.code()));
        }
        let order = Order { by: Column::Id, then: Column::Id, descending: false };
        let row_key = |row: &client_grants::Model| (row.id.clone().into(), row.id.clone());
        select(self.0.read(), query, order, span, row_key, TryInto::try_into).await
    }
}

impl Users {
    /// Users that match.
    pub async fn select(
        &self,
        search: Option<&Match<UserField>>,
        order: UserOrder,
        descending: bool,
        span: &Span,
    ) -> Result<Listed<User>, StoreError> {
        use users::Column;
        let by = match order {
            UserOrder::LastSignInAt => Column::LastSignInAt,
            UserOrder::CreatedAt => Column::CreatedAt,
            UserOrder::Id => Column::Id,
        };
        let row_key = move |row: &users::Model| {
            let value = match order {
                UserOrder::LastSignInAt => row.last_sign_in_at.into(),
                UserOrder::CreatedAt => row.created_at.into(),
                UserOrder::Id => row.id.clone().into(),
            };
            (value, row.id.clone())
        };
        let order = Order { by, then: Column::Id, descending };
        let (db, all, read) = (self.0.read(), users::Entity::find(), TryInto::try_into);
        match search {
            None => select(db, all, order, span, row_key, read).await,
            Some(search) => {
                let matches = search.condition(&found_by);
                select_matching::<String, _, _, _>(db, all, matches, order, span, row_key, read).await
            }
        }
    }
}

fn found_by(leaf: &Match<UserField>) -> Condition {
    use users::Column;
    let all = Condition::all;
    // What is not there is nothing, so that NOT finds it.
    let there = |column: Column| column.is_not_null();
    match leaf {
        Match::Is(UserField::Email, text) => {
            all().add(there(Column::EmailKey)).add(Column::EmailKey.eq(key(text)))
        }
        Match::Is(UserField::Name, text) => {
            all().add(there(Column::NameKey)).add(Column::NameKey.eq(key(text)))
        }
        Match::Is(UserField::Id, text) => all().add(Column::Id.eq(text)),
        Match::Is(UserField::ProviderUserId, text) => all().add(Column::ProviderUserId.eq(text)),
        Match::Is(UserField::Connection, name) => {
            let named = Query::select()
                .column(connections::Column::Id)
                .from(connections::Entity)
                .and_where(connections::Column::Name.eq(name))
                .take();
            all().add(Column::ConnectionId.in_subquery(named))
        }
        Match::Begins(field, text) => {
            let (column, text) = match field {
                UserField::Email => (Column::EmailKey, key(text)),
                UserField::Name => (Column::NameKey, key(text)),
                _ => (Column::Id, text.clone()),
            };
            all().add(there(column)).add(column.gte(&text)).add(column.lt(end(&text)))
        }
        Match::Between(field, from, to) => {
            let column =
                if *field == UserField::CreatedAt { Column::CreatedAt } else { Column::LastSignInAt };
            all().add_option(from.map(|at| column.gte(at))).add_option(to.map(|at| column.lte(at)))
        }
        _ => all().add(Expr::val(1).eq(0)),
    }
}

/// What a user granted to an application, in the terms in which consent is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The user.
    pub user_id: UserId,
    /// The application.
    pub client_id: ClientId,
    /// What was granted.
    pub scopes: Scopes,
}

impl Consents {
    /// Up to `limit` consents, of this user and this application where they are named, after this pair.
    pub async fn page(
        &self,
        user: Option<&UserId>,
        client: Option<&ClientId>,
        after: Option<(&UserId, &ClientId)>,
        limit: u64,
    ) -> Result<Vec<Consent>, StoreError> {
        use consents::Column;
        let mut query = consents::Entity::find();
        if let Some(user) = user {
            query = query.filter(Column::UserId.eq(user.as_str()));
        }
        if let Some(client) = client {
            query = query.filter(Column::ClientId.eq(client.as_str()));
        }
        if let Some((user, client)) = after {
            let same = Condition::all()
                .add(Column::UserId.eq(user.as_str()))
                .add(Column::ClientId.gt(client.as_str()));
            query = query.filter(Condition::any().add(Column::UserId.gt(user.as_str())).add(same));
        }
        let rows = query
            .order_by_asc(Column::UserId)
            .order_by_asc(Column::ClientId)
            .limit(limit)
            .all(self.0.read())
            .await?;
        rows.into_iter()
            .map(|row| {
                let at = Row::new("consents", &format!("{} {}", row.user_id, row.client_id));
                Ok(Consent {
                    scopes: at.json("scopes", &row.scopes)?,
                    user_id: UserId::from_text(row.user_id),
                    client_id: ClientId::from_text(row.client_id),
                })
            })
            .collect()
    }
}
