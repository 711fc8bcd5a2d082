//! Applications.

use std::collections::HashMap;

use coffer_contract::{Page, Timestamp};
use coffer_core::{audit::AuditEvent, client::Client, ids::ClientId};
use coffer_crypto::{KeptSecret, Sealed, TokenHash};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::NotSet,
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _, QuerySelect as _,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Store, StoreError, audit, enablements,
    entity::{client_origins, clients as table},
    search::contains,
    span::{Order, Span, select},
};

/// Applications.
#[derive(Clone, Debug)]
pub struct Clients(pub(crate) Store);

async fn replace_origins<C: ConnectionTrait>(db: &C, client: &Client) -> Result<(), StoreError> {
    client_origins::Entity::delete_many()
        .filter(client_origins::Column::ClientId.eq(client.id.as_str()))
        .exec(db)
        .await?;
    let rows = client.web_origins.iter().map(|origin| {
        client_origins::Model { origin: origin.clone(), client_id: client.id.to_string() }.into_active_model()
    });
    if rows.len() > 0 {
        // The same origin may have been written twice in the form.
        let once = OnConflict::columns([client_origins::Column::Origin, client_origins::Column::ClientId])
            .do_nothing()
            .to_owned();
        client_origins::Entity::insert_many(rows).on_conflict(once).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Adds one within the caller's transaction.
pub(crate) async fn insert<C: ConnectionTrait>(
    db: &C,
    client: &Client,
    secret: Option<&KeptSecret>,
) -> Result<(), StoreError> {
    table::Entity::insert(table::Model::new(client, secret)?.into_active_model())
        .exec_without_returning(db)
        .await
        .map_err(StoreError::unique("client_id"))?;
    replace_origins(db, client).await
}

impl Clients {
    /// A page of the applications whose name or client id contains `search`, by name, each with the
    /// number of connections enabled for it. The page's key is opaque.
    pub async fn list(
        &self,
        search: &str,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Page<(Client, u64)>, StoreError> {
        use table::Column;
        let query = table::Entity::find().filter(contains([Column::Name, Column::Id], search));
        let order = Order { by: Column::Name, then: Column::Id, descending: false };
        let key = |row: &table::Model| (row.name.clone().into(), row.id.clone());
        let page = select(self.0.read(), query, order, &Span::after(after, limit), key, Ok).await?;
        let counts =
            enablements::count_connections(&self.0, page.items.iter().map(|row| row.id.as_str())).await?;
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

    /// By client id.
    pub async fn get(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        Ok(self.with_secret_hash(id).await?.map(|(client, _)| client))
    }

    /// Those of these ids that there are.
    pub async fn among(&self, ids: &[ClientId]) -> Result<Vec<Client>, StoreError> {
        let rows = table::Entity::find()
            .filter(table::Column::Id.is_in(ids.iter().map(ClientId::as_str)))
            .all(self.0.read())
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// The hash of its secret; `None` for public and for unknown clients.
    pub async fn secret_hash(&self, id: &ClientId) -> Result<Option<TokenHash>, StoreError> {
        Ok(self.with_secret_hash(id).await?.and_then(|(_, hash)| hash))
    }

    /// A client with the hash of its secret: for authenticating it. Read together with others.
    pub async fn with_secret_hash(
        &self,
        id: &ClientId,
    ) -> Result<Option<(Client, Option<TokenHash>)>, StoreError> {
        // It may come from an assertion or a header, where nothing looked for this; PostgreSQL takes none.
        if id.as_str().contains('\0') {
            return Ok(None);
        }
        self.0.batches().clients.read(id.clone(), |ids| self.with_secret_hashes(ids)).await
    }

    async fn with_secret_hashes(
        &self,
        ids: Vec<ClientId>,
    ) -> Result<HashMap<ClientId, (Client, Option<TokenHash>)>, StoreError> {
        let ids = ids.iter().map(ClientId::as_str);
        let rows = table::Entity::find().filter(table::Column::Id.is_in(ids)).all(self.0.read()).await?;
        let read = |row: table::Model| {
            let secret = row.secret()?;
            Ok((ClientId::from_text(row.id.clone()), (row.try_into()?, secret)))
        };
        rows.into_iter().map(read).collect()
    }

    /// The sealed secrets of those of these clients that have one.
    pub async fn sealed_secrets(&self, ids: &[ClientId]) -> Result<HashMap<ClientId, Sealed>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> = table::Entity::find()
            .select_only()
            .columns([table::Column::Id, table::Column::SecretSealed])
            .filter(table::Column::Id.is_in(ids.iter().map(ClientId::as_str)))
            .filter(table::Column::SecretSealed.is_not_null())
            .into_tuple()
            .all(self.0.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(|(id, sealed)| (ClientId::from_text(id), Sealed::from_bytes(sealed)))
            .collect())
    }

    /// Whether scripts of this origin may call the token endpoint for some application.
    pub async fn origin_allowed(&self, origin: &str) -> Result<bool, StoreError> {
        let found = client_origins::Entity::find()
            .filter(client_origins::Column::Origin.eq(origin))
            .one(self.0.read())
            .await?;
        Ok(found.is_some())
    }

    /// Adds one, with its secret unless it is public.
    pub async fn create(
        &self,
        client: &Client,
        secret: Option<&KeptSecret>,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        insert(&tx, client, secret).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Changes everything but id, secret and time of creation, and sets the version to
    /// `expected_version + 1`. Conflict over `version` when it is not the one expected.
    pub async fn update(
        &self,
        client: &Client,
        expected_version: i64,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let next = Client { version: expected_version.saturating_add(1), ..client.clone() };
        let mut row = table::Model::new(&next, None)?.into_active_model().reset_all();
        (row.id, row.created_at) = (NotSet, NotSet);
        (row.secret_hash, row.secret_sealed, row.secret_replaced_at) = (NotSet, NotSet, NotSet);
        let tx = self.0.begin().await?;
        let changed = table::Entity::update_many()
            .set(row)
            .filter(table::Column::Id.eq(client.id.as_str()))
            .filter(table::Column::Version.eq(expected_version))
            .exec(&tx)
            .await?
            .rows_affected;
        if changed == 0 {
            let there = table::Entity::find_by_id(client.id.as_str()).count(&tx).await? > 0;
            tx.rollback().await?;
            return Err(if there {
                StoreError::Conflict { what: "version" }
            } else {
                StoreError::NotFound { what: "application" }
            });
        }
        replace_origins(&tx, client).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Replaces the secret; the old one stops working. False when there is no such client.
    pub async fn replace_secret(
        &self,
        id: &ClientId,
        secret: &KeptSecret,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let changed = table::Entity::update_many()
            .col_expr(table::Column::SecretHash, Expr::value(secret.hash.as_bytes().to_vec()))
            .col_expr(table::Column::SecretSealed, Expr::value(secret.sealed.as_bytes().to_vec()))
            .col_expr(table::Column::SecretReplacedAt, Expr::value(at.millis()))
            .filter(table::Column::Id.eq(id.as_str()))
            .exec(&tx)
            .await?
            .rows_affected;
        audit::settle(tx, changed, event).await
    }

    /// Deletes one, with its enablements, consents, codes and tokens (by the schema's references).
    /// False when there is none.
    pub async fn delete(&self, id: &ClientId, event: AuditEvent) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let deleted = table::Entity::delete_by_id(id.as_str()).exec(&tx).await?.rows_affected;
        audit::settle(tx, deleted, event).await
    }
}
