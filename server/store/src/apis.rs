//! APIs (resource servers).

use coffer_contract::Page;
use coffer_core::{api::Api, audit::AuditEvent, ids::ApiId};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::NotSet, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _,
};

use crate::{
    Store, StoreError, api_references, audit,
    entity::resource_servers as table,
    search::contains,
    span::{Order, Span, select},
};

/// APIs.
#[derive(Clone, Debug)]
pub struct Apis(pub(crate) Store);

impl Apis {
    /// A page of the APIs whose name or identifier contains `search`, by name. The page's key is opaque.
    pub async fn list(&self, search: &str, after: Option<&str>, limit: u64) -> Result<Page<Api>, StoreError> {
        use table::Column;
        let query = table::Entity::find().filter(contains([Column::Name, Column::Identifier], search));
        let order = Order { by: Column::Name, then: Column::Id, descending: false };
        let key = |row: &table::Model| (row.name.clone().into(), row.id.clone());
        let span = Span::after(after, limit);
        Ok(select(self.0.read(), query, order, &span, key, TryInto::try_into).await?.into())
    }

    /// By id.
    pub async fn get(&self, id: &ApiId) -> Result<Option<Api>, StoreError> {
        table::Entity::find_by_id(id.as_str()).one(self.0.read()).await?.map(TryInto::try_into).transpose()
    }

    /// By the audience of its tokens.
    pub async fn by_identifier(&self, identifier: &str) -> Result<Option<Api>, StoreError> {
        let found =
            table::Entity::find().filter(table::Column::Identifier.eq(identifier)).one(self.0.read()).await?;
        found.map(TryInto::try_into).transpose()
    }

    /// Those of these identifiers that there are.
    pub async fn among(&self, identifiers: &[String]) -> Result<Vec<Api>, StoreError> {
        let rows = table::Entity::find()
            .filter(table::Column::Identifier.is_in(identifiers))
            .all(self.0.read())
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Adds one. Conflict over `identifier` when it is taken.
    pub async fn create(&self, api: &Api, event: AuditEvent) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        table::Entity::insert(table::Model::new(api)?.into_active_model())
            .exec_without_returning(&tx)
            .await
            .map_err(StoreError::unique("identifier"))?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Changes everything but id, identifier and time of creation, and sets the version to
    /// `expected_version + 1`. Conflict over `version` when it is not the one expected. What applications may
    /// do there shrinks to the scopes that are left.
    pub async fn update(
        &self,
        api: &Api,
        expected_version: i64,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let next = Api { version: expected_version.saturating_add(1), ..api.clone() };
        let mut row = table::Model::new(&next)?.into_active_model().reset_all();
        (row.id, row.identifier, row.created_at) = (NotSet, NotSet, NotSet);
        let tx = self.0.begin().await?;
        let changed = table::Entity::update_many()
            .set(row)
            .filter(table::Column::Id.eq(api.id.as_str()))
            .filter(table::Column::Version.eq(expected_version))
            .exec(&tx)
            .await?
            .rows_affected;
        if changed == 0 {
            let there = table::Entity::find_by_id(api.id.as_str()).count(&tx).await? > 0;
            tx.rollback().await?;
            return Err(if there {
                StoreError::Conflict { what: "version" }
            } else {
                StoreError::NotFound { what: "API" }
            });
        }
        api_references::narrow(&tx, api).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Deletes one, with what applications may do there. False when there is none.
    pub async fn delete(&self, api: &Api, event: AuditEvent) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        api_references::forget(&tx, api).await?;
        let deleted = table::Entity::delete_by_id(api.id.as_str()).exec(&tx).await?.rows_affected;
        audit::settle(tx, deleted, event).await
    }
}
