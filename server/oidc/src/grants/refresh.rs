//! The refresh token grant (RFC 6749 section 6), with rotation (RFC 9700 section 4.14.2).

use coffer_contract::application::GrantType;
use coffer_core::{
    Scopes,
    audit::{Actor, AuditEvent, EventCode},
    authorization::SignIn,
    client::Client,
    refresh::{IDLE_SECONDS, Presented, RefreshToken},
};
use coffer_crypto::{Secret, TokenHash};

use super::{TokenRequest, TokenResponse, allowed, mint, mint_access, refuse, required};
use crate::{Oidc, error::EndpointError};

impl Oidc {
    pub(super) async fn by_refresh_token(
        &self,
        client: &Client,
        request: TokenRequest,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        allowed(client, GrantType::RefreshToken)?;
        let presented = required(&request.refresh_token, "refresh_token")?;
        if request.audience.as_deref().is_some_and(|audience| !audience.is_empty()) {
            return Err(EndpointError::InvalidTarget("No API is known under this audience.".into()));
        }
        let old = match self.present(client, presented, ip).await? {
            Ok(old) => old,
            Err(reason) => {
                let error = EndpointError::InvalidGrant(reason);
                return Err(refuse(self, EventCode::TokenRefreshRefused, client, None, None, ip, error).await);
            }
        };
        let scopes = narrowed(&old.scopes, request.scope.as_deref())?;
        self.rotate(client, &TokenHash::of(presented.reveal()), old, scopes, ip).await
    }

    /// The refresh token that `client` presents, or why it is no good. A copy of a rotated one ends
    /// its family.
    pub(super) async fn present(
        &self,
        client: &Client,
        token: &Secret,
        ip: Option<&str>,
    ) -> Result<Result<RefreshToken, &'static str>, EndpointError> {
        let Some(found) = self.store.tokens().refresh(&TokenHash::of(token.reveal())).await? else {
            return Ok(Err("the refresh token is unknown"));
        };
        if found.client_id != client.id {
            return Ok(Err("the refresh token was issued to another client"));
        }
        let now = self.clock.now();
        Ok(match found.presented(now) {
            Presented::Usable => Ok(found),
            Presented::Expired => Err("the refresh token expired"),
            Presented::Revoked => Err("the refresh token was revoked"),
            Presented::Reused => {
                let actor = Actor::Client(client.id.clone());
                let text = "A refresh token came again after it had been rotated; every token of that sign-in was revoked.";
                let event = AuditEvent::new(now, EventCode::TokenReuseDetected, actor, text)
                    .client(&client.id)
                    .user(&found.user_id)
                    .from_ip(ip);
                self.store.tokens().revoke_family(&found.family_id, now, event).await?;
                Err("the refresh token was rotated before")
            }
        })
    }

    async fn rotate(
        &self,
        client: &Client,
        old_hash: &TokenHash,
        old: RefreshToken,
        scopes: Scopes,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        let now = self.clock.now();
        let Some(user) = self.store.users().get(&old.user_id).await? else {
            return Err(EndpointError::InvalidGrant("the user was deleted"));
        };
        let access = mint_access(self, client, &user.id, &old.family_id, &scopes, now);
        let sign_in = SignIn {
            user_id: old.user_id.clone(),
            auth_time: old.auth_time,
            session_id: old.session_id.clone(),
        };
        let id_token = match scopes.contains("openid") {
            true => Some(self.id_token(client, &user, &scopes, &sign_in, None).await?),
            false => None,
        };
        let successor = RefreshToken {
            issued_at: now,
            rotated_at: None,
            idle_expires_at: now.plus_seconds(IDLE_SECONDS),
            ..old
        };
        let refresh = mint(self, "cfr_", successor);
        let actor = Actor::Client(client.id.clone());
        let event = AuditEvent::new(
            now,
            EventCode::TokenRefreshed,
            actor,
            "Exchanged a refresh token for its successor.",
        )
        .client(&client.id)
        .user(&user.id)
        .from_ip(ip);
        let new = (&refresh.hash, &refresh.grant);
        if !self.store.tokens().rotate(old_hash, new, (&access.hash, &access.grant), now, event).await? {
            return Err(EndpointError::InvalidGrant("the refresh token was revoked meanwhile"));
        }
        Ok(TokenResponse {
            access_token: access.token,
            issued_token_type: None,
            expires_in: Some(super::ACCESS_SECONDS),
            scopes,
            refresh_token: Some(refresh.token),
            id_token,
        })
    }
}

/// The scopes asked for, which may not be more than those granted (RFC 6749 section 6).
fn narrowed(granted: &Scopes, asked: Option<&str>) -> Result<Scopes, EndpointError> {
    let Some(asked) = asked.filter(|text| !text.trim().is_empty()) else { return Ok(granted.clone()) };
    let asked = Scopes::parse(asked, false);
    if let Some(scope) = asked.iter().find(|scope| !granted.contains(scope)) {
        return Err(EndpointError::InvalidScope(format!("The scope {scope} was not granted.")));
    }
    Ok(asked)
}
