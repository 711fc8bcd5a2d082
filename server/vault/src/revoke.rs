//! Accounts that go: the stored set is gone at once, and what the user granted is taken back at the
//! provider in the background, tried again until the provider has answered.

use std::time::Duration;

use coffer_core::{
    Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    connection::Connection,
    ids::RevocationId,
    token_set::TokenSet,
};
use coffer_crypto::{Context, Sealed, Secret};
use coffer_federation::{RevokeError, Upstream};
use coffer_store::Revocation;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::{Vault, VaultError};

/// Revocations that are taken up at once.
const AT_ONCE: u64 = 50;
/// Pause between two looks for what is due.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// Seconds until the next attempt, after each one that failed: from half a minute to a day.
const PAUSES: [i64; 7] = [30, 120, 600, 3600, 6 * 3600, 12 * 3600, 24 * 3600];

/// All that a revocation needs, since connection and account may be gone when it is made.
#[derive(Serialize, Deserialize)]
struct Plain {
    connection: Connection,
    client_secret: Option<String>,
    access_token: String,
    access_expires_at: Option<Timestamp>,
    refresh_token: Option<String>,
}

fn context(id: &RevocationId) -> Context<'_> {
    Context { table: "revocations", row: id.as_str(), column: "request" }
}

impl Vault {
    /// What has to be revoked when these accounts of `connection` go. Written by whoever deletes them,
    /// in the same transaction; call [`Vault::wake_revoker`] afterwards.
    pub async fn revocations(
        &self,
        connection: &Connection,
        accounts: Vec<(TokenSet, Sealed)>,
    ) -> Result<Vec<Revocation>, VaultError> {
        let inner = &self.0;
        let client_secret = inner.client_secret(connection).await?;
        let mut revocations = Vec::with_capacity(accounts.len());
        for (set, sealed) in accounts {
            let tokens = inner.open(&set.id, &sealed).await?;
            let id = RevocationId::generate(inner.rng.as_ref());
            let plain = Plain {
                connection: connection.clone(),
                client_secret: client_secret.as_ref().map(|secret| secret.reveal().to_owned()),
                access_token: tokens.access_token.reveal().to_owned(),
                access_expires_at: set.access_expires_at,
                refresh_token: tokens.refresh_token.map(|token| token.reveal().to_owned()),
            };
            let plain = serde_json::to_vec(&plain).map_err(|_| VaultError::Format(id.to_string()))?;
            revocations.push(Revocation {
                request: inner.keyring.seal(inner.rng.as_ref(), context(&id), &Zeroizing::new(plain)),
                id,
                connection: connection.name.clone(),
                user_id: set.user_id,
                account: set.provider_user_id,
                attempts: 0,
                due_at: inner.clock.now(),
            });
        }
        Ok(revocations)
    }

    /// Deletes an account of its user, and has it revoked at the provider. False when it is gone already.
    pub async fn disconnect(
        &self,
        connection: &Connection,
        set: &TokenSet,
        event: AuditEvent,
    ) -> Result<bool, VaultError> {
        let sets = self.0.store.token_sets();
        let Some(found) = sets.with_tokens(&set.id).await? else { return Ok(false) };
        let revocation = self.revocations(connection, vec![found]).await?.pop();
        let deleted = sets.delete(&set.id, &set.user_id, revocation, event).await?;
        self.wake_revoker();
        Ok(deleted)
    }

    /// Has the revoker look at once.
    pub fn wake_revoker(&self) {
        self.0.to_revoke.notify_one();
    }

    /// Works off revocations until told to stop.
    pub async fn run_revoker(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.revoke_due().await {
                tracing::warn!(%error, "revocations could not be worked off");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.0.to_revoke.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Makes the revocations that are due. Returns how many were looked at.
    pub async fn revoke_due(&self) -> Result<usize, VaultError> {
        let revocations = self.0.store.revocations();
        let due = revocations.due(self.0.clock.now(), AT_ONCE).await?;
        let count = due.len();
        for revocation in due {
            let attempt = usize::try_from(revocation.attempts).unwrap_or(PAUSES.len());
            let pause = PAUSES.get(attempt).copied();
            let next = self.0.clock.now().plus_seconds(pause.unwrap_or(PAUSES[PAUSES.len() - 1]));
            if !revocations.claim(&revocation, next).await? {
                continue;
            }
            self.revoke(&revocation, pause.is_none()).await?;
        }
        Ok(count)
    }

    async fn revoke(&self, revocation: &Revocation, last: bool) -> Result<(), VaultError> {
        let inner = &self.0;
        let place = || format!("revocations/{}", revocation.id);
        let plain = inner
            .keyring
            .open(context(&revocation.id), &revocation.request)
            .await
            .map_err(|source| VaultError::Sealed { place: place(), source })?;
        let plain: Plain = serde_json::from_slice(&plain).map_err(|_| VaultError::Format(place()))?;
        let secret = plain.client_secret.map(Secret::new);
        let upstream = Upstream {
            connection: &plain.connection,
            client_secret: secret.as_ref(),
            redirect_uri: &inner.callback_url,
        };
        let refresh_token = plain.refresh_token.map(Secret::new);
        let access_token = Secret::new(plain.access_token);
        let ended = plain.access_expires_at.is_some_and(|end| end <= inner.clock.now());
        let outcome = inner.federation.revoke(&upstream, &access_token, refresh_token.as_ref(), ended).await;
        let event = |code, text: String| {
            AuditEvent::new(inner.clock.now(), code, Actor::System, text)
                .connection(&revocation.connection)
                .user(&revocation.user_id)
        };
        let account = &revocation.account;
        let event = match outcome {
            Ok(true) => {
                let text = format!("The provider took back the access to account {account}.");
                Some(event(EventCode::VaultRevoked, text))
            }
            // Nothing to do there: the provider has no endpoint for it.
            Ok(false) => None,
            Err(RevokeError::Transient(reason)) if !last => {
                tracing::info!(%reason, connection = %revocation.connection, "a revocation is tried again later");
                return Ok(());
            }
            Err(RevokeError::Transient(reason) | RevokeError::Refused(reason)) => {
                let text = format!(
                    "The access to account {account} could not be taken back at the provider: {reason}."
                );
                Some(event(EventCode::VaultRevokeFailed, text))
            }
        };
        Ok(inner.store.revocations().finish(&revocation.id, event).await?)
    }
}
