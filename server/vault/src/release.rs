//! Handing out a fresh access token.

use coffer_core::{
    Scopes,
    audit::{Actor, AuditEvent, EventCode},
    connection::Connection,
    ids::{ClientId, UserId},
    token_set::{TokenSet, TokenSetState},
};
use coffer_crypto::{Sealed, Secret, TokenHash};
use coffer_store::{Again, Basis};
use thiserror::Error;

use crate::{
    Vault, VaultError, narrow,
    refresh::{Goal, Opened},
};

/// Who wants what. The caller has checked that the client may have it.
#[derive(Clone, Debug)]
pub struct ReleaseRequest<'a> {
    /// Whose account.
    pub user_id: &'a UserId,
    /// At which provider.
    pub connection: &'a Connection,
    /// For which application.
    pub client_id: &'a ClientId,
    /// The application that the user signed in to, where another one acts for it (RFC 8693 section 1.1).
    pub on_behalf_of: Option<&'a ClientId>,
    /// The user's id at the provider, when several accounts are connected.
    pub login_hint: Option<&'a str>,
    /// The scopes that are asked for: the token is to allow no more.
    pub wanted: Option<&'a Scopes>,
    /// The most that the token may allow, whatever is asked for.
    pub ceiling: Option<&'a Scopes>,
    /// Where the request came from.
    pub ip: Option<&'a str>,
}

/// A provider's access token, on its way to the application.
#[derive(Debug)]
pub struct Released {
    /// The token.
    pub access_token: Secret,
    /// Seconds that it still lives, if the provider said.
    pub expires_in: Option<i64>,
    /// What the provider granted.
    pub scopes: Scopes,
    /// Where it is the account's own token, as it was stored: to be released again.
    pub stored: Option<Stored>,
}

/// An account's token as it is stored, sealed, once it was released.
#[derive(Clone, Debug)]
pub struct Stored {
    set: TokenSet,
    sealed: Sealed,
}

/// A release that repeats an earlier one, of the same refresh token through the same connection.
#[derive(Clone, Debug)]
pub struct Repeated<'a> {
    /// What was released.
    pub stored: &'a Stored,
    /// What the earlier one rested on, as it was before anything was read for it.
    pub basis: &'a Basis,
    /// The refresh token.
    pub token: &'a TokenHash,
    /// The connection's name.
    pub connection: &'a str,
    /// For which application, whose refresh token it is.
    pub client_id: &'a ClientId,
    /// Where the request came from.
    pub ip: Option<&'a str>,
}

/// Why no token is released.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// The user has no account there, or not the one that `login_hint` names.
    #[error("the user has no connected account")]
    NoAccount,
    /// The access token ended and there is no refresh token.
    #[error("the access token ended and there is no refresh token")]
    NoRefreshToken,
    /// The provider refused the account for good.
    #[error("the provider revoked the account: {0}")]
    Revoked(String),
    /// The provider could not be asked just now. Nothing is lost.
    #[error("the provider is unavailable: {reason}")]
    Unavailable {
        /// What happened, for the log.
        reason: String,
        /// Seconds after which to try again.
        retry_after: u64,
    },
    /// The account's token allows more than the application may have, and the provider gives no narrower one.
    #[error("the account's token also allows {excess}, which is above the application's scope ceiling")]
    AboveCeiling {
        /// What is too much.
        excess: Scopes,
    },
    /// Scopes are asked for that the provider never granted.
    #[error("the account was never granted {missing}")]
    NotGranted {
        /// Those.
        missing: Scopes,
    },
    /// Something failed inside.
    #[error(transparent)]
    Inside(#[from] VaultError),
}

impl Vault {
    /// Releases the access token of one of the user's accounts, refreshed if it has to be, and
    /// records that.
    pub async fn release(&self, request: ReleaseRequest<'_>) -> Result<Released, ReleaseError> {
        let inner = &self.0;
        let accounts = inner
            .store
            .token_sets()
            .for_user_with_tokens(request.user_id, &request.connection.id)
            .await
            .map_err(VaultError::from)?;
        let (set, sealed) = choose(accounts, request.login_hint)?;
        let id = set.id.clone();
        let now = inner.clock.now();
        let ceiling = narrow::ceiling(&set.scopes, request.wanted, request.ceiling)
            .map_err(|missing| ReleaseError::NotGranted { missing })?;
        let narrow = ceiling.filter(|ceiling| !set.scopes.is_subset(ceiling));
        let mut stored = None;
        let (set, tokens) = if let Some(ceiling) = narrow {
            self.narrowed(&request, &set, &ceiling).await?
        } else if set.is_fresh(now) {
            let tokens = inner.open(&id, &sealed).await?;
            stored = Some(Stored { set: set.clone(), sealed });
            (set, tokens)
        } else {
            self.refresh(request.connection, &id, request.client_id, Goal::Renew).await?
        };
        let ReleaseRequest { connection, client_id, on_behalf_of, ip, .. } = request;
        let event = self.event(&set, &connection.name, client_id, on_behalf_of, ip);
        inner.store.audit().record(event).await.map_err(VaultError::from)?;
        Ok(Released {
            access_token: tokens.access_token,
            expires_in: set.expires_in(inner.clock.now()),
            scopes: set.scopes,
            stored,
        })
    }

    /// Releases once more what was released before, if all that this rested on still stands and the token is still
    /// fresh; `None` otherwise, and nothing is recorded.
    pub async fn release_again(&self, repeated: Repeated<'_>) -> Result<Option<Released>, VaultError> {
        let inner = &self.0;
        let Repeated { stored: Stored { set, sealed }, basis, token, connection, client_id, ip } = repeated;
        if !set.is_fresh(inner.clock.now()) {
            return Ok(None);
        }
        let tokens = inner.open(&set.id, sealed).await?;
        let event = self.event(set, connection, client_id, None, ip);
        let again = Again::new(token, connection, basis.clone(), event);
        if !inner.store.releases().again(again).await? {
            return Ok(None);
        }
        Ok(Some(Released {
            access_token: tokens.access_token,
            expires_in: set.expires_in(inner.clock.now()),
            scopes: set.scopes.clone(),
            stored: None,
        }))
    }

    fn event(
        &self,
        set: &TokenSet,
        connection: &str,
        client_id: &ClientId,
        on_behalf_of: Option<&ClientId>,
        ip: Option<&str>,
    ) -> AuditEvent {
        let account = &set.provider_user_id;
        let words = match on_behalf_of {
            None => format!("Released the access token of account {account}."),
            Some(client) => {
                format!(
                    "Released the access token of account {account} for a request of application {client}."
                )
            }
        };
        let actor = Actor::Client(client_id.clone());
        AuditEvent::new(self.0.clock.now(), EventCode::VaultReleased, actor, words)
            .client(client_id)
            .connection(connection)
            .user(&set.user_id)
            .account(&set.id)
            .from_ip(ip)
    }

    /// A token that allows what the ceiling lets through, and no more.
    async fn narrowed(
        &self,
        request: &ReleaseRequest<'_>,
        set: &TokenSet,
        ceiling: &Scopes,
    ) -> Result<Opened, ReleaseError> {
        let inner = &self.0;
        let too_much =
            |scopes: &Scopes| ReleaseError::AboveCeiling { excess: narrow::above(scopes, ceiling) };
        let wanted = narrow::below(&set.scopes, ceiling);
        let narrows = inner.federation.catalogue().get(&request.connection.strategy);
        if wanted.is_empty() || !set.has_refresh_token || !narrows.is_some_and(|entry| entry.narrows()) {
            return Err(too_much(&set.scopes));
        }
        if let Some(kept) = inner.narrowed.get(set, &wanted, inner.clock.now()) {
            return Ok(kept);
        }
        let goal = Goal::Narrow(wanted.clone());
        let narrow = self.refresh(request.connection, &set.id, request.client_id, goal).await?;
        // A provider that gives more than it was asked for has not narrowed anything.
        if !narrow.0.scopes.is_subset(ceiling) {
            return Err(too_much(&narrow.0.scopes));
        }
        inner.narrowed.keep(set, &wanted, &narrow, inner.clock.now());
        Ok(narrow)
    }
}

/// The account that `hint` names, else the newest usable one. `accounts` are newest first.
fn choose(accounts: Vec<(TokenSet, Sealed)>, hint: Option<&str>) -> Result<(TokenSet, Sealed), ReleaseError> {
    let mut refused = None;
    for (set, sealed) in accounts {
        if hint.is_some_and(|hint| hint != set.provider_user_id) {
            continue;
        }
        match &set.state {
            TokenSetState::Active => return Ok((set, sealed)),
            TokenSetState::NeedsConsent(reason) => {
                refused.get_or_insert_with(|| reason.clone());
            }
        }
    }
    Err(refused.map_or(ReleaseError::NoAccount, ReleaseError::Revoked))
}
