//! Which application may use which connection.

use std::collections::HashMap;

use coffer_contract::Timestamp;
use coffer_core::{
    Scopes,
    audit::AuditEvent,
    client::Client,
    connection::{Connection, Enabled},
    ids::{ClientId, ConnectionId},
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, JoinType, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, ExprTrait as _, IntoCondition as _, OnConflict, Query},
};

use crate::{
    Connections, Store, StoreError, audit,
    entity::{clients, connections, enablements as table},
    row::to_json,
};

/// How many applications each of these connections is enabled for; those with none are left out.
pub async fn count_clients<'a>(
    store: &Store,
    connections: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, u64>, StoreError> {
    count(store, table::Column::ConnectionId, connections).await
}

/// How many connections are enabled for each of these applications; those with none are left out.
pub async fn count_connections<'a>(
    store: &Store,
    clients: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, u64>, StoreError> {
    count(store, table::Column::ClientId, clients).await
}

async fn count<'a>(
    store: &Store,
    by: table::Column,
    ids: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, u64>, StoreError> {
    let counts: Vec<(String, i64)> = table::Entity::find()
        .select_only()
        .column(by)
        .column_as(table::Column::CreatedAt.count(), "rows")
        .filter(by.is_in(ids))
        .group_by(by)
        .into_tuple()
        .all(store.read())
        .await?;
    Ok(counts.into_iter().map(|(id, n)| (id, u64::try_from(n).unwrap_or(0))).collect())
}

impl Connections {
    /// The connections enabled for an application, by name.
    pub async fn enabled_for(&self, client: &ClientId) -> Result<Vec<Connection>, StoreError> {
        let ids = Query::select()
            .column(table::Column::ConnectionId)
            .from(table::Entity)
            .and_where(table::Column::ClientId.eq(client.as_str()))
            .take();
        let rows = connections::Entity::find()
            .filter(connections::Column::Id.in_subquery(ids))
            .order_by_asc(connections::Column::Name)
            .all(self.0.read())
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// How the application may use the connection; `None` when it may not.
    pub async fn enabled(
        &self,
        connection: &ConnectionId,
        client: &ClientId,
    ) -> Result<Option<Enabled>, StoreError> {
        let key = (client.to_string(), connection.to_string());
        let row = table::Entity::find_by_id(key).one(self.0.read()).await?;
        row.map(TryInto::try_into).transpose()
    }

    /// The connection with this name, and how the application may use it. Read together with others.
    pub async fn named_for(
        &self,
        name: &str,
        client: &ClientId,
    ) -> Result<Option<(Connection, Option<Enabled>)>, StoreError> {
        let key = (name.to_owned(), client.clone());
        self.0.batches().connections.read(key, |keys| self.all_named_for(keys)).await
    }

    async fn all_named_for(
        &self,
        keys: Vec<(String, ClientId)>,
    ) -> Result<HashMap<(String, ClientId), (Connection, Option<Enabled>)>, StoreError> {
        let clients: Vec<String> = keys.iter().map(|(_, client)| client.to_string()).collect();
        let to_enablement = connections::Entity::belongs_to(table::Entity)
            .from(connections::Column::Id)
            .to(table::Column::ConnectionId)
            .on_condition(move |_, enablement| {
                let those = clients.iter().map(String::as_str);
                Expr::col((enablement, table::Column::ClientId)).is_in(those).into_condition()
            });
        let rows = connections::Entity::find()
            .filter(connections::Column::Name.is_in(keys.iter().map(|(name, _)| name.as_str())))
            .join(JoinType::LeftJoin, to_enablement.into())
            .select_also(table::Entity)
            .all(self.0.read())
            .await?;
        let (mut named, mut enabled) = (HashMap::new(), HashMap::new());
        for (connection, enablement) in rows {
            if let Some(row) = enablement {
                enabled.insert((connection.name.clone(), row.client_id.clone()), Enabled::try_from(row)?);
            }
            if !named.contains_key(&connection.name) {
                named.insert(connection.name.clone(), Connection::try_from(connection)?);
            }
        }
        let found = |(name, client): (String, ClientId)| {
            let connection = named.get(&name)?.clone();
            let how = enabled.get(&(name.clone(), client.to_string())).cloned();
            Some(((name, client), (connection, how)))
        };
        Ok(keys.into_iter().filter_map(found).collect())
    }

    /// Whether the application may use the connection.
    pub async fn is_enabled(&self, connection: &ConnectionId, client: &ClientId) -> Result<bool, StoreError> {
        Ok(self.enabled(connection, client).await?.is_some())
    }

    /// Every connection, by name, and how the application may use it.
    pub async fn of_client(
        &self,
        client: &ClientId,
    ) -> Result<Vec<(Connection, Option<Enabled>)>, StoreError> {
        let rows =
            table::Entity::find().filter(table::Column::ClientId.eq(client.as_str())).all(self.0.read());
        let mut enabled: HashMap<String, table::Model> =
            rows.await?.into_iter().map(|row| (row.connection_id.clone(), row)).collect();
        let rows =
            connections::Entity::find().order_by_asc(connections::Column::Name).all(self.0.read()).await?;
        rows.into_iter()
            .map(|row| {
                let how = enabled.remove(&row.id).map(TryInto::try_into).transpose()?;
                Ok((row.try_into()?, how))
            })
            .collect()
    }

    /// Every application, by name, and how it may use the connection.
    pub async fn of_connection(
        &self,
        connection: &ConnectionId,
    ) -> Result<Vec<(Client, Option<Enabled>)>, StoreError> {
        let rows = table::Entity::find()
            .filter(table::Column::ConnectionId.eq(connection.as_str()))
            .all(self.0.read());
        let mut enabled: HashMap<String, table::Model> =
            rows.await?.into_iter().map(|row| (row.client_id.clone(), row)).collect();
        let rows = clients::Entity::find()
            .order_by_asc(clients::Column::Name)
            .order_by_asc(clients::Column::Id)
            .all(self.0.read())
            .await?;
        rows.into_iter()
            .map(|row| {
                let how = enabled.remove(&row.id).map(TryInto::try_into).transpose()?;
                Ok((row.try_into()?, how))
            })
            .collect()
    }

    /// Sets the most that tokens released to the application may allow. False when the connection is not
    /// enabled for it.
    pub async fn set_ceiling(
        &self,
        connection: &ConnectionId,
        client: &ClientId,
        ceiling: Option<&Scopes>,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let ceiling = ceiling.map(to_json).transpose()?;
        let tx = self.0.begin().await?;
        let changed = table::Entity::update_many()
            .col_expr(table::Column::ScopeCeiling, Expr::value(ceiling))
            .filter(table::Column::ClientId.eq(client.as_str()))
            .filter(table::Column::ConnectionId.eq(connection.as_str()))
            .exec(&tx)
            .await?
            .rows_affected;
        audit::settle(tx, changed, event).await
    }

    /// Turns a connection on or off for an application. False, and no event, when it was so already;
    /// `NotFound` when either does not exist.
    pub async fn set_enabled(
        &self,
        connection: &ConnectionId,
        client: &ClientId,
        enabled: bool,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        if connections::Entity::find_by_id(connection.as_str()).count(&tx).await? == 0 {
            return Err(StoreError::NotFound { what: "connection" });
        }
        if clients::Entity::find_by_id(client.as_str()).count(&tx).await? == 0 {
            return Err(StoreError::NotFound { what: "application" });
        }
        let changed = if enabled {
            let row = table::Model {
                client_id: client.to_string(),
                connection_id: connection.to_string(),
                created_at: at.millis(),
                scope_ceiling: None,
            };
            let keep = OnConflict::columns([table::Column::ClientId, table::Column::ConnectionId])
                .do_nothing()
                .to_owned();
            table::Entity::insert(row.into_active_model())
                .on_conflict(keep)
                .exec_without_returning(&tx)
                .await?
        } else {
            table::Entity::delete_by_id((client.to_string(), connection.to_string()))
                .exec(&tx)
                .await?
                .rows_affected
        };
        audit::settle(tx, changed, event).await
    }
}
