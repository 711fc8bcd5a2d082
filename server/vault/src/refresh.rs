//! The fenced refresh: a rotating refresh token has at most one spender, across processes.

use std::sync::Arc;
use std::time::Duration;

use coffer_core::{
    Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    connection::Connection,
    ids::{ClientId, TokenSetId},
    token_set::{TokenSet, TokenSetState},
};
use coffer_crypto::{Sealed, Secret};
use coffer_federation::{ProviderTokens, RefreshError, Upstream};

use crate::{Inner, ReleaseError, Vault, VaultError, tokens::Tokens};

/// Seconds for which a claim holds. Longer than the provider's whole answer may take, so a live
/// holder is always done before another may claim.
const LEASE_SECONDS: i64 = 60;
/// Seconds that a caller waits for another process's refresh.
const WAIT_SECONDS: u64 = 20;
/// Pause between two looks at another process's refresh.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Longest pause between attempts after transient failures, in seconds.
const BACK_OFF_LIMIT: i64 = 32;
/// Pause between attempts to write a provider's answer that the database did not take.
const WRITE_AGAIN: Duration = Duration::from_millis(250);

type Opened = (TokenSet, Tokens);

/// What a look at the row says.
enum Look {
    /// It can be released as it is.
    Done(Opened),
    /// It is claimed by this process, under this fence.
    Claimed(TokenSet, Secret, i64),
    /// Another process works on it.
    Busy,
}

impl Vault {
    /// The token set with an access token that is fresh, or at least alive where the provider
    /// cannot be asked. Runs to its end even if the caller goes away: a rotated token must be written.
    /// `client_id` caused it, and stands in the audit event.
    pub(crate) async fn refresh(
        &self,
        connection: &Connection,
        id: &TokenSetId,
        client_id: &ClientId,
    ) -> Result<Opened, ReleaseError> {
        let (inner, connection, id) = (Arc::clone(&self.0), connection.clone(), id.clone());
        let client_id = client_id.clone();
        let work = self.0.tasks.spawn(async move { inner.refresh(&connection, &id, &client_id).await });
        work.await.map_err(|_| VaultError::Stopped)?
    }
}

impl Inner {
    async fn refresh(
        &self,
        connection: &Connection,
        id: &TokenSetId,
        client_id: &ClientId,
    ) -> Result<Opened, ReleaseError> {
        let _alone = self.collapse.enter(id).await;
        let patience = tokio::time::Instant::now() + Duration::from_secs(WAIT_SECONDS);
        loop {
            match self.look(id).await? {
                Look::Done(opened) => return Ok(opened),
                Look::Claimed(set, refresh_token, fence) => {
                    if let Some(opened) = self.spend(connection, client_id, set, refresh_token, fence).await?
                    {
                        return Ok(opened);
                    }
                    // The fence was lost to a new consent: its tokens are read in the next round.
                }
                Look::Busy if tokio::time::Instant::now() < patience => tokio::time::sleep(LOOK_AGAIN).await,
                Look::Busy => {
                    let reason = "another process is refreshing the token".to_owned();
                    return Err(ReleaseError::Unavailable { reason, retry_after: 1 });
                }
            }
        }
    }

    /// Reads the row again and claims it if it still needs a refresh.
    async fn look(&self, id: &TokenSetId) -> Result<Look, ReleaseError> {
        let sets = self.store.token_sets();
        let Some((set, sealed)) = sets.with_tokens(id).await.map_err(VaultError::from)? else {
            return Err(ReleaseError::NoAccount);
        };
        if let TokenSetState::NeedsConsent(reason) = set.state {
            return Err(ReleaseError::Revoked(reason));
        }
        let now = self.clock.now();
        let tokens = self.open(id, &sealed)?;
        if set.is_fresh(now) {
            return Ok(Look::Done((set, tokens)));
        }
        let Some(refresh_token) = tokens.refresh_token.clone() else {
            return if set.is_alive(now) {
                Ok(Look::Done((set, tokens)))
            } else {
                Err(ReleaseError::NoRefreshToken)
            };
        };
        if let Some(retry_at) = set.retry_at.filter(|at| now < *at) {
            return unavailable(set, tokens, now, retry_at, "waiting after an earlier failure")
                .map(Look::Done);
        }
        let lease_until = now.plus_seconds(LEASE_SECONDS);
        match sets.claim(id, set.generation, now, lease_until).await.map_err(VaultError::from)? {
            Some(fence) => Ok(Look::Claimed(set, refresh_token, fence)),
            None => Ok(Look::Busy),
        }
    }

    /// Calls the provider and writes its answer. `None` when the fence was lost meanwhile.
    async fn spend(
        &self,
        connection: &Connection,
        client_id: &ClientId,
        set: TokenSet,
        refresh_token: Secret,
        fence: i64,
    ) -> Result<Option<Opened>, ReleaseError> {
        let client_secret = self.client_secret(connection).await?;
        let upstream =
            Upstream { connection, client_secret: client_secret.as_ref(), redirect_uri: &self.callback_url };
        let asked_at = self.clock.now();
        let answer = self.federation.refresh(&upstream, &refresh_token, asked_at).await;
        let event = |code, text: String| {
            AuditEvent::new(self.clock.now(), code, Actor::System, text)
                .client(client_id)
                .connection(&connection.name)
                .user(&set.user_id)
        };
        let account = &set.provider_user_id;
        let (reason, pause) = match answer {
            Ok(tokens) => {
                let event =
                    event(EventCode::VaultRefreshed, format!("Refreshed the token of account {account}."));
                return self.write(set, refresh_token, tokens, asked_at, fence, event).await;
            }
            Err(RefreshError::Revoked { code, description }) => {
                let reason = match description {
                    Some(description) => format!("{code}: {description}"),
                    None => code,
                };
                let text = format!("The provider refused to refresh account {account} for good ({reason}).");
                let event = event(EventCode::VaultNeedsConsent, text);
                let at = self.clock.now();
                let held = self.store.token_sets().needs_consent(&set.id, fence, &reason, at, event).await;
                return if held.map_err(VaultError::from)? {
                    Err(ReleaseError::Revoked(reason))
                } else {
                    Ok(None)
                };
            }
            Err(RefreshError::Transient { reason, retry_after }) => (reason, retry_after),
            Err(RefreshError::Misconfigured { reason }) => (reason, None),
        };
        let failures = set.failures.saturating_add(1);
        let back_off = (1i64 << (failures - 1).clamp(0, 5)).min(BACK_OFF_LIMIT);
        let pause = pause.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(0).clamp(back_off, 3600);
        let now = self.clock.now();
        let retry_at = now.plus_seconds(pause);
        let text =
            format!("Could not refresh the token of account {account}: {reason}. Nothing was discarded.");
        let event = event(EventCode::VaultRefreshFailed, text);
        let held = self.store.token_sets().fail_refresh(&set.id, fence, failures, retry_at, event).await;
        if !held.map_err(VaultError::from)? {
            return Ok(None);
        }
        let tokens = self.current(&set.id).await?;
        unavailable(set, tokens, now, retry_at, &reason).map(Some)
    }

    /// Writes the provider's answer. The old refresh token may be spent by now, so a database that
    /// does not take the new one is tried again for as long as the claim holds.
    async fn write(
        &self,
        set: TokenSet,
        spent: Secret,
        answer: ProviderTokens,
        asked_at: Timestamp,
        fence: i64,
        event: AuditEvent,
    ) -> Result<Option<Opened>, ReleaseError> {
        let tokens = Tokens {
            access_token: answer.access_token,
            // A provider that does not rotate repeats nothing: the token stays good (RFC 6749 section 6).
            refresh_token: Some(answer.refresh_token.unwrap_or(spent)),
        };
        let renewed = TokenSet {
            scopes: answer.scopes.unwrap_or_else(|| set.scopes.clone()),
            obtained_at: asked_at,
            access_expires_at: answer.expires_in.map(|seconds| asked_at.plus_seconds(seconds)),
            has_refresh_token: true,
            fence,
            failures: 0,
            retry_at: None,
            updated_at: asked_at,
            ..set
        };
        let sealed: Sealed = self.seal(&renewed.id, &tokens)?;
        let give_up = tokio::time::Instant::now() + Duration::from_secs(LEASE_SECONDS.unsigned_abs() / 2);
        loop {
            match self.store.token_sets().commit_refresh(&renewed, &sealed, event.clone()).await {
                Ok(true) => return Ok(Some((renewed, tokens))),
                Ok(false) => return Ok(None),
                Err(error) if tokio::time::Instant::now() < give_up => {
                    tracing::warn!(%error, account = %renewed.id, "a refreshed token could not be written yet");
                    tokio::time::sleep(WRITE_AGAIN).await;
                }
                Err(error) => {
                    tracing::error!(%error, account = %renewed.id, "a refreshed token could not be written");
                    return Err(VaultError::from(error).into());
                }
            }
        }
    }

    async fn current(&self, id: &TokenSetId) -> Result<Tokens, ReleaseError> {
        match self.store.token_sets().with_tokens(id).await.map_err(VaultError::from)? {
            Some((_, sealed)) => Ok(self.open(id, &sealed)?),
            None => Err(ReleaseError::NoAccount),
        }
    }
}

/// The provider cannot be asked: an access token that still lives is good enough.
fn unavailable(
    set: TokenSet,
    tokens: Tokens,
    now: Timestamp,
    retry_at: Timestamp,
    reason: &str,
) -> Result<Opened, ReleaseError> {
    if set.is_alive(now) {
        return Ok((set, tokens));
    }
    let retry_after = (retry_at.millis() - now.millis()).max(0).unsigned_abs().div_ceil(1000).max(1);
    Err(ReleaseError::Unavailable { reason: reason.to_owned(), retry_after })
}
