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
use coffer_store::Rotation;

use super::{TokenRequest, TokenResponse, allowed, api_gone, mint, narrowed, refuse, required, wanted_api};
use crate::{
    Oidc,
    access_token::Access,
    apis::{InvalidTarget, Target},
    consent,
    error::EndpointError,
    presented::Scheme,
};

impl Oidc {
    pub(super) async fn by_refresh_token(
        &self,
        client: &Client,
        request: TokenRequest,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        allowed(client, GrantType::RefreshToken)?;
        let presented = required(&request.refresh_token, "refresh_token")?;
        let old = match self.present(client, presented, ip).await? {
            Ok(old) => old,
            Err(reason) => {
                let error = EndpointError::InvalidGrant(reason);
                return Err(refuse(self, EventCode::TokenRefreshRefused, client, None, None, ip, error).await);
            }
        };
        if old.jkt.is_some() && old.jkt != request.jkt {
            let error =
                EndpointError::InvalidGrant("the refresh token is bound to a key that was not proven");
            let user = Some(&old.user_id);
            return Err(refuse(self, EventCode::TokenRefreshRefused, client, user, None, ip, error).await);
        }
        let issue = self.wanted(client, &old, &request).await?;
        self.rotate(client, &TokenHash::of(presented.reveal()), old, issue, ip).await
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

    /// The API that the new access token is for, and its scopes: of those granted before, or of those that
    /// the user agreed to for another API.
    async fn wanted(
        &self,
        client: &Client,
        old: &RefreshToken,
        request: &TokenRequest,
    ) -> Result<Issue, EndpointError> {
        let scope = request.scope.as_deref();
        let own = self.stored_target(old.audience.as_deref()).await?;
        let Some(wanted) = wanted_api(request)? else {
            return Ok(Issue {
                target: own.ok_or_else(api_gone)?,
                scopes: narrowed(&old.scopes, scope)?,
                jkt: request.jkt.clone(),
            });
        };
        let all = self.target(wanted).await?.map(|target| target.all_scopes()).unwrap_or_default();
        let found = self.user_target(client, Some(wanted), &all).await?;
        let (target, possible) = found.map_err(|InvalidTarget(text)| EndpointError::InvalidTarget(text))?;
        let same = own.is_some_and(|own| self.audience_of(&own) == self.audience_of(&target));
        let standard = |scope: &&str| same || consent::is_standard(scope);
        let mut allowed: Scopes = old.scopes.iter().filter(standard).collect();
        match self.agreed(client, &old.user_id, &target, &possible).await? {
            Some(agreed) => agreed.iter().for_each(|scope| allowed.insert(scope)),
            None if same => {}
            None => {
                return Err(EndpointError::InvalidTarget(
                    "The user has not agreed to this API. Send them to the authorization endpoint with this \
                     audience, or list the API in the application's settings, so that it is asked for with \
                     offline_access."
                        .into(),
                ));
            }
        }
        let asked = scope.filter(|text| !text.trim().is_empty());
        if let Some(scope) =
            asked.into_iter().flat_map(str::split_ascii_whitespace).find(|s| !allowed.contains(s))
        {
            return Err(EndpointError::InvalidScope(format!(
                "The user has not agreed to {scope}. Send them to the authorization endpoint to ask."
            )));
        }
        Ok(Issue { scopes: narrowed(&allowed, asked)?, target, jkt: request.jkt.clone() })
    }

    async fn rotate(
        &self,
        client: &Client,
        old_hash: &TokenHash,
        old: RefreshToken,
        issue: Issue,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        let Issue { scopes, target, jkt } = issue;
        let now = self.clock.now();
        let Some(user) = self.store.users().get(&old.user_id).await? else {
            return Err(EndpointError::InvalidGrant("the user was deleted"));
        };
        let access = self
            .mint_access(Access {
                client,
                user: Some((&user.id, &old.family_id, Some(old.auth_time))),
                scopes: &scopes,
                target: &target,
                actor: None,
                jkt,
                until: None,
            })
            .await?;
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
        let refresh = mint(self, successor);
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
        let (new, short) = ((&refresh.hash, &refresh.grant), (&access.hash, &access.grant));
        let rotation = Rotation::new(old_hash, new, short, now, event)?;
        if !self.store.tokens().rotate(rotation).await? {
            return Err(EndpointError::InvalidGrant("the refresh token was revoked meanwhile"));
        }
        Ok(TokenResponse {
            scheme: Scheme::of(&access.grant),
            access_token: access.token,
            issued_token_type: None,
            expires_in: Some(target.seconds()),
            scopes,
            refresh_token: Some(refresh.token),
            id_token,
        })
    }
}

/// What the new access token is for.
struct Issue {
    scopes: Scopes,
    target: Target,
    /// The key that the access token is bound to.
    jkt: Option<String>,
}
