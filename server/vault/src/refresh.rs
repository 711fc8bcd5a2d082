//! The fenced refresh: a rotating refresh token has at most one spender, across processes.

use std::sync::Arc;
use std::time::Duration;

use coffer_core::{
    Scopes, TRACES, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    connection::Connection,
    ids::{ClientId, TokenSetId},
    token_set::{TokenSet, TokenSetState},
};
use coffer_crypto::{Sealed, Secret};
use coffer_federation::{ProviderTokens, RefreshError, Upstream};
use tracing::Instrument as _;

use crate::{Inner, ReleaseError, Vault, VaultError, tokens::Tokens};

/// A claim holds for as long as so many requests may take at most, and a little longer: finding out where the provider
/// is, asking it, and writing the answer. A live holder is always done before another may claim.
const LEASE_REQUESTS: u32 = 4;
/// That little.
const LEASE_MARGIN: Duration = Duration::from_secs(5);
/// Seconds that a caller waits for another process's refresh.
const WAIT_SECONDS: u64 = 20;
/// Pause between two looks at another process's refresh.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Longest pause between attempts after transient failures, in seconds.
const BACK_OFF_LIMIT: i64 = 32;
/// Longest pause that a provider may ask for, in seconds.
const PAUSE_LIMIT: i64 = 3600;
/// Pause between attempts to write a provider's answer that the database did not take.
const WRITE_AGAIN: Duration = Duration::from_millis(250);

/// A token set with its tokens in clear.
pub(crate) type Opened = (TokenSet, Tokens);

/// What a refresh is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// The account's access token is to be fresh again.
    Renew,
    /// An access token with these scopes alone; the account's own stays.
    Narrow(Scopes),
}

/// A claimed row.
struct Held {
    set: TokenSet,
    tokens: Tokens,
    refresh_token: Secret,
    fence: i64,
}

/// What a look at the row says.
enum Look {
    /// It can be released as it is.
    Done(Opened),
    /// It is claimed by this process, under this fence.
    Claimed(TokenSet, Tokens, Secret, i64),
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
        goal: Goal,
    ) -> Result<Opened, ReleaseError> {
        let (inner, connection, id) = (Arc::clone(&self.0), connection.clone(), id.clone());
        let client_id = client_id.clone();
        let span = tracing::info_span!(target: TRACES, "refresh", coffer.connection = connection.name);
        let work = async move { inner.refresh(&connection, &id, &client_id, &goal).await };
        let work = self.0.tasks.spawn(work.instrument(span.or_current()));
        work.await.map_err(|_| VaultError::Stopped)?
    }
}

impl Inner {
    /// For how long a claim holds.
    fn lease(&self) -> Duration {
        self.federation.timeout() * LEASE_REQUESTS + LEASE_MARGIN
    }

    async fn refresh(
        &self,
        connection: &Connection,
        id: &TokenSetId,
        client_id: &ClientId,
        goal: &Goal,
    ) -> Result<Opened, ReleaseError> {
        let _alone = self.collapse.enter(id).await;
        let patience = tokio::time::Instant::now() + Duration::from_secs(WAIT_SECONDS);
        loop {
            match self.look(id, goal).await? {
                Look::Done(opened) => return Ok(opened),
                Look::Claimed(set, tokens, refresh_token, fence) => {
                    let held = Held { set, tokens, refresh_token, fence };
                    if let Some(opened) = self.spend(connection, client_id, held, goal).await? {
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
    async fn look(&self, id: &TokenSetId, goal: &Goal) -> Result<Look, ReleaseError> {
        let sets = self.store.token_sets();
        let Some((set, sealed)) = sets.with_tokens(id).await.map_err(VaultError::from)? else {
            return Err(ReleaseError::NoAccount);
        };
        if let TokenSetState::NeedsConsent(reason) = set.state {
            return Err(ReleaseError::Revoked(reason));
        }
        let now = self.clock.now();
        let tokens = self.open(id, &sealed).await?;
        if *goal == Goal::Renew && set.is_fresh(now) {
            return Ok(Look::Done((set, tokens)));
        }
        let Some(refresh_token) = tokens.refresh_token.clone() else {
            return if *goal == Goal::Renew && set.is_alive(now) {
                Ok(Look::Done((set, tokens)))
            } else {
                Err(ReleaseError::NoRefreshToken)
            };
        };
        // One that is further away was noted when the clock was ahead.
        let waiting = |at: &Timestamp| now < *at && *at <= now.plus_seconds(PAUSE_LIMIT);
        if let Some(retry_at) = set.retry_at.filter(waiting) {
            return unavailable(set, tokens, goal, now, retry_at, "waiting after an earlier failure")
                .map(Look::Done);
        }
        let lease_until = now.plus_seconds(i64::try_from(self.lease().as_secs()).unwrap_or(i64::MAX));
        match sets.claim(id, set.generation, now, lease_until).await.map_err(VaultError::from)? {
            Some(fence) => Ok(Look::Claimed(set, tokens, refresh_token, fence)),
            None => Ok(Look::Busy),
        }
    }

    /// Calls the provider and writes its answer. `None` when the fence was lost meanwhile.
    async fn spend(
        &self,
        connection: &Connection,
        client_id: &ClientId,
        held: Held,
        goal: &Goal,
    ) -> Result<Option<Opened>, ReleaseError> {
        let client_secret = self.client_secret(connection).await?;
        let upstream =
            Upstream { connection, client_secret: client_secret.as_ref(), redirect_uri: &self.callback_url };
        let asked_at = self.clock.now();
        let scopes = match goal {
            Goal::Renew => None,
            Goal::Narrow(scopes) => Some(scopes),
        };
        let answer = self.federation.refresh(&upstream, &held.refresh_token, scopes).await;
        let (set, fence) = (&held.set, held.fence);
        let event = |code, text: String| {
            AuditEvent::new(self.clock.now(), code, Actor::System, text)
                .client(client_id)
                .connection(&connection.name)
                .user(&set.user_id)
                .account(&set.id)
        };
        let account = &set.provider_user_id;
        let (reason, pause) = match answer {
            Ok(tokens) => {
                let event =
                    event(EventCode::VaultRefreshed, format!("Refreshed the token of account {account}."));
                return self.write(held, tokens, asked_at, goal, event).await;
            }
            Err(RefreshError::Revoked { code, description }) => {
                let reason = match description {
                    Some(description) => format!("{code}: {description}"),
                    None => code,
                };
                let text = format!("The provider refused to refresh account {account} for good ({reason}).");
                let event = event(EventCode::VaultNeedsConsent, text);
                let at = self.clock.now();
                let marked = self.store.token_sets().needs_consent(&set.id, fence, &reason, at, event).await;
                return if marked.map_err(VaultError::from)? {
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
        let pause =
            pause.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(0).clamp(back_off, PAUSE_LIMIT);
        let now = self.clock.now();
        let retry_at = now.plus_seconds(pause);
        let text =
            format!("Could not refresh the token of account {account}: {reason}. Nothing was discarded.");
        let event = event(EventCode::VaultRefreshFailed, text);
        let noted = self.store.token_sets().fail_refresh(&set.id, fence, failures, retry_at, event).await;
        if !noted.map_err(VaultError::from)? {
            return Ok(None);
        }
        let tokens = self.current(&set.id).await?;
        unavailable(held.set, tokens, goal, now, retry_at, &reason).map(Some)
    }

    /// Writes the provider's answer. The old refresh token may be spent by now, so a database that
    /// does not take the new one is tried again for as long as the claim holds.
    async fn write(
        &self,
        held: Held,
        answer: ProviderTokens,
        asked_at: Timestamp,
        goal: &Goal,
        event: AuditEvent,
    ) -> Result<Option<Opened>, ReleaseError> {
        let Held { set, tokens: old, refresh_token: spent, fence } = held;
        // A provider that does not rotate repeats nothing: the token stays good (RFC 6749 section 6).
        let refresh_token = Some(answer.refresh_token.unwrap_or(spent));
        let tokens = Tokens { access_token: answer.access_token, refresh_token: refresh_token.clone() };
        let refresh_expires_at = answer.refresh_expires_in.map(|seconds| asked_at.plus_seconds(seconds));
        let kept = TokenSet {
            has_refresh_token: true,
            refresh_expires_at: refresh_expires_at.or(set.refresh_expires_at),
            fence,
            failures: 0,
            retry_at: None,
            updated_at: asked_at,
            ..set
        };
        let granted = match goal {
            Goal::Renew => kept.scopes.clone(),
            Goal::Narrow(scopes) => scopes.clone(),
        };
        let fresh = TokenSet {
            scopes: answer.scopes.unwrap_or(granted),
            obtained_at: asked_at,
            access_expires_at: answer.expires_in.map(|seconds| asked_at.plus_seconds(seconds)),
            ..kept.clone()
        };
        // A narrower token is the caller's alone: of it the account keeps the refresh token.
        let (renewed, sealed): (TokenSet, Sealed) = match goal {
            Goal::Renew => (fresh.clone(), self.seal(&fresh.id, &tokens)?),
            Goal::Narrow(_) => {
                let sealed =
                    self.seal(&kept.id, &Tokens { access_token: old.access_token, refresh_token })?;
                (kept, sealed)
            }
        };
        let give_up = tokio::time::Instant::now() + self.lease() / 2;
        loop {
            match self.store.token_sets().commit_refresh(&renewed, &sealed, event.clone()).await {
                Ok(true) => return Ok(Some((fresh, tokens))),
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
            Some((_, sealed)) => Ok(self.open(id, &sealed).await?),
            None => Err(ReleaseError::NoAccount),
        }
    }
}

/// The provider cannot be asked: an access token that still lives is good enough.
fn unavailable(
    set: TokenSet,
    tokens: Tokens,
    goal: &Goal,
    now: Timestamp,
    retry_at: Timestamp,
    reason: &str,
) -> Result<Opened, ReleaseError> {
    if *goal == Goal::Renew && set.is_alive(now) {
        return Ok((set, tokens));
    }
    let retry_after = (retry_at.millis() - now.millis()).max(0).unsigned_abs().div_ceil(1000).max(1);
    Err(ReleaseError::Unavailable { reason: reason.to_owned(), retry_after })
}
