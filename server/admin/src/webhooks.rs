//! Webhooks: list, show, create, change, replace the secret, delete.

use coffer_contract::{
    ApiError, Page,
    page::PAGE_SIZE,
    webhook::{EventType, IssuedWebhookSecret, WebhookDetail, WebhookForm, WebhookSummary},
};
use coffer_core::{audit::EventCode, ids::WebhookId, webhook::Webhook};
use coffer_crypto::Sealed;
use coffer_webhooks::Secrets;

use crate::{Editor, Signed, failure, tidy};

impl Signed {
    /// A page of the webhooks, the newest first.
    pub async fn list_webhooks(
        &self,
        search: &str,
        after: Option<&str>,
    ) -> Result<Page<WebhookSummary>, ApiError> {
        let page = self.store().webhooks().list(search, after, PAGE_SIZE).await;
        let page = page.map_err(|e| self.visit.store_failed(e))?;
        Ok(page.map(|webhook| WebhookSummary {
            state: webhook.state(),
            id: webhook.id.to_string(),
            url: webhook.url,
            description: webhook.description,
            types: webhook.types,
        }))
    }

    /// One webhook.
    pub async fn webhook(&self, id: &str) -> Result<WebhookDetail, ApiError> {
        Ok(detail(self.find_webhook(id).await?))
    }
}

impl Editor {
    /// Creates a webhook. The answer is the only one that has its secret, besides
    /// [`Signed::rotate_webhook_secret`]'s.
    pub async fn create_webhook(&self, form: WebhookForm) -> Result<IssuedWebhookSecret, ApiError> {
        let form = checked(form)?;
        let (now, rng) = (self.visit.now(), self.admin().rng.as_ref());
        let webhook = Webhook {
            id: WebhookId::generate(rng),
            url: form.url,
            description: form.description,
            types: form.types,
            enabled: form.enabled,
            given_up: None,
            failing_since: None,
            secret_replaced_at: now,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let secrets = Secrets::generate(rng);
        let sealed = secrets.seal(&self.admin().keyring, rng, &webhook.id);
        let sealed = sealed.map_err(|e| self.visit.failed(e))?;
        let event =
            self.event(EventCode::WebhookCreated, format!("The webhook to {} was created.", webhook.host()));
        let created = self.store().webhooks().create(&webhook, &sealed, event).await;
        created.map_err(|e| self.visit.store_failed(e))?;
        Ok(issued(&webhook.id, &secrets))
    }

    /// Changes a webhook, unless it has changed since `version`. Switching it on forgets earlier failures.
    pub async fn update_webhook(
        &self,
        id: &str,
        form: WebhookForm,
        version: i64,
    ) -> Result<WebhookDetail, ApiError> {
        let before = self.find_webhook(id).await?;
        let form = checked(form)?;
        let switched_on = form.enabled && !before.enabled;
        let after = Webhook {
            url: form.url,
            description: form.description,
            types: form.types,
            enabled: form.enabled,
            given_up: before.given_up.clone().filter(|_| !form.enabled),
            failing_since: before.failing_since.filter(|_| !switched_on),
            updated_at: self.visit.now(),
            version: version.saturating_add(1),
            ..before.clone()
        };
        let text = format!("The webhook to {} was changed: {}.", after.host(), changes(&before, &after));
        let event = self.event(EventCode::WebhookUpdated, text);
        let updated = self.store().webhooks().update(&after, version, event).await;
        updated.map_err(|e| self.visit.store_failed(e))?;
        Ok(detail(after))
    }

    /// Replaces the secret. The old one signs too for a day. The answer is the only one that has it.
    pub async fn rotate_webhook_secret(&self, id: &str) -> Result<IssuedWebhookSecret, ApiError> {
        let id = WebhookId::from_text(id);
        let (mut webhook, mut old) = self.webhook_and_secrets(&id).await?;
        loop {
            if let Some(secrets) = self.replace_webhook_secret(&webhook, &old).await? {
                return Ok(issued(&id, &secrets));
            }
            let before = webhook.secret_replaced_at;
            (webhook, old) = self.webhook_and_secrets(&id).await?;
            // Where it is the same one, it was sealed anew under another key in between.
            if webhook.secret_replaced_at != before {
                return Err(ApiError::Conflict {
                    message: "The secret was replaced at the same moment by somebody else. Try again."
                        .to_owned(),
                });
            }
        }
    }

    async fn webhook_and_secrets(&self, id: &WebhookId) -> Result<(Webhook, Sealed), ApiError> {
        let found = self.store().webhooks().with_secrets(id).await;
        found.map_err(|e| self.visit.store_failed(e))?.ok_or_else(|| failure::not_found("webhook"))
    }

    /// `None` where what is stored is not `old` any more.
    async fn replace_webhook_secret(
        &self,
        webhook: &Webhook,
        old: &Sealed,
    ) -> Result<Option<Secrets>, ApiError> {
        let (admin, now, id) = (self.admin(), self.visit.now(), &webhook.id);
        let secrets = Secrets::open(&admin.keyring, id, old).await.map_err(|e| self.visit.failed(e))?;
        let secrets = secrets.rotated(admin.rng.as_ref(), now);
        let sealed = secrets.seal(&admin.keyring, admin.rng.as_ref(), id);
        let sealed = sealed.map_err(|e| self.visit.failed(e))?;
        let text = format!("The signing secret of the webhook to {} was replaced.", webhook.host());
        let event = self.event(EventCode::WebhookSecretRotated, text);
        let replaced = self.store().webhooks().replace_secrets(id, old, &sealed, now, event).await;
        Ok(replaced.map_err(|e| self.visit.store_failed(e))?.then_some(secrets))
    }

    /// Deletes a webhook with its deliveries.
    pub async fn delete_webhook(&self, id: &str) -> Result<(), ApiError> {
        let webhook = self.find_webhook(id).await?;
        let event =
            self.event(EventCode::WebhookDeleted, format!("The webhook to {} was deleted.", webhook.host()));
        let deleted = self.store().webhooks().delete(&webhook.id, event).await;
        if deleted.map_err(|e| self.visit.store_failed(e))? {
            Ok(())
        } else {
            Err(failure::not_found("webhook"))
        }
    }
}

impl Signed {
    pub(crate) async fn find_webhook(&self, id: &str) -> Result<Webhook, ApiError> {
        let found = self.store().webhooks().get(&WebhookId::from_text(id)).await;
        found.map_err(|e| self.visit.store_failed(e))?.ok_or_else(|| failure::not_found("webhook"))
    }
}

fn checked(form: WebhookForm) -> Result<WebhookForm, ApiError> {
    let form = tidy::webhook(form);
    let fields = form.validate();
    if fields.is_empty() { Ok(form) } else { Err(ApiError::Invalid { fields }) }
}

fn issued(id: &WebhookId, secrets: &Secrets) -> IssuedWebhookSecret {
    IssuedWebhookSecret { id: id.to_string(), secret: secrets.current().reveal().to_owned() }
}

fn detail(webhook: Webhook) -> WebhookDetail {
    WebhookDetail {
        state: webhook.state(),
        id: webhook.id.to_string(),
        form: WebhookForm {
            url: webhook.url,
            description: webhook.description,
            types: webhook.types,
            enabled: webhook.enabled,
        },
        secret_replaced_at: webhook.secret_replaced_at,
        created_at: webhook.created_at,
        version: webhook.version,
    }
}

/// What differs, for the log.
fn changes(before: &Webhook, after: &Webhook) -> String {
    let types = |webhook: &Webhook| webhook.types.iter().map(|t| EventType::code(*t)).collect::<Vec<_>>();
    let changed: Vec<&str> = [
        (before.url != after.url, "address"),
        (before.description != after.description, "description"),
        (types(before) != types(after), "events"),
        (!before.enabled && after.enabled, "switched on"),
        (before.enabled && !after.enabled, "switched off"),
    ]
    .into_iter()
    .filter_map(|(differs, name)| differs.then_some(name))
    .collect();
    if changed.is_empty() { "nothing differs".to_owned() } else { changed.join(", ") }
}
