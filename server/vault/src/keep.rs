//! Storing what a provider handed out after a consent.

use coffer_core::{
    Scopes, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    connection::Connection,
    ids::{TokenSetId, UserId},
    token_set::{TokenSet, TokenSetState},
};
use coffer_federation::ProviderTokens;

use crate::{Vault, VaultError, tokens::Tokens};

/// A consent that just happened at the provider.
pub struct Consented<'a> {
    /// Who consented.
    pub user_id: &'a UserId,
    /// Through which connection.
    pub connection: &'a Connection,
    /// The user's id at the provider.
    pub provider_user_id: &'a str,
    /// What people call the account.
    pub label: Option<&'a str>,
    /// What the provider handed out.
    pub tokens: ProviderTokens,
    /// Scopes that were asked for: granted, unless the provider says otherwise (RFC 6749 section 5.1).
    pub asked: &'a Scopes,
    /// When the code was sent to the provider.
    pub obtained_at: Timestamp,
    /// Where the user came from.
    pub ip: Option<&'a str>,
}

impl Vault {
    /// Seals and stores the tokens. They replace an earlier set of the same account; a refresh of
    /// that one still under way loses its fence. A refresh token that the provider did not repeat
    /// is kept: some hand it out at the first consent alone.
    pub async fn keep(&self, consented: Consented<'_>) -> Result<TokenSetId, VaultError> {
        let inner = &self.0;
        let Consented { user_id, connection, provider_user_id, label, tokens, asked, obtained_at, ip } =
            consented;
        let sets = inner.store.token_sets();
        let before = match sets.id_of(user_id, &connection.id, provider_user_id).await? {
            Some(id) => sets.with_tokens(&id).await?,
            None => None,
        };
        let id = match &before {
            Some((set, _)) => set.id.clone(),
            None => TokenSetId::generate(inner.rng.as_ref()),
        };
        let mut refresh_token = tokens.refresh_token;
        let mut refresh_expires_at =
            tokens.refresh_expires_in.map(|seconds| obtained_at.plus_seconds(seconds));
        if refresh_token.is_none()
            && let Some((set, sealed)) = &before
            && set.state == TokenSetState::Active
        {
            refresh_token = inner.open(&id, sealed).await?.refresh_token;
            refresh_expires_at = set.refresh_expires_at;
        }
        let set = TokenSet {
            id: id.clone(),
            user_id: user_id.clone(),
            connection_id: connection.id.clone(),
            provider_user_id: provider_user_id.to_owned(),
            label: label.map(str::to_owned),
            state: TokenSetState::Active,
            scopes: tokens.scopes.unwrap_or_else(|| asked.clone()),
            obtained_at,
            access_expires_at: tokens.expires_in.map(|seconds| obtained_at.plus_seconds(seconds)),
            has_refresh_token: refresh_token.is_some(),
            refresh_expires_at: refresh_expires_at.filter(|_| refresh_token.is_some()),
            generation: 1,
            fence: 0,
            lease_until: None,
            failures: 0,
            retry_at: None,
            created_at: before.as_ref().map_or(obtained_at, |(set, _)| set.created_at),
            updated_at: obtained_at,
        };
        let sealed = inner.seal(&id, &Tokens { access_token: tokens.access_token, refresh_token })?;
        let offline = if set.has_refresh_token { "with" } else { "without" };
        let code = if before.is_some() { EventCode::VaultReplaced } else { EventCode::VaultStored };
        let event = AuditEvent::new(
            inner.clock.now(),
            code,
            Actor::User(user_id.clone()),
            format!("Stored the tokens of account {provider_user_id}, {offline} a refresh token."),
        )
        .connection(&connection.name)
        .user(user_id)
        .account(&id)
        .from_ip(ip);
        sets.put(&set, &sealed, event).await?;
        Ok(id)
    }
}
