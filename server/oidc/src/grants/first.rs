//! The first tokens of a sign-in to an application, whichever way they are fetched.

use coffer_core::{
    Timestamp,
    authorization::{AccessGrant, Granted},
    client::Client,
    refresh::{ABSOLUTE_SECONDS, IDLE_SECONDS, RefreshToken},
};
use coffer_crypto::TokenHash;

use super::{TokenResponse, api_gone, mint};
use crate::{
    Oidc,
    access_token::{Access, Minted},
    error::EndpointError,
    presented::Scheme,
};

/// Tokens that are about to be stored and issued.
pub(super) struct First {
    access: Minted<AccessGrant>,
    refresh: Option<Minted<RefreshToken>>,
    id_token: Option<String>,
    expires_in: i64,
}

impl First {
    /// The access token, for the store.
    pub(super) fn access(&self) -> (&TokenHash, &AccessGrant) {
        (&self.access.hash, &self.access.grant)
    }

    /// The refresh token, if one is handed out, for the store.
    pub(super) fn refresh(&self) -> Option<(&TokenHash, &RefreshToken)> {
        self.refresh.as_ref().map(|minted| (&minted.hash, &minted.grant))
    }

    /// The answer, once they are stored.
    pub(super) fn into_response(self, granted: Granted) -> TokenResponse {
        TokenResponse {
            scheme: Scheme::of(&self.access.grant),
            access_token: self.access.token,
            issued_token_type: None,
            expires_in: Some(self.expires_in),
            scopes: granted.scopes,
            refresh_token: self.refresh.map(|minted| minted.token),
            id_token: self.id_token,
        }
    }
}

impl Oidc {
    /// Makes the tokens; the caller stores them.
    pub(super) async fn first_tokens(
        &self,
        client: &Client,
        granted: &Granted,
    ) -> Result<First, EndpointError> {
        let Granted { scopes, sign_in, family_id, .. } = granted;
        let Some(user) = self.store.users().get(&sign_in.user_id).await? else {
            return Err(EndpointError::InvalidGrant("the user was deleted"));
        };
        let target = self.stored_target(granted.audience.as_deref()).await?.ok_or_else(api_gone)?;
        let access = self
            .mint_access(Access {
                client,
                user: Some((&user.id, family_id, Some(sign_in.auth_time))),
                scopes,
                target: &target,
                actor: None,
                jkt: granted.jkt.clone(),
                until: None,
            })
            .await?;
        let offline = scopes.contains("offline_access");
        let refresh = offline.then(|| mint(self, first_refresh(client, granted, self.clock.now())));
        let id_token = match scopes.contains("openid") {
            true => Some(self.id_token(client, &user, scopes, sign_in, granted.nonce.as_deref()).await?),
            false => None,
        };
        Ok(First { access, refresh, id_token, expires_in: target.seconds() })
    }
}

/// A family's state as its first refresh token.
fn first_refresh(client: &Client, granted: &Granted, now: Timestamp) -> RefreshToken {
    let sign_in = &granted.sign_in;
    RefreshToken {
        family_id: granted.family_id.clone(),
        client_id: client.id.clone(),
        user_id: sign_in.user_id.clone(),
        scopes: granted.scopes.clone(),
        audience: granted.audience.clone(),
        // A confidential client proves itself with each use anyway (RFC 9449 section 5).
        jkt: granted.jkt.clone().filter(|_| client.is_public()),
        auth_time: sign_in.auth_time,
        session_id: sign_in.session_id.clone(),
        issued_at: now,
        rotated_at: None,
        idle_expires_at: now.plus_seconds(IDLE_SECONDS),
        family_expires_at: now.plus_seconds(ABSOLUTE_SECONDS),
        revoked_at: None,
    }
}
