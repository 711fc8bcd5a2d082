//! Token revocation (RFC 7009).

use coffer_core::audit::{Actor, AuditEvent, EventCode};
use coffer_crypto::{Secret, TokenHash};
use serde::Deserialize;

use crate::{Oidc, client_auth::Credentials, error::EndpointError};

/// The parameters of a revocation request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RevocationRequest {
    /// `token`
    pub token: Option<Secret>,
}

impl Oidc {
    /// Revokes a token of the calling client: a refresh token with everything from its sign-in, an
    /// access token alone. A token that is unknown, or another client's, changes nothing and is not
    /// an error (section 2.2), so that nobody learns whether it exists.
    pub async fn revoke(
        &self,
        request: RevocationRequest,
        credentials: Credentials,
    ) -> Result<(), EndpointError> {
        let client = self.authenticate(&credentials).await?;
        let Some(token) = request.token else {
            return Err(EndpointError::InvalidRequest("The parameter token is missing.".into()));
        };
        let hash = TokenHash::of(token.reveal());
        let now = self.clock.now();
        let event = |text: &str| {
            AuditEvent::new(now, EventCode::TokenRevoked, Actor::Client(client.id.clone()), text)
                .client(&client.id)
                .from_ip(credentials.ip.as_deref())
        };
        if let Some(found) = self.store.tokens().refresh(&hash).await? {
            if found.client_id == client.id {
                let event =
                    event("Revoked a refresh token and every token of its sign-in.").user(&found.user_id);
                self.store.tokens().revoke_family(&found.family_id, now, event).await?;
            }
        } else if let Some(found) = self.store.tokens().access(&hash, now).await?
            && found.client_id == client.id
        {
            let mut event = event("Revoked an access token.");
            event.user_id = found.user_id;
            self.store.tokens().revoke_access(&hash, now, event).await?;
        }
        Ok(())
    }
}
