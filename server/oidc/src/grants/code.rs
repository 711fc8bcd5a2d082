//! The authorization code grant (RFC 6749 section 4.1.3, RFC 7636 section 4.6).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_contract::application::GrantType;
use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    authorization::CodeGrant,
    client::Client,
};
use coffer_crypto::{Secret, TokenHash};
use sha2::{Digest as _, Sha256};

use super::{TokenRequest, TokenResponse, allowed, api_gone, mint_refresh, refuse, required, wanted_api};
use crate::{Oidc, access_token::Access, error::EndpointError, presented::Scheme};

impl Oidc {
    pub(super) async fn by_code(
        &self,
        client: &Client,
        request: TokenRequest,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        allowed(client, GrantType::AuthorizationCode)?;
        let code = required(&request.code, "code")?;
        let hash = TokenHash::of(code.reveal());
        let found = self.store.codes().find(&hash).await?;
        let user = found.as_ref().map(|(grant, _)| grant.sign_in.user_id.clone());
        let checked = match found {
            None => Err(EndpointError::InvalidGrant("the code is unknown")),
            Some((grant, _)) if grant.client_id != client.id => {
                Err(EndpointError::InvalidGrant("the code was issued to another client"))
            }
            Some((grant, Some(_))) => return Err(self.replayed(client, &grant, ip).await),
            Some((grant, None)) => match self.matches(&grant, &request) {
                Ok(()) => self.same_api(&grant, &request).await.map(|()| grant),
                Err(error) => Err(error),
            },
        };
        let grant = match checked {
            // From here on it is the key of the tokens.
            Ok(grant) => CodeGrant { jkt: request.jkt.clone(), ..grant },
            Err(error) => {
                return Err(refuse(
                    self,
                    EventCode::TokenCodeRefused,
                    client,
                    user.as_ref(),
                    None,
                    ip,
                    error,
                )
                .await);
            }
        };
        self.redeem(client, &hash, grant, ip).await
    }

    /// Everything that must agree with the authorization request.
    fn matches(&self, grant: &CodeGrant, request: &TokenRequest) -> Result<(), EndpointError> {
        if self.clock.now() >= grant.expires_at {
            return Err(EndpointError::InvalidGrant("the code expired"));
        }
        if request.redirect_uri.as_deref() != Some(grant.redirect_uri.as_str()) {
            return Err(EndpointError::InvalidGrant(
                "the redirect URI is not the one of the authorization request",
            ));
        }
        if grant.jkt.is_some() && grant.jkt != request.jkt {
            return Err(EndpointError::InvalidGrant("the code is bound to a key that was not proven"));
        }
        match (&grant.code_challenge, &request.code_verifier) {
            (None, None) => Ok(()),
            // A verifier without a challenge: the challenge was stripped on the way (RFC 9700 section 4.8).
            (None, Some(_)) => Err(EndpointError::InvalidGrant("a code verifier came, but no challenge had")),
            (Some(_), None) => Err(EndpointError::InvalidGrant("the code verifier is missing")),
            (Some(challenge), Some(verifier)) => {
                let expected = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.reveal().as_bytes()));
                if Secret::new(expected) == Secret::new(challenge.as_str()) {
                    Ok(())
                } else {
                    Err(EndpointError::InvalidGrant("the code verifier does not match the challenge"))
                }
            }
        }
    }

    /// A code brings a token for the API that it was issued for, no other (RFC 8707 section 2.2).
    async fn same_api(&self, grant: &CodeGrant, request: &TokenRequest) -> Result<(), EndpointError> {
        let Some(wanted) = wanted_api(request)? else { return Ok(()) };
        let target = self.target(wanted).await?;
        if target.and_then(|target| self.audience_of(&target)) == grant.audience {
            return Ok(());
        }
        Err(EndpointError::InvalidTarget(
            "The authorization request named another API. Name the same one there and here.".into(),
        ))
    }

    /// Issues the tokens and marks the code used, in one transaction.
    async fn redeem(
        &self,
        client: &Client,
        hash: &TokenHash,
        grant: CodeGrant,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        let now = self.clock.now();
        let sign_in = &grant.sign_in;
        let Some(user) = self.store.users().get(&sign_in.user_id).await? else {
            return Err(EndpointError::InvalidGrant("the user was deleted"));
        };
        let target = self.stored_target(grant.audience.as_deref()).await?.ok_or_else(api_gone)?;
        let access = self
            .mint_access(Access {
                client,
                user: Some((&user.id, &grant.family_id, Some(sign_in.auth_time))),
                scopes: &grant.scopes,
                target: &target,
                actor: None,
                jkt: grant.jkt.clone(),
                until: None,
            })
            .await?;
        let offline = grant.scopes.contains("offline_access");
        let refresh = offline.then(|| mint_refresh(self, client, &grant, now));
        let id_token = match grant.scopes.contains("openid") {
            true => Some(self.id_token(client, &user, &grant.scopes, sign_in, grant.nonce.as_deref()).await?),
            false => None,
        };
        let actor = Actor::Client(client.id.clone());
        let event =
            AuditEvent::new(now, EventCode::TokenCodeExchanged, actor, "Exchanged a code for tokens.")
                .client(&client.id)
                .user(&user.id)
                .from_ip(ip);
        let stored = refresh.as_ref().map(|minted| (&minted.hash, &minted.grant));
        let fresh =
            self.store.tokens().redeem_code(hash, now, stored, (&access.hash, &access.grant), event).await?;
        if !fresh {
            return Err(self.replayed(client, &grant, ip).await);
        }
        Ok(TokenResponse {
            scheme: Scheme::of(&access.grant),
            access_token: access.token,
            issued_token_type: None,
            expires_in: Some(target.seconds()),
            scopes: grant.scopes,
            refresh_token: refresh.map(|minted| minted.token),
            id_token,
        })
    }

    /// A code used twice: whatever came from it ends (RFC 6749 section 4.1.2).
    async fn replayed(&self, client: &Client, grant: &CodeGrant, ip: Option<&str>) -> EndpointError {
        let now = self.clock.now();
        let actor = Actor::Client(client.id.clone());
        let text = "A code came a second time; the tokens from its first use were revoked.";
        let event = AuditEvent::new(now, EventCode::TokenCodeReplayed, actor, text)
            .client(&client.id)
            .user(&grant.sign_in.user_id)
            .from_ip(ip);
        match self.store.tokens().revoke_family(&grant.family_id, now, event).await {
            Ok(_) => EndpointError::InvalidGrant("the code was used before"),
            Err(error) => error.into(),
        }
    }
}
