//! Token exchange (RFC 8693): a user's token for one that says less, for another API's, or for a
//! provider's.

use coffer_contract::{api::GrantSubject, application::GrantType};
use coffer_core::{
    Scopes,
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    ids::UserId,
};

use super::{
    TokenRequest, TokenResponse, allowed, narrowed, refuse,
    subject::{ACCESS_TOKEN_TYPE, Subject},
    vault::Wanted,
};
use crate::{
    Oidc,
    access_token::Access,
    apis::{InvalidTarget, Target},
    consent,
    error::EndpointError,
};

impl Oidc {
    pub(super) async fn by_exchange(
        &self,
        client: &Client,
        request: TokenRequest,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        let mut user = None;
        let outcome = self.exchange(client, &request, ip, &mut user).await;
        let error = match outcome {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let name = request.connection.as_deref().or(request.audience.as_deref());
        Err(refuse(self, EventCode::TokenExchangeRefused, client, user.as_ref(), name, ip, error).await)
    }

    async fn exchange(
        &self,
        client: &Client,
        request: &TokenRequest,
        ip: Option<&str>,
        user: &mut Option<UserId>,
    ) -> Result<TokenResponse, EndpointError> {
        if client.is_public() {
            let text = "A public client cannot exchange tokens: it has no secret to prove itself with.";
            return Err(EndpointError::UnauthorizedClient(text.into()));
        }
        allowed(client, GrantType::TokenExchange)?;
        if request.requested_token_type.as_deref().is_some_and(|kind| kind != ACCESS_TOKEN_TYPE) {
            return Err(EndpointError::InvalidRequest(format!(
                "The requested_token_type must be {ACCESS_TOKEN_TYPE}."
            )));
        }
        let subject = self.subject(client, request, ip).await?;
        *user = Some(subject.user_id.clone());
        if let Some(name) = &request.connection {
            return self.provider_token(client, request, subject, name, ip).await;
        }
        let target = match (request.audience.as_deref(), request.resource.as_deref()) {
            (None, None) => match &subject.audience {
                Some(own) => self.target(own).await?,
                None => {
                    return Err(EndpointError::InvalidRequest(
                        "Name what the token is for in audience: a connection, or an API.".into(),
                    ));
                }
            },
            (Some(audience), None) => match self.target(audience).await? {
                Some(target) => Some(target),
                None => return self.provider_token(client, request, subject, audience, ip).await,
            },
            (_, Some(_)) => match super::wanted_api(request)? {
                Some(resource) => self.target(resource).await?,
                None => None,
            },
        };
        let Some(target) = target else {
            return Err(EndpointError::InvalidTarget(
                "No API is known under this audience or resource.".into(),
            ));
        };
        self.api_token(client, request, subject, target, ip).await
    }

    /// A provider's access token from the vault, down to the scopes that are asked for.
    async fn provider_token(
        &self,
        client: &Client,
        request: &TokenRequest,
        subject: Subject,
        name: &str,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        let asked = request.scope.as_deref().map(|text| Scopes::parse(text, false));
        let wanted = Wanted {
            connection: name,
            login_hint: request.login_hint.as_deref(),
            scopes: asked.filter(|scopes| !scopes.is_empty()),
            issued_token_type: ACCESS_TOKEN_TYPE,
        };
        let through = self.through(client, wanted.connection).await?;
        Ok(self.release(client, &subject, wanted, through, ip).await?.0)
    }

    /// An access token for an API of this server's, in the user's name, with the client as actor.
    async fn api_token(
        &self,
        client: &Client,
        request: &TokenRequest,
        subject: Subject,
        target: Target,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        let audience = self.audience_of(&target);
        let possible = match subject.audience == audience {
            true => subject.scopes.clone(),
            false => self.delegated(client, &subject, &target).await?,
        };
        let possible: Scopes = possible.iter().filter(|scope| *scope != "offline_access").collect();
        let scopes = narrowed(&possible, request.scope.as_deref())?;
        let actor = self.acting(client, request, subject.actor).await?;
        let words = format!(
            "Exchanged a token of {} for one for {}, to act for the user (signed in to {}).",
            subject.user_id,
            audience.as_deref().unwrap_or_default(),
            subject.issued_to,
        );
        let access = self
            .mint_access(Access {
                client,
                user: Some((&subject.user_id, &subject.family_id, subject.auth_time)),
                scopes: &scopes,
                target: &target,
                actor: Some(actor),
                jkt: request.jkt.clone(),
                until: subject.until,
            })
            .await?;
        let now = self.clock.now();
        let event = AuditEvent::new(now, EventCode::TokenExchanged, Actor::Client(client.id.clone()), words)
            .client(&client.id)
            .user(&subject.user_id)
            .from_ip(ip);
        if !self.store.tokens().issue(&access.hash, &access.grant, event).await? {
            return Err(EndpointError::InvalidSubject("the subject's sign-in was revoked meanwhile"));
        }
        Ok(access.response(now, Some(ACCESS_TOKEN_TYPE)))
    }

    /// What the client may do in the user's name at another API: what an administrator authorized it for,
    /// or else what the user agreed to.
    async fn delegated(
        &self,
        client: &Client,
        subject: &Subject,
        target: &Target,
    ) -> Result<Scopes, EndpointError> {
        let invalid = |InvalidTarget(text): InvalidTarget| EndpointError::InvalidTarget(text);
        let all = target.all_scopes();
        let (target, possible) =
            self.user_target(client, self.audience_of(target).as_deref(), &all).await?.map_err(invalid)?;
        let standard = subject.scopes.iter().filter(|scope| consent::is_standard(scope));
        if let Target::Api(api) = &target {
            let grants = self.store.client_grants();
            if let Some(grant) = grants.find(&client.id, &api.identifier, GrantSubject::User).await? {
                return Ok(standard.chain(grant.scopes.iter().filter(|scope| api.has(scope))).collect());
            }
        }
        let agreed = self.agreed(client, &subject.user_id, &target, &possible).await?.ok_or_else(|| {
            EndpointError::InvalidTarget(
                "Neither did an administrator authorize this application to act for users at this API, nor did \
                 the user agree to it."
                    .into(),
            )
        })?;
        Ok(standard.chain(agreed.iter()).collect())
    }
}
