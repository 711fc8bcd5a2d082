//! Deliveries to webhooks: list, show, send again, send a test.

use coffer_contract::{
    ApiError, Page,
    page::PAGE_SIZE,
    webhook::{DeliveryDetail, DeliveryFilter, DeliverySummary, EventType},
};
use coffer_core::{
    audit::EventCode,
    ids::DeliveryId,
    webhook::{Delivery, Webhook, payload, readable},
};

use crate::{Editor, Signed, failure};

impl Signed {
    /// A page of a webhook's deliveries that pass `filter`, the newest first.
    pub async fn list_deliveries(
        &self,
        webhook_id: &str,
        filter: DeliveryFilter,
        after: Option<&str>,
    ) -> Result<Page<DeliverySummary>, ApiError> {
        let webhook = self.find_webhook(webhook_id).await?;
        let page = self.store().deliveries().list(&webhook.id, &filter, after, PAGE_SIZE).await;
        Ok(page.map_err(|e| self.visit.store_failed(e))?.map(|delivery| summary(&delivery)))
    }

    /// One delivery of a webhook, with its body and attempts.
    pub async fn delivery(&self, webhook_id: &str, id: &str) -> Result<DeliveryDetail, ApiError> {
        let (webhook, delivery) = self.find_delivery(webhook_id, id).await?;
        Ok(DeliveryDetail {
            summary: summary(&delivery),
            webhook_id: webhook.id.to_string(),
            url: webhook.url,
            enabled: webhook.enabled,
            payload: readable(&delivery.payload),
            attempts: delivery.attempts.into_iter().rev().collect(),
        })
    }
}

impl Editor {
    /// Has a delivery made again, with the same id and body.
    pub async fn resend_delivery(&self, webhook_id: &str, id: &str) -> Result<(), ApiError> {
        let (webhook, delivery) = self.find_delivery(webhook_id, id).await?;
        let text = format!("Delivery {} to {} was sent again.", delivery.id, webhook.host());
        let event = self.event(EventCode::WebhookResent, text);
        let resent = self.store().deliveries().resend(&delivery.id, self.visit.now(), event).await;
        if !resent.map_err(|e| self.visit.store_failed(e))? {
            return Err(off());
        }
        self.admin().webhooks.wake();
        Ok(())
    }

    /// Sends a webhook a test event. Returns the delivery's id.
    pub async fn test_webhook(&self, webhook_id: &str) -> Result<String, ApiError> {
        let webhook = self.find_webhook(webhook_id).await?;
        if !webhook.enabled {
            return Err(off());
        }
        let text = format!("A test event was sent to {}.", webhook.host());
        let event = self.event(EventCode::WebhookTested, text);
        let body = payload(EventType::Test, &event).map_err(|e| self.visit.failed(e))?;
        let id = DeliveryId::generate(self.admin().rng.as_ref());
        let delivery = Delivery::new(id, webhook.id, EventType::Test, body, event.at);
        let created = self.store().deliveries().create(&delivery, event).await;
        created.map_err(|e| self.visit.store_failed(e))?;
        self.admin().webhooks.wake();
        Ok(delivery.id.to_string())
    }
}

impl Signed {
    async fn find_delivery(&self, webhook_id: &str, id: &str) -> Result<(Webhook, Delivery), ApiError> {
        let webhook = self.find_webhook(webhook_id).await?;
        let found = self.store().deliveries().get(&DeliveryId::from_text(id)).await;
        let found = found.map_err(|e| self.visit.store_failed(e))?;
        let delivery = found.filter(|delivery| delivery.webhook_id == webhook.id);
        Ok((webhook, delivery.ok_or_else(|| failure::not_found("delivery"))?))
    }
}

fn off() -> ApiError {
    ApiError::Conflict { message: "The webhook is off. Switch it on first, in its settings.".to_owned() }
}

fn summary(delivery: &Delivery) -> DeliverySummary {
    DeliverySummary {
        id: delivery.id.to_string(),
        event: delivery.event,
        state: delivery.state,
        attempts: delivery.attempts.len(),
        last: delivery.attempts.last().cloned(),
        due_at: delivery.due_at,
        created_at: delivery.created_at,
    }
}
