//! The client credentials grant (RFC 6749 section 4.4): a client acts for itself at an API.

use coffer_contract::{api::GrantSubject, application::GrantType};
use coffer_core::{
    Scopes,
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
};
use coffer_store::ClientGrantFilter;

use super::{TokenRequest, TokenResponse, allowed, narrowed, refuse, wanted_api};
use crate::{Oidc, access_token::Access, apis::Target, error::EndpointError};

impl Oidc {
    pub(super) async fn by_client_credentials(
        &self,
        client: &Client,
        request: TokenRequest,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        match self.for_itself(client, &request, ip).await {
            Ok(response) => Ok(response),
            Err(error) => {
                Err(refuse(self, EventCode::TokenClientIssueRefused, client, None, None, ip, error).await)
            }
        }
    }

    async fn for_itself(
        &self,
        client: &Client,
        request: &TokenRequest,
        ip: Option<&str>,
    ) -> Result<TokenResponse, EndpointError> {
        if client.is_public() {
            let text = "A public client has no credentials to act for itself with.";
            return Err(EndpointError::UnauthorizedClient(text.into()));
        }
        allowed(client, GrantType::ClientCredentials)?;
        let (target, granted) = self.own_target(client, request).await?;
        let scopes = narrowed(&granted, request.scope.as_deref())?;
        let access = self
            .mint_access(Access {
                client,
                user: None,
                scopes: &scopes,
                target: &target,
                actor: None,
                jkt: request.jkt.clone(),
                until: None,
            })
            .await?;
        let api = access.grant.audience.as_deref().unwrap_or_default();
        let event = AuditEvent::new(
            self.clock.now(),
            EventCode::TokenClientIssued,
            Actor::Client(client.id.clone()),
            format!("Got an access token for itself, for {api}."),
        )
        .client(&client.id)
        .from_ip(ip);
        self.store.tokens().issue(&access.hash, &access.grant, event).await?;
        Ok(access.response(self.clock.now(), None))
    }

    /// The API that the client asks for, and what it may do there; without being asked, the only one there is.
    async fn own_target(
        &self,
        client: &Client,
        request: &TokenRequest,
    ) -> Result<(Target, Scopes), EndpointError> {
        let grants = self.store.client_grants();
        let refused = |text: &str| Err(EndpointError::InvalidTarget(text.to_owned()));
        let grant = match wanted_api(request)? {
            Some(wanted) => {
                let found = self.target(wanted).await?.map(|target| (self.audience_of(&target), target));
                let Some((Some(audience), target)) = found else {
                    return refused("No API is known under this audience or resource.");
                };
                match grants.find(&client.id, &audience, GrantSubject::Client).await? {
                    Some(grant) => (target, grant.scopes),
                    None => {
                        return Err(EndpointError::UnauthorizedClient(format!(
                            "This application is not authorized for {audience}. An administrator can authorize it \
                             on the API's page."
                        )));
                    }
                }
            }
            None => {
                let filter = ClientGrantFilter {
                    client_id: Some(client.id.clone()),
                    subject: Some(GrantSubject::Client),
                    ..ClientGrantFilter::default()
                };
                let [grant] =
                    <[_; 1]>::try_from(grants.list(&filter, None, 2).await?.items).map_err(|_| {
                        EndpointError::InvalidRequest(
                            "Name the API in the parameter audience (or resource).".into(),
                        )
                    })?;
                match self.target(&grant.audience).await? {
                    Some(target) => (target, grant.scopes),
                    None => return refused("The API does not exist any more."),
                }
            }
        };
        let (target, scopes) = grant;
        // A scope that the API lost is in no token any more.
        let scopes = scopes.iter().filter(|scope| target.has(scope)).collect();
        Ok((target, scopes))
    }
}
