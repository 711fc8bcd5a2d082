//! Deliveries to webhooks: claimed under a lease, so that several servers share the work.

use coffer_contract::{
    Page, Timestamp,
    webhook::{DeliveryFilter, DeliveryState},
};
use coffer_core::{
    audit::AuditEvent,
    ids::{DeliveryId, WebhookId},
    webhook::{Delivery, Webhook},
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::NotSet,
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, ExprTrait as _, LockBehavior, LockType},
};

use crate::{
    Store, StoreError, audit,
    entity::{webhook_deliveries as table, webhooks},
    span::{Order, Span, select},
};

/// Deliveries to webhooks.
#[derive(Clone, Debug)]
pub struct Deliveries(pub(crate) Store);

impl Deliveries {
    /// Takes up to `limit` that are due at `now`, the longest due first: nobody else takes them before
    /// `lease_until`.
    pub async fn claim(
        &self,
        webhook: &WebhookId,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let tx = self.0.begin().await?;
        let due = table::Entity::find()
            .filter(table::Column::WebhookId.eq(webhook.as_str()))
            .filter(table::Column::DueAt.lte(now.millis()))
            .order_by_asc(table::Column::DueAt)
            .order_by_asc(table::Column::Id)
            .limit(limit)
            // What another node is taking at this instant is its own.
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(&tx)
            .await?;
        let mut claimed = Vec::with_capacity(due.len());
        for row in due {
            let fence = row.fence.saturating_add(1);
            let won = table::Entity::update_many()
                .col_expr(table::Column::Fence, Expr::value(fence))
                .col_expr(table::Column::DueAt, Expr::value(lease_until.millis()))
                .filter(table::Column::Id.eq(row.id.as_str()))
                .filter(table::Column::Fence.eq(row.fence))
                .exec(&tx)
                .await?;
            if won.rows_affected > 0 {
                claimed.push(table::Model { fence, due_at: Some(lease_until.millis()), ..row }.try_into()?);
            }
        }
        tx.commit().await?;
        Ok(claimed)
    }

    /// Writes what came of an attempt that ended at `at`, and since when its webhook fails. The webhook as
    /// it is then; `None`, and nothing changed, when the fence is no longer the newest.
    pub async fn settle(&self, delivery: &Delivery, at: Timestamp) -> Result<Option<Webhook>, StoreError> {
        let mut row = table::Model::new(delivery)?.into_active_model().reset_all();
        (row.id, row.webhook_id, row.event) = (NotSet, NotSet, NotSet);
        (row.payload, row.fence, row.created_at) = (NotSet, NotSet, NotSet);
        let tx = self.0.begin().await?;
        let written = table::Entity::update_many()
            .set(row)
            .filter(table::Column::Id.eq(delivery.id.as_str()))
            .filter(table::Column::Fence.eq(delivery.fence))
            .exec(&tx)
            .await?;
        if written.rows_affected == 0 {
            tx.rollback().await?;
            return Ok(None);
        }
        let (failing, changes) = match delivery.state {
            DeliveryState::Delivered => (None, webhooks::Column::FailingSince.is_not_null()),
            _ => (Some(at.millis()), webhooks::Column::FailingSince.is_null()),
        };
        webhooks::Entity::update_many()
            .col_expr(webhooks::Column::FailingSince, Expr::value(failing))
            .filter(webhooks::Column::Id.eq(delivery.webhook_id.as_str()))
            .filter(changes)
            .exec(&tx)
            .await?;
        let webhook = webhooks::Entity::find_by_id(delivery.webhook_id.as_str()).one(&tx).await?;
        tx.commit().await?;
        webhook.map(TryInto::try_into).transpose()
    }

    /// A page of a webhook's deliveries that pass `filter`, the newest first. The page's key is the instant
    /// and the id.
    pub async fn list(
        &self,
        webhook: &WebhookId,
        filter: &DeliveryFilter,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Page<Delivery>, StoreError> {
        let mut query = table::Entity::find().filter(table::Column::WebhookId.eq(webhook.as_str()));
        for (column, value) in [(table::Column::State, &filter.state), (table::Column::Event, &filter.event)]
        {
            if !value.is_empty() {
                query = query.filter(column.eq(value));
            }
        }
        let order = Order { by: table::Column::CreatedAt, then: table::Column::Id, descending: true };
        let key = |row: &table::Model| (row.created_at.into(), row.id.clone());
        let span = Span::after(after, limit);
        Ok(select(self.0.read(), query, order, &span, key, TryInto::try_into).await?.into())
    }

    /// By id.
    pub async fn get(&self, id: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        table::Entity::find_by_id(id.as_str()).one(self.0.read()).await?.map(TryInto::try_into).transpose()
    }

    /// Adds one that no event of the log led to.
    pub async fn create(&self, delivery: &Delivery, event: AuditEvent) -> Result<(), StoreError> {
        let tx = self.0.begin().await?;
        let row = table::Model::new(delivery)?.into_active_model();
        table::Entity::insert(row)
            .exec_without_returning(&tx)
            .await
            .map_err(StoreError::reference("webhook"))?;
        audit::write(&tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// Has one delivered again, whatever came of it before. False when there is none, or its webhook is off.
    pub async fn resend(
        &self,
        id: &DeliveryId,
        now: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let on = webhooks::Entity::find()
            .select_only()
            .column(webhooks::Column::Id)
            .filter(webhooks::Column::Enabled.eq(true))
            .into_query();
        let tx = self.0.begin().await?;
        let changed = table::Entity::update_many()
            .col_expr(table::Column::State, Expr::value(DeliveryState::Pending.code()))
            .col_expr(table::Column::Failures, Expr::value(0_i64))
            .col_expr(table::Column::DueAt, Expr::value(now.millis()))
            .col_expr(table::Column::FinishedAt, Expr::value(None::<i64>))
            .filter(table::Column::Id.eq(id.as_str()))
            .filter(Expr::col(table::Column::WebhookId).in_subquery(on))
            .exec(&tx)
            .await?
            .rows_affected;
        audit::settle(tx, changed, event).await
    }
}
