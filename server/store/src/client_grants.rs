//! What applications may do at APIs.

use coffer_contract::{Page, api::GrantSubject};
use coffer_core::{
    api::ClientGrant,
    audit::AuditEvent,
    ids::{ClientGrantId, ClientId},
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    sea_query::Expr,
};

use crate::{
    Store, StoreError, audit,
    entity::client_grants as table,
    row::to_json,
    span::{Order, Span, select},
};

/// What applications may do at APIs.
#[derive(Clone, Debug)]
pub struct ClientGrants(pub(crate) Store);

/// Which grants are listed; what is left out does not matter.
#[derive(Clone, Debug, Default)]
pub struct ClientGrantFilter {
    /// Of this application.
    pub client_id: Option<ClientId>,
    /// For this API.
    pub audience: Option<String>,
    /// In whose name.
    pub subject: Option<GrantSubject>,
}

impl ClientGrants {
    /// A page of the grants that pass `filter`, by id. The page's key is opaque.
    pub async fn list(
        &self,
        filter: &ClientGrantFilter,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Page<ClientGrant>, StoreError> {
        let mut query = table::Entity::find();
        if let Some(client) = &filter.client_id {
            query = query.filter(table::Column::ClientId.eq(client.as_str()));
        }
        if let Some(audience) = &filter.audience {
            query = query.filter(table::Column::Audience.eq(audience.as_str()));
        }
        if let Some(subject) = filter.subject {
            query = query.filter(table::Column::Subject.eq(subject.code()));
        }
        let order = Order { by: table::Column::Id, then: table::Column::Id, descending: false };
        let key = |row: &table::Model| (row.id.clone().into(), row.id.clone());
        let span = Span::after(after, limit);
        Ok(select(self.0.read(), query, order, &span, key, TryInto::try_into).await?.into())
    }

    /// What these applications may do at these APIs.
    pub async fn between(
        &self,
        clients: &[ClientId],
        audiences: &[String],
    ) -> Result<Vec<ClientGrant>, StoreError> {
        let rows = table::Entity::find()
            .filter(table::Column::ClientId.is_in(clients.iter().map(ClientId::as_str)))
            .filter(table::Column::Audience.is_in(audiences))
            .order_by_asc(table::Column::Subject)
            .all(self.0.read())
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// By id.
    pub async fn get(&self, id: &ClientGrantId) -> Result<Option<ClientGrant>, StoreError> {
        table::Entity::find_by_id(id.as_str()).one(self.0.read()).await?.map(TryInto::try_into).transpose()
    }

    /// What the application may do at the API in this name, if anything.
    pub async fn find(
        &self,
        client: &ClientId,
        audience: &str,
        subject: GrantSubject,
    ) -> Result<Option<ClientGrant>, StoreError> {
        let found = table::Entity::find()
            .filter(table::Column::ClientId.eq(client.as_str()))
            .filter(table::Column::Audience.eq(audience))
            .filter(table::Column::Subject.eq(subject.code()))
            .one(self.0.read())
            .await?;
        found.map(TryInto::try_into).transpose()
    }

    /// Adds one. Conflict over `client grant` when the application has one for this API and subject.
    pub async fn create(&self, grant: &ClientGrant, event: AuditEvent) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        table::Entity::insert(table::Model::new(grant)?.into_active_model())
            .exec_without_returning(&tx)
            .await
            .map_err(|error| match StoreError::unique("client grant")(error) {
                StoreError::Database(error) => StoreError::reference("application")(error),
                other => other,
            })?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Changes its scopes. False when there is no such grant.
    pub async fn update(&self, grant: &ClientGrant, event: AuditEvent) -> Result<bool, StoreError> {
        let scopes = to_json(&grant.scopes)?;
        let tx = self.0.begin().await?;
        let changed = table::Entity::update_many()
            .col_expr(table::Column::Scopes, Expr::value(scopes))
            .col_expr(table::Column::UpdatedAt, Expr::value(grant.updated_at.millis()))
            .filter(table::Column::Id.eq(grant.id.as_str()))
            .exec(&tx)
            .await?
            .rows_affected;
        audit::settle(tx, changed, event).await
    }

    /// Deletes one. False when there is none.
    pub async fn delete(&self, id: &ClientGrantId, event: AuditEvent) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let deleted = table::Entity::delete_by_id(id.as_str()).exec(&tx).await?.rows_affected;
        audit::settle(tx, deleted, event).await
    }
}
