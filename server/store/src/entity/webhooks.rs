//! Webhooks. The signing secrets are sealed.

use coffer_contract::{Timestamp, webhook::EventType};
use coffer_core::{ids::WebhookId, webhook::Webhook};
use coffer_crypto::Sealed;
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, instant, millis, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub url: String,
    pub description: String,
    pub types: String,
    pub enabled: bool,
    pub given_up: Option<String>,
    pub failing_since: Option<i64>,
    pub secrets: Vec<u8>,
    pub secret_replaced_at: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Webhook {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            types: types(&row.id, &row.types)?,
            id: WebhookId::from_text(row.id),
            url: row.url,
            description: row.description,
            enabled: row.enabled,
            given_up: row.given_up,
            failing_since: instant(row.failing_since),
            secret_replaced_at: Timestamp::from_millis(row.secret_replaced_at),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        })
    }
}

/// What a webhook is told, from its column. A type of a newer version, after going back to this one, is
/// left out.
pub fn types(id: &str, column: &str) -> Result<Vec<EventType>, StoreError> {
    let codes: Vec<String> = Row::new("webhooks", id).json("types", column)?;
    Ok(codes.iter().filter_map(|code| EventType::from_code(code)).collect())
}

impl Model {
    /// The row of a webhook.
    pub fn new(webhook: &Webhook, secrets: &Sealed) -> Result<Self, StoreError> {
        Ok(Self {
            id: webhook.id.to_string(),
            url: webhook.url.clone(),
            description: webhook.description.clone(),
            types: to_json(&webhook.types)?,
            enabled: webhook.enabled,
            given_up: webhook.given_up.clone(),
            failing_since: millis(webhook.failing_since),
            secrets: secrets.as_bytes().to_vec(),
            secret_replaced_at: webhook.secret_replaced_at.millis(),
            created_at: webhook.created_at.millis(),
            updated_at: webhook.updated_at.millis(),
            version: webhook.version,
        })
    }
}
