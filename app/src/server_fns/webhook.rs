//! Webhooks, and the deliveries to them.

use coffer_contract::{
    Page,
    webhook::{
        DeliveryDetail, DeliveryFilter, DeliverySummary, IssuedWebhookSecret, WebhookDetail, WebhookForm,
        WebhookSummary,
    },
};
use leptos::{prelude::*, server_fn::codec::Json};

use super::Failure;

/// A page of the list of webhooks.
#[server(prefix = "/console/api", endpoint = "list_webhooks", input = Json)]
pub async fn list_webhooks(search: String, after: Option<String>) -> Result<Page<WebhookSummary>, Failure> {
    let signed = super::visit::signed_in().await?;
    signed.list_webhooks(&search, after.as_deref()).await.map_err(super::visit::refuse)
}

/// One webhook.
#[server(prefix = "/console/api", endpoint = "webhook")]
pub async fn webhook(id: String) -> Result<WebhookDetail, Failure> {
    super::visit::signed_in().await?.webhook(&id).await.map_err(super::visit::refuse)
}

/// Creates a webhook; the only answer that shows its secret, besides [`rotate_webhook_secret`]'s.
#[server(prefix = "/console/api", endpoint = "create_webhook", input = Json)]
pub async fn create_webhook(form: WebhookForm) -> Result<IssuedWebhookSecret, Failure> {
    super::visit::editor().await?.create_webhook(form).await.map_err(super::visit::refuse)
}

/// Changes a webhook, unless somebody changed it since `version`.
#[server(prefix = "/console/api", endpoint = "update_webhook", input = Json)]
pub async fn update_webhook(id: String, form: WebhookForm, version: i64) -> Result<WebhookDetail, Failure> {
    let editor = super::visit::editor().await?;
    editor.update_webhook(&id, form, version).await.map_err(super::visit::refuse)
}

/// Replaces a webhook's secret and shows the new one.
#[server(prefix = "/console/api", endpoint = "rotate_webhook_secret")]
pub async fn rotate_webhook_secret(id: String) -> Result<IssuedWebhookSecret, Failure> {
    super::visit::editor().await?.rotate_webhook_secret(&id).await.map_err(super::visit::refuse)
}

/// Deletes a webhook.
#[server(prefix = "/console/api", endpoint = "delete_webhook")]
pub async fn delete_webhook(id: String) -> Result<(), Failure> {
    super::visit::editor().await?.delete_webhook(&id).await.map_err(super::visit::refuse)
}

/// Sends a webhook a test event; answers with the delivery's id.
#[server(prefix = "/console/api", endpoint = "test_webhook")]
pub async fn test_webhook(id: String) -> Result<String, Failure> {
    super::visit::editor().await?.test_webhook(&id).await.map_err(super::visit::refuse)
}

/// A page of a webhook's deliveries, the newest first.
#[server(prefix = "/console/api", endpoint = "list_deliveries", input = Json)]
pub async fn list_deliveries(
    webhook_id: String,
    filter: DeliveryFilter,
    after: Option<String>,
) -> Result<Page<DeliverySummary>, Failure> {
    let signed = super::visit::signed_in().await?;
    signed.list_deliveries(&webhook_id, filter, after.as_deref()).await.map_err(super::visit::refuse)
}

/// One delivery.
#[server(prefix = "/console/api", endpoint = "delivery")]
pub async fn delivery(webhook_id: String, id: String) -> Result<DeliveryDetail, Failure> {
    super::visit::signed_in().await?.delivery(&webhook_id, &id).await.map_err(super::visit::refuse)
}

/// Has a delivery made again.
#[server(prefix = "/console/api", endpoint = "resend_delivery")]
pub async fn resend_delivery(webhook_id: String, id: String) -> Result<(), Failure> {
    super::visit::editor().await?.resend_delivery(&webhook_id, &id).await.map_err(super::visit::refuse)
}
