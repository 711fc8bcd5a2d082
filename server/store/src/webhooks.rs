//! Webhooks: addresses that are told what happened.

use coffer_contract::{Page, Timestamp, webhook::DeliveryState};
use coffer_core::{audit::AuditEvent, ids::WebhookId, webhook::Webhook};
use coffer_crypto::Sealed;
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::NotSet,
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryFilter as _, QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{
    Store, StoreError, audit,
    entity::{webhook_deliveries as deliveries, webhooks as table},
    search::contains,
    span::{Order, Span, select},
};

/// Webhooks.
#[derive(Clone, Debug)]
pub struct Webhooks(pub(crate) Store);

impl Webhooks {
    /// A page of those whose address or description contains `search`, the newest first. The page's key is
    /// opaque.
    pub async fn list(
        &self,
        search: &str,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Page<Webhook>, StoreError> {
        let query =
            table::Entity::find().filter(contains([table::Column::Url, table::Column::Description], search));
        let order = Order { by: table::Column::CreatedAt, then: table::Column::Id, descending: true };
        let key = |row: &table::Model| (row.created_at.into(), row.id.clone());
        let span = Span::after(after, limit);
        Ok(select(self.0.read(), query, order, &span, key, TryInto::try_into).await?.into())
    }

    /// By id.
    pub async fn get(&self, id: &WebhookId) -> Result<Option<Webhook>, StoreError> {
        table::Entity::find_by_id(id.as_str()).one(self.0.read()).await?.map(TryInto::try_into).transpose()
    }

    /// By id, with its sealed secrets.
    pub async fn with_secrets(&self, id: &WebhookId) -> Result<Option<(Webhook, Sealed)>, StoreError> {
        let row = table::Entity::find_by_id(id.as_str()).one(self.0.read()).await?;
        row.map(sealed).transpose()
    }

    /// Those that are on and have deliveries due at `now`, with their sealed secrets.
    pub async fn due(&self, now: Timestamp) -> Result<Vec<(Webhook, Sealed)>, StoreError> {
        let due = deliveries::Entity::find()
            .select_only()
            .expr(Expr::value(1))
            .filter(
                Expr::col((deliveries::Entity, deliveries::Column::WebhookId))
                    .equals((table::Entity, table::Column::Id)),
            )
            .filter(deliveries::Column::DueAt.lte(now.millis()))
            .into_query();
        let rows = table::Entity::find()
            .filter(table::Column::Enabled.eq(true))
            .filter(Expr::exists(due))
            .all(self.0.read())
            .await?;
        rows.into_iter().map(sealed).collect()
    }

    /// Adds one.
    pub async fn create(
        &self,
        webhook: &Webhook,
        secrets: &Sealed,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        let row = table::Model::new(webhook, secrets)?.into_active_model();
        table::Entity::insert(row).exec_without_returning(&tx).await?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Changes everything but id, secrets and time of creation, and sets the version to
    /// `expected_version + 1`. What is still to be delivered is given up when it is switched off. Conflict
    /// over `version` when it is not the one expected.
    pub async fn update(
        &self,
        webhook: &Webhook,
        expected_version: i64,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let next = Webhook { version: expected_version.saturating_add(1), ..webhook.clone() };
        let nothing = Sealed::from_bytes(Vec::new());
        let mut row = table::Model::new(&next, &nothing)?.into_active_model().reset_all();
        (row.id, row.created_at, row.secrets, row.secret_replaced_at) = (NotSet, NotSet, NotSet, NotSet);
        let tx = self.0.begin().await?;
        let changed = table::Entity::update_many()
            .set(row)
            .filter(table::Column::Id.eq(webhook.id.as_str()))
            .filter(table::Column::Version.eq(expected_version))
            .exec(&tx)
            .await?
            .rows_affected;
        if changed == 0 {
            let there = table::Entity::find_by_id(webhook.id.as_str()).count(&tx).await? > 0;
            tx.rollback().await?;
            return Err(if there {
                StoreError::Conflict { what: "version" }
            } else {
                StoreError::NotFound { what: "webhook" }
            });
        }
        if !webhook.enabled {
            give_up(&tx, &webhook.id, webhook.updated_at).await?;
        }
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Switches one off because of what came of its deliveries. False when it is off already.
    pub async fn give_up(
        &self,
        id: &WebhookId,
        reason: &str,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let changed = table::Entity::update_many()
            .col_expr(table::Column::Enabled, Expr::value(false))
            .col_expr(table::Column::GivenUp, Expr::value(reason))
            .col_expr(table::Column::UpdatedAt, Expr::value(at.millis()))
            .col_expr(table::Column::Version, Expr::col(table::Column::Version).add(1))
            .filter(table::Column::Id.eq(id.as_str()))
            .filter(table::Column::Enabled.eq(true))
            .exec(&tx)
            .await?
            .rows_affected;
        if changed > 0 {
            give_up(&tx, id, at).await?;
        }
        audit::settle(tx, changed, event).await
    }

    /// Replaces the secrets, unless they are no longer `old`. False when they are not.
    pub async fn replace_secrets(
        &self,
        id: &WebhookId,
        old: &Sealed,
        new: &Sealed,
        at: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let changed = table::Entity::update_many()
            .col_expr(table::Column::Secrets, Expr::value(new.as_bytes().to_vec()))
            .col_expr(table::Column::SecretReplacedAt, Expr::value(at.millis()))
            .filter(table::Column::Id.eq(id.as_str()))
            .filter(table::Column::Secrets.eq(old.as_bytes().to_vec()))
            .exec(&tx)
            .await?
            .rows_affected;
        audit::settle(tx, changed, event).await
    }

    /// Deletes one with its deliveries (by the schema's references). False when there is none.
    pub async fn delete(&self, id: &WebhookId, event: AuditEvent) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let deleted = table::Entity::delete_by_id(id.as_str()).exec(&tx).await?.rows_affected;
        audit::settle(tx, deleted, event).await
    }
}

fn sealed(row: table::Model) -> Result<(Webhook, Sealed), StoreError> {
    let secrets = Sealed::from_bytes(row.secrets.clone());
    Ok((row.try_into()?, secrets))
}

/// Nothing more is delivered. An attempt under way loses its fence.
async fn give_up<C: ConnectionTrait>(db: &C, id: &WebhookId, at: Timestamp) -> Result<(), StoreError> {
    deliveries::Entity::update_many()
        .col_expr(deliveries::Column::State, Expr::value(DeliveryState::GivenUp.code()))
        .col_expr(deliveries::Column::DueAt, Expr::value(None::<i64>))
        .col_expr(deliveries::Column::FinishedAt, Expr::value(at.millis()))
        .col_expr(deliveries::Column::Fence, Expr::col(deliveries::Column::Fence).add(1))
        .filter(deliveries::Column::WebhookId.eq(id.as_str()))
        .filter(deliveries::Column::DueAt.is_not_null())
        .exec(db)
        .await?;
    Ok(())
}
