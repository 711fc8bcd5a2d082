//! Client authentication at the token and revocation endpoints (RFC 6749 section 2.3).

use coffer_contract::application::TokenEndpointAuthMethod;
use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    ids::ClientId,
};
use coffer_crypto::{Secret, TokenHash};

use crate::{Oidc, error::EndpointError};

/// What a request says about its client.
#[derive(Debug, Default)]
pub struct Credentials {
    /// From `Authorization: Basic`, already form-decoded (RFC 6749 section 2.3.1).
    pub basic: Option<(String, Secret)>,
    /// `client_id` of the body.
    pub client_id: Option<String>,
    /// `client_secret` of the body.
    pub client_secret: Option<Secret>,
    /// Where the request came from.
    pub ip: Option<String>,
}

impl Oidc {
    /// The client that the credentials prove, or `invalid_client`, which is logged.
    pub(crate) async fn authenticate(&self, credentials: &Credentials) -> Result<Client, EndpointError> {
        let outcome = self.prove(credentials).await;
        if let Err(EndpointError::InvalidClient(reason)) = &outcome {
            let claimed = claimed_id(credentials).unwrap_or_default().chars().take(64).collect::<String>();
            let event = AuditEvent::new(
                self.clock.now(),
                EventCode::TokenClientRefused,
                Actor::Anonymous(claimed),
                format!("Client authentication failed: {reason}."),
            )
            .from_ip(credentials.ip.as_deref());
            self.store.audit().append(&[event]).await?;
        }
        outcome
    }

    async fn prove(&self, credentials: &Credentials) -> Result<Client, EndpointError> {
        let refused = |reason: &str| EndpointError::InvalidClient(reason.to_owned());
        let Credentials { basic, client_id, client_secret, .. } = credentials;
        if basic.is_some() && client_secret.is_some() {
            return Err(EndpointError::InvalidRequest("Authenticate the client in one way, not two.".into()));
        }
        if let (Some((id, _)), Some(other)) = (basic, client_id)
            && id != other
        {
            return Err(EndpointError::InvalidRequest("The two client ids differ.".into()));
        }
        let Some(id) = claimed_id(credentials) else { return Err(refused("no client id")) };
        let found = self.store.clients().with_secret_hash(&ClientId::from_text(id)).await?;
        let Some((client, stored)) = found else { return Err(refused("unknown client")) };
        let (used, secret) = match (basic, client_secret) {
            (Some((_, secret)), _) => (TokenEndpointAuthMethod::ClientSecretBasic, Some(secret)),
            (None, Some(secret)) => (TokenEndpointAuthMethod::ClientSecretPost, Some(secret)),
            (None, None) => (TokenEndpointAuthMethod::None, None),
        };
        match (secret, stored) {
            (None, _) if client.is_public() => return Ok(client),
            (None, _) => return Err(refused("no client secret")),
            (Some(_), None) => return Err(refused("a public client sent a secret")),
            (Some(secret), Some(stored)) if TokenHash::of(secret.reveal()) != stored => {
                return Err(refused("wrong client secret"));
            }
            (Some(_), Some(_)) => {}
        }
        if used != client.auth_method {
            return Err(EndpointError::InvalidRequest(format!(
                "This application is registered for {}, not {}. Change either.",
                client.auth_method.code(),
                used.code()
            )));
        }
        Ok(client)
    }
}

fn claimed_id(credentials: &Credentials) -> Option<&str> {
    let id = credentials.basic.as_ref().map(|(id, _)| id.as_str()).or(credentials.client_id.as_deref());
    id.filter(|id| !id.is_empty())
}
