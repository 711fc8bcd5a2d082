//! The authorization code grant (RFC 6749 section 4.1.3, RFC 7636 section 4.6).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_contract::application::GrantType;
use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    authorization::{CodeGrant, Granted},
    client::Client,
};
use coffer_crypto::{Secret, TokenHash};
use sha2::{Digest as _, Sha256};

use super::{TokenRequest, TokenResponse, allowed, refuse, required, wanted_api};
use crate::{Oidc, error::EndpointError};

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
        let granted = Granted::from(grant.clone());
        let first = self.first_tokens(client, &granted).await?;
        let actor = Actor::Client(client.id.clone());
        let event =
            AuditEvent::new(now, EventCode::TokenCodeExchanged, actor, "Exchanged a code for tokens.")
                .client(&client.id)
                .user(&grant.sign_in.user_id)
                .from_ip(ip);
        let tokens = self.store.tokens();
        if !tokens.redeem_code(hash, now, first.refresh(), first.access(), event).await? {
            return Err(self.replayed(client, &grant, ip).await);
        }
        Ok(first.into_response(granted))
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
