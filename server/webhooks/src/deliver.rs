//! The worker: what is due is claimed, signed, posted, and what came of it is written.

use std::{sync::PoisonError, time::Duration};

use coffer_contract::webhook::Attempt;
use coffer_core::{
    Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    webhook::{Delivery, Webhook},
};
use coffer_crypto::Sealed;
use coffer_federation::OutboundError;
use futures::future::join_all;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{Inner, Secrets, WebhookError, Webhooks, schedule, signature::sign};

/// Deliveries to one webhook that are under way at once: a receiver that hangs holds up nobody else.
const AT_ONCE: u64 = 8;
/// Pause between two looks for what is due.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long a claim holds, in seconds: longer than any request may take.
const LEASE_SECONDS: i64 = 120;
/// A webhook is switched off when nothing arrived for this long, in seconds: five days.
const GIVE_UP_SECONDS: i64 = 5 * 24 * 3600;

impl Webhooks {
    /// Delivers until told to stop; then ends what is under way.
    pub async fn run(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.start_due().await {
                tracing::warn!(%error, "deliveries to webhooks could not be begun");
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.0.to_deliver.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Makes the deliveries that are due, up to [`AT_ONCE`] of each webhook. Returns how many attempts were made.
    pub async fn deliver_due(&self) -> Result<usize, WebhookError> {
        let due = self.0.store.webhooks().due(self.0.clock.now()).await?;
        let counts = join_all(due.iter().map(|(webhook, sealed)| self.0.work_off(webhook, sealed))).await;
        counts.into_iter().sum()
    }

    /// Begins the deliveries of every webhook that has some due and that no task of this process is busy with.
    async fn start_due(&self) -> Result<(), WebhookError> {
        for (webhook, sealed) in self.0.store.webhooks().due(self.0.clock.now()).await? {
            let Some(busy) = Busy::with(self, &webhook) else { continue };
            self.0.tasks.spawn(async move {
                match busy.hooks.0.work_off(&webhook, &sealed).await {
                    Ok(0) => {}
                    // There may be more.
                    Ok(_) => busy.hooks.wake(),
                    Err(error) => {
                        tracing::warn!(%error, webhook = %webhook.id, "deliveries could not be made");
                    }
                }
            });
        }
        Ok(())
    }
}

/// Marks a webhook as being worked on, until dropped.
struct Busy {
    hooks: Webhooks,
    id: String,
}

impl Busy {
    fn with(hooks: &Webhooks, webhook: &Webhook) -> Option<Self> {
        let id = webhook.id.to_string();
        let free = hooks.0.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        free.then(|| Self { hooks: hooks.clone(), id })
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.hooks.0.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// What came of a request: an answer, or the reason why there is none; and when the receiver wants to be asked
/// again.
struct Outcome {
    attempt: Attempt,
    retry_after: Option<u64>,
}

impl Inner {
    async fn work_off(&self, webhook: &Webhook, sealed: &Sealed) -> Result<usize, WebhookError> {
        let now = self.clock.now();
        let until = now.plus_seconds(LEASE_SECONDS);
        let claimed = self.store.deliveries().claim(&webhook.id, now, until, AT_ONCE).await?;
        let secrets = Secrets::open(&self.keyring, &webhook.id, sealed).await?;
        let count = claimed.len();
        let attempts = claimed.into_iter().map(|delivery| self.attempt(webhook, &secrets, delivery));
        join_all(attempts).await.into_iter().collect::<Result<(), _>>()?;
        Ok(count)
    }

    async fn attempt(
        &self,
        webhook: &Webhook,
        secrets: &Secrets,
        delivery: Delivery,
    ) -> Result<(), WebhookError> {
        let Outcome { attempt, retry_after } = self.post(webhook, secrets, &delivery).await;
        let now = self.clock.now();
        let gone = attempt.status == Some(410);
        let pause = schedule::pause(delivery.failures, retry_after, self.rng.as_ref()).filter(|_| !gone);
        let after = delivery.after(attempt, now, pause.map(|millis| now.plus_millis(millis)));
        let Some(webhook) = self.store.deliveries().settle(&after, now).await? else {
            // Switched off or deleted meanwhile, or the lease ended.
            return Ok(());
        };
        let days = |since: Timestamp| now >= since.plus_seconds(GIVE_UP_SECONDS);
        match webhook.failing_since {
            _ if gone => {
                self.give_up(&webhook, "The receiver answered that it is gone (status 410)", now).await
            }
            Some(since) if days(since) => {
                let reason = format!("No delivery arrived since {}", since.readable());
                self.give_up(&webhook, &reason, now).await
            }
            _ => Ok(()),
        }
    }

    async fn post(&self, webhook: &Webhook, secrets: &Secrets, delivery: &Delivery) -> Outcome {
        let at = self.clock.now();
        let headers = [
            ("webhook-id", delivery.id.to_string()),
            ("webhook-timestamp", at.seconds().to_string()),
            ("webhook-signature", sign(secrets.signing(at), &delivery.id, at, &delivery.payload)),
        ];
        let answer = match Url::parse(&webhook.url) {
            Ok(url) => self.federation.notify(&url, &headers, delivery.payload.clone()).await,
            Err(_) => Err(OutboundError::Failed(webhook.host())),
        };
        let took = self.clock.now().millis().saturating_sub(at.millis());
        match answer {
            Ok(answer) => Outcome {
                attempt: Attempt { at, took, status: Some(answer.status), note: answer.beginning },
                retry_after: answer.retry_after,
            },
            Err(error) => Outcome {
                attempt: Attempt { at, took, status: None, note: error.to_string() },
                retry_after: None,
            },
        }
    }

    async fn give_up(&self, webhook: &Webhook, reason: &str, now: Timestamp) -> Result<(), WebhookError> {
        let text = format!("The webhook to {} was switched off. {reason}.", webhook.host());
        let event = AuditEvent::new(now, EventCode::WebhookGivenUp, Actor::System, text);
        if self.store.webhooks().give_up(&webhook.id, &format!("{reason}."), now, event).await? {
            tracing::warn!(webhook = %webhook.id, %reason, "a webhook was switched off");
        }
        Ok(())
    }
}
