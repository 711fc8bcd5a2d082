//! Deliveries to webhooks.

use coffer_contract::{
    Timestamp,
    webhook::{DeliveryState, EventType},
};
use coffer_core::{
    ids::{DeliveryId, WebhookId},
    webhook::Delivery,
};
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, instant, millis, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub webhook_id: String,
    pub event: String,
    pub payload: String,
    pub state: String,
    pub fence: i64,
    pub failures: i64,
    pub due_at: Option<i64>,
    pub attempts: String,
    pub created_at: i64,
    pub finished_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Delivery {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("webhook_deliveries", &row.id);
        Ok(Self {
            event: at.code("event", &row.event, EventType::from_code)?,
            state: at.code("state", &row.state, DeliveryState::from_code)?,
            fence: at.count("fence", row.fence)?,
            failures: at.count("failures", row.failures)?,
            attempts: at.json("attempts", &row.attempts)?,
            id: DeliveryId::from_text(row.id),
            webhook_id: WebhookId::from_text(row.webhook_id),
            payload: row.payload,
            due_at: instant(row.due_at),
            created_at: Timestamp::from_millis(row.created_at),
            finished_at: instant(row.finished_at),
        })
    }
}

impl Model {
    /// The row of a delivery.
    pub fn new(delivery: &Delivery) -> Result<Self, StoreError> {
        Ok(Self {
            id: delivery.id.to_string(),
            webhook_id: delivery.webhook_id.to_string(),
            event: delivery.event.code().to_owned(),
            payload: delivery.payload.clone(),
            state: delivery.state.code().to_owned(),
            fence: delivery.fence,
            failures: delivery.failures,
            due_at: millis(delivery.due_at),
            attempts: to_json(&delivery.attempts)?,
            created_at: delivery.created_at.millis(),
            finished_at: millis(delivery.finished_at),
        })
    }
}
