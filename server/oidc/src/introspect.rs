//! Token introspection (RFC 7662): what a token is, for those who are to know.

use coffer_core::{
    authorization::AccessGrant,
    client::Client,
    refresh::{Presented, RefreshToken},
};
use coffer_crypto::{Secret, TokenHash};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Oidc, client_auth::Credentials, error::EndpointError, presented::Scheme};

/// The parameters of an introspection request. `token_type_hint` is not needed: tokens are found by their
/// hash, whatever kind they are (section 2.1).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct IntrospectionRequest {
    /// `token`
    pub token: Option<Secret>,
}

impl Oidc {
    /// Describes a token: to the client that it was issued to, and an access token to the server of the API
    /// that it is for. To everybody else it is not active (section 4: nobody learns of tokens by asking).
    pub async fn introspect(
        &self,
        request: IntrospectionRequest,
        credentials: Credentials,
    ) -> Result<Value, EndpointError> {
        let client = self.authenticate(&credentials).await?;
        if client.is_public() {
            return Err(EndpointError::UnauthorizedClient(
                "A public client cannot introspect tokens: it has nothing to prove itself with.".into(),
            ));
        }
        let Some(token) = request.token else {
            return Err(EndpointError::InvalidRequest("The parameter token is missing.".into()));
        };
        let hash = TokenHash::of(token.reveal());
        let now = self.clock.now();
        if let Some(grant) = self.store.tokens().access(&hash, now).await? {
            if self.may_know(&client, &grant).await? {
                return Ok(self.describe_access(&grant));
            }
        } else if let Some(refresh) = self.store.tokens().refresh(&hash).await?
            && refresh.client_id == client.id
            && refresh.presented(now) == Presented::Usable
        {
            return Ok(self.describe_refresh(&refresh));
        }
        Ok(json!({ "active": false }))
    }

    async fn may_know(&self, client: &Client, grant: &AccessGrant) -> Result<bool, EndpointError> {
        if grant.client_id == client.id {
            return Ok(true);
        }
        let Some(id) = &client.resource_server else { return Ok(false) };
        let api = self.store.apis().get(id).await?;
        Ok(api.is_some_and(|api| grant.audience.as_ref() == Some(&api.identifier)))
    }

    fn describe_access(&self, grant: &AccessGrant) -> Value {
        let sub = grant.user_id.as_ref().map_or(grant.client_id.as_str(), |user| user.as_str());
        let mut answer = json!({
            "active": true,
            "iss": self.issuer.as_str(),
            "sub": sub,
            "client_id": grant.client_id.as_str(),
            "scope": grant.scopes.to_string(),
            "token_type": Scheme::of(grant).token_type(),
            "iat": grant.issued_at.seconds(),
            "exp": grant.expires_at.seconds(),
        });
        if let Some(audience) = &grant.audience {
            answer["aud"] = json!(audience);
        }
        if let Some(actor) = &grant.actor {
            answer["act"] = json!(actor);
        }
        if let Some(jkt) = &grant.jkt {
            answer["cnf"] = json!({ "jkt": jkt });
        }
        answer
    }

    /// Without `token_type`: a refresh token is presented to this server alone.
    fn describe_refresh(&self, token: &RefreshToken) -> Value {
        let end = token.idle_expires_at.min(token.family_expires_at);
        let mut answer = json!({
            "active": true,
            "iss": self.issuer.as_str(),
            "sub": token.user_id.as_str(),
            "client_id": token.client_id.as_str(),
            "scope": token.scopes.to_string(),
            "iat": token.issued_at.seconds(),
            "exp": end.seconds(),
        });
        if let Some(jkt) = &token.jkt {
            answer["cnf"] = json!({ "jkt": jkt });
        }
        answer
    }
}
