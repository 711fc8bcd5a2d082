//! Codes and tokens: handed out, spent, and ended.

use coffer_core::{Rng, Scopes, Timestamp, rng};

use crate::{
    Rotation,
    pkce::Challenge,
    place::{GrantId, Place},
};

/// Whom a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    /// Slack's bots.
    Bot,
}

/// An authorization code.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) grant: GrantId,
    /// The redirect URI that was asked for.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) scopes: Scopes,
    pub(crate) bot_scopes: Scopes,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<Challenge>,
    /// Whether a refresh token comes with the access token.
    pub(crate) refresh: bool,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) used: bool,
}

/// An access token.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) grant: GrantId,
    pub(crate) scopes: Scopes,
    pub(crate) kind: Kind,
    expires_at: Option<Timestamp>,
    ended: bool,
    serial: u64,
}

/// A refresh token.
#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    pub(crate) grant: GrantId,
    pub(crate) scopes: Scopes,
    pub(crate) kind: Kind,
    expires_at: Option<Timestamp>,
    replaced: bool,
    ended: bool,
}

/// A code, as a token request presents it.
pub(crate) struct Presented<'a> {
    pub(crate) code: Option<&'a str>,
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: Option<&'a str>,
    /// Whether the provider lets the redirect URI be left out here.
    pub(crate) redirect_uri_optional: bool,
    pub(crate) verifier: Option<&'a str>,
}

/// Why a code is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeError {
    Unknown,
    Used,
    Expired,
    RedirectUri,
    Verifier,
}

/// Why a refresh token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefreshError {
    Unknown,
    Spent,
    Expired,
    Revoked,
}

/// Why an access token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BearerError {
    Missing,
    Unknown,
    Expired,
    Revoked,
}

/// What is to be handed out.
pub(crate) struct Order<'a> {
    pub(crate) grant: GrantId,
    pub(crate) scopes: &'a Scopes,
    pub(crate) kind: Kind,
    /// Beginning of the access token, and its life in seconds.
    pub(crate) access: (&'a str, Option<i64>),
    /// The same of the refresh token, where there is to be one.
    pub(crate) refresh: Option<(&'a str, Option<i64>)>,
}

/// What was handed out.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) expires_in: Option<i64>,
    pub(crate) refresh: Option<String>,
}

/// Seconds after their end in which codes and tokens are still remembered as such.
const MEMORY: i64 = 24 * 3600;

impl Place {
    /// Spends a code.
    pub(crate) fn redeem(&mut self, presented: &Presented<'_>, now: Timestamp) -> Result<Code, CodeError> {
        let &Presented { code, client_id, redirect_uri, redirect_uri_optional, verifier } = presented;
        let code = code.ok_or(CodeError::Unknown)?;
        let found = self.codes.get(code).cloned().ok_or(CodeError::Unknown)?;
        if self.grant(found.grant).client_id != client_id {
            return Err(CodeError::Unknown);
        }
        if found.used {
            return Err(CodeError::Used);
        }
        if now >= found.expires_at || !self.grant(found.grant).alive {
            return Err(CodeError::Expired);
        }
        let left_out = redirect_uri.is_none() && redirect_uri_optional;
        if !left_out && found.redirect_uri.as_deref() != redirect_uri {
            return Err(CodeError::RedirectUri);
        }
        let met = found.challenge.as_ref().is_none_or(|c| verifier.is_some_and(|v| c.is_met_by(v)));
        if !met {
            return Err(CodeError::Verifier);
        }
        if let Some(code) = self.codes.get_mut(code) {
            code.used = true;
        }
        Ok(found)
    }

    /// Hands out new tokens.
    pub(crate) fn hand_out(&mut self, order: Order<'_>, now: Timestamp, rng: &dyn Rng) -> Tokens {
        self.forget(now);
        let Order { grant, scopes, kind, access: (prefix, life), refresh } = order;
        let end = |life: Option<i64>| life.map(|seconds| now.plus_seconds(seconds));
        self.issued += 1;
        let access = format!("{prefix}{}", rng::token(rng));
        let (expires_at, serial) = (end(life), self.issued);
        self.access.insert(
            access.clone(),
            Access { grant, scopes: scopes.clone(), kind, expires_at, ended: false, serial },
        );
        let refresh = refresh.map(|(prefix, life)| {
            let token = format!("{prefix}{}", rng::token(rng));
            let scopes = scopes.clone();
            let expires_at = end(life);
            self.refresh.insert(
                token.clone(),
                Refresh { grant, scopes, kind, expires_at, replaced: false, ended: false },
            );
            token
        });
        Tokens { access, expires_in: life, refresh }
    }

    /// Spends a refresh token, as the provider's rotation has it.
    pub(crate) fn spend(
        &mut self,
        token: Option<&str>,
        client_id: &str,
        now: Timestamp,
    ) -> Result<Refresh, RefreshError> {
        let token = token.ok_or(RefreshError::Unknown)?;
        let found = self.refresh.get(token).cloned().ok_or(RefreshError::Unknown)?;
        if self.grant(found.grant).client_id != client_id {
            return Err(RefreshError::Unknown);
        }
        let rotation = self.settings.rotation;
        if found.replaced {
            self.counters.spent_twice += 1;
            if rotation == Rotation::EndsChain {
                self.end(found.grant);
            }
            if matches!(rotation, Rotation::SingleUse | Rotation::EndsChain) {
                return Err(RefreshError::Spent);
            }
        }
        if found.ended || !self.grant(found.grant).alive {
            return Err(RefreshError::Revoked);
        }
        if found.expires_at.is_some_and(|end| now >= end) {
            return Err(RefreshError::Expired);
        }
        if let Some(refresh) = self.refresh.get_mut(token) {
            refresh.replaced = rotation != Rotation::Never;
        }
        self.counters.refreshes += 1;
        Ok(found)
    }

    /// What an access token allows.
    pub(crate) fn bearer(&self, token: Option<&str>, now: Timestamp) -> Result<&Access, BearerError> {
        let access = self.access.get(token.ok_or(BearerError::Missing)?).ok_or(BearerError::Unknown)?;
        match () {
            () if access.ended || !self.grant(access.grant).alive => Err(BearerError::Revoked),
            () if access.expires_at.is_some_and(|end| now >= end) => Err(BearerError::Expired),
            () => Ok(access),
        }
    }

    /// The grant that a token of either kind belongs to, where the grant still holds.
    pub(crate) fn grant_of(&self, token: &str) -> Option<GrantId> {
        let access = self.access.get(token).map(|access| access.grant);
        access.or_else(|| self.refresh.get(token).map(|r| r.grant)).filter(|id| self.grant(*id).alive)
    }

    /// Ends one token alone.
    pub(crate) fn end_token(&mut self, token: &str) {
        if let Some(access) = self.access.get_mut(token) {
            access.ended = true;
        }
        if let Some(refresh) = self.refresh.get_mut(token) {
            refresh.ended = true;
        }
    }

    /// Ends the access tokens of a grant, but for the `newest`.
    pub(crate) fn keep_newest(&mut self, grant: GrantId, kind: Kind, newest: usize) {
        let fits = |access: &&mut Access| access.grant == grant && access.kind == kind && !access.ended;
        let mut all: Vec<_> = self.access.values_mut().filter(fits).collect();
        all.sort_by_key(|access| std::cmp::Reverse(access.serial));
        all.into_iter().skip(newest).for_each(|access| access.ended = true);
    }

    /// Drops what ended long ago, so that a sandbox can run for months.
    fn forget(&mut self, now: Timestamp) {
        let lives = |end: Option<Timestamp>| end.is_none_or(|end| now < end.plus_seconds(MEMORY));
        self.codes.retain(|_, code| lives(Some(code.expires_at)));
        self.access.retain(|_, access| lives(access.expires_at));
        self.refresh.retain(|_, refresh| lives(refresh.expires_at));
        self.assertions.retain(|_, end| lives(Some(*end)));
    }
}
