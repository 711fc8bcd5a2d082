//! What webhooks are told, written in the transaction that writes the audit event: nothing that was
//! committed is lost, and nothing that was rolled back is told.

use coffer_contract::webhook::EventType;
use coffer_core::{
    SystemRng,
    audit::AuditEvent,
    ids::{DeliveryId, WebhookId},
    webhook::{Delivery, event_type, payload},
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QuerySelect as _, sea_query::LockType,
};

use crate::{
    StoreError,
    entity::{webhook_deliveries, webhooks},
};

/// Rows of one INSERT; 11 columns each stay far below every database's limit of parameters.
const CHUNK: usize = 200;

/// Adds a delivery of each event to each webhook that is on and subscribes to it. Where there is no webhook, or
/// none of the events is one for webhooks, it costs one query or none for the whole group.
pub(crate) async fn write<C: ConnectionTrait>(db: &C, events: &[AuditEvent]) -> Result<(), StoreError> {
    let told: Vec<(EventType, &AuditEvent)> =
        events.iter().filter_map(|event| Some((event_type(event.code)?, event))).collect();
    if told.is_empty() {
        return Ok(());
    }
    let subscribed = subscriptions(db).await?;
    let mut rows = Vec::new();
    for (webhook, types) in &subscribed {
        for (event, about) in told.iter().filter(|(event, _)| types.contains(event)) {
            let text = payload(*event, about)?;
            // Nothing depends on this identifier being hard to guess: it tells deliveries apart.
            let id = DeliveryId::generate(&SystemRng);
            let delivery = Delivery::new(id, webhook.clone(), *event, text, about.at);
            rows.push(webhook_deliveries::Model::new(&delivery)?.into_active_model());
        }
    }
    for chunk in rows.chunks(CHUNK) {
        webhook_deliveries::Entity::insert_many(chunk.to_vec()).exec_without_returning(db).await?;
    }
    Ok(())
}

async fn subscriptions<C: ConnectionTrait>(db: &C) -> Result<Vec<(WebhookId, Vec<EventType>)>, StoreError> {
    let rows: Vec<(String, String)> = webhooks::Entity::find()
        .select_only()
        .columns([webhooks::Column::Id, webhooks::Column::Types])
        .filter(webhooks::Column::Enabled.eq(true))
        // None of them goes before its deliveries are there.
        .lock(LockType::KeyShare)
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter()
        .map(|(id, column)| {
            let types = webhooks::types(&id, &column)?;
            Ok((WebhookId::from_text(id), types))
        })
        .collect()
}
