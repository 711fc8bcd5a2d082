//! Connections.

use coffer_contract::Page;
use coffer_core::{audit::AuditEvent, connection::Connection, ids::ConnectionId};
use coffer_crypto::Sealed;
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::NotSet, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use crate::{
    Revocation, Store, StoreError, audit, enablements,
    entity::{connection_domains, connections as table},
    logouts, revocations,
    search::contains,
    span::{Order, Span, select},
};

/// Connections, and which application may use them.
#[derive(Clone, Debug)]
pub struct Connections(pub(crate) Store);

impl Connections {
    /// A page of the connections of these strategies whose name contains `search`, by name, each with
    /// the number of applications it is enabled for. The page's key is opaque.
    pub async fn list(
        &self,
        strategies: &[String],
        search: &str,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Page<(Connection, u64)>, StoreError> {
        use table::Column;
        let query = table::Entity::find()
            .filter(Column::Strategy.is_in(strategies))
            .filter(contains([Column::Name, Column::DisplayName], search));
        let order = Order { by: Column::Name, then: Column::Id, descending: false };
        let key = |row: &table::Model| (row.name.clone().into(), row.id.clone());
        let page = select(self.0.read(), query, order, &Span::after(after, limit), key, Ok).await?;
        let counts =
            enablements::count_clients(&self.0, page.items.iter().map(|row| row.id.as_str())).await?;
        let items = page
            .items
            .into_iter()
            .map(|row| {
                let count = counts.get(&row.id).copied().unwrap_or(0);
                Ok((row.try_into()?, count))
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Page { items, next: page.next })
    }

    /// By id.
    pub async fn get(&self, id: &ConnectionId) -> Result<Option<Connection>, StoreError> {
        table::Entity::find_by_id(id.as_str()).one(self.0.read()).await?.map(TryInto::try_into).transpose()
    }

    /// By name.
    pub async fn by_name(&self, name: &str) -> Result<Option<Connection>, StoreError> {
        let row = table::Entity::find().filter(table::Column::Name.eq(name)).one(self.0.read()).await?;
        row.map(TryInto::try_into).transpose()
    }

    /// The connections to which users with an address of `domain` belong, by name.
    pub async fn of_domain(&self, domain: &str) -> Result<Vec<Connection>, StoreError> {
        let ids: Vec<String> = connection_domains::Entity::find()
            .select_only()
            .column(connection_domains::Column::ConnectionId)
            .filter(connection_domains::Column::Domain.eq(domain))
            .into_tuple()
            .all(self.0.read())
            .await?;
        let rows = table::Entity::find()
            .filter(table::Column::Id.is_in(ids))
            .order_by_asc(table::Column::Name)
            .all(self.0.read())
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// All connections, by name.
    pub async fn all(&self) -> Result<Vec<Connection>, StoreError> {
        let rows = table::Entity::find().order_by_asc(table::Column::Name).all(self.0.read()).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// The sealed client secret, if there is one.
    pub async fn secret(&self, id: &ConnectionId) -> Result<Option<Sealed>, StoreError> {
        let row: Option<Option<Vec<u8>>> = table::Entity::find_by_id(id.as_str())
            .select_only()
            .column(table::Column::ClientSecret)
            .into_tuple()
            .one(self.0.read())
            .await?;
        Ok(row.flatten().map(Sealed::from_bytes))
    }

    /// Adds one. Conflict over `name` when the name is taken.
    pub async fn create(
        &self,
        connection: &Connection,
        secret: Option<&Sealed>,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        table::Entity::insert(table::Model::new(connection, secret)?.into_active_model())
            .exec_without_returning(&tx)
            .await
            .map_err(StoreError::unique("name"))?;
        domains(&tx, connection).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Changes everything but id, name, strategy and time of creation, and sets the version to
    /// `expected_version + 1`. Without a `secret` the old one stays. Conflict over `version` when it is
    /// not the one expected.
    pub async fn update(
        &self,
        connection: &Connection,
        secret: Option<&Sealed>,
        expected_version: i64,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let next = Connection { version: expected_version.saturating_add(1), ..connection.clone() };
        let mut row = table::Model::new(&next, secret)?.into_active_model().reset_all();
        (row.id, row.name, row.strategy, row.created_at) = (NotSet, NotSet, NotSet, NotSet);
        if secret.is_none() {
            row.client_secret = NotSet;
        }
        let tx = self.0.begin().await?;
        let changed = table::Entity::update_many()
            .set(row)
            .filter(table::Column::Id.eq(connection.id.as_str()))
            .filter(table::Column::Version.eq(expected_version))
            .exec(&tx)
            .await?
            .rows_affected;
        if changed == 0 {
            let there = table::Entity::find_by_id(connection.id.as_str()).count(&tx).await? > 0;
            tx.rollback().await?;
            return Err(if there {
                StoreError::Conflict { what: "version" }
            } else {
                StoreError::NotFound { what: "connection" }
            });
        }
        domains(&tx, connection).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Deletes one, with its enablements, its users and everything of theirs, and the token sets that
    /// came through it (by the schema's references). False when there is none.
    pub async fn delete(
        &self,
        id: &ConnectionId,
        revocations: &[Revocation],
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        logouts::end(&tx, logouts::of_connection(id), event.at).await?;
        let deleted = table::Entity::delete_by_id(id.as_str()).exec(&tx).await?.rows_affected;
        if deleted > 0 {
            revocations::write(&tx, revocations).await?;
        }
        audit::settle(tx, deleted, event).await
    }
}

/// Replaces the domains by which the connection is found.
async fn domains<C: ConnectionTrait>(db: &C, connection: &Connection) -> Result<(), StoreError> {
    connection_domains::Entity::delete_many()
        .filter(connection_domains::Column::ConnectionId.eq(connection.id.as_str()))
        .exec(db)
        .await?;
    let rows: Vec<_> = connection
        .options
        .domain_aliases
        .iter()
        .map(|domain| connection_domains::Model {
            domain: domain.clone(),
            connection_id: connection.id.to_string(),
        })
        .map(sea_orm::IntoActiveModel::into_active_model)
        .collect();
    if !rows.is_empty() {
        connection_domains::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}
