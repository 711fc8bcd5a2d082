//! The user-info endpoint (OpenID Connect Core section 5.3).

use coffer_crypto::{Secret, TokenHash};
use serde_json::{Map, Value};

use crate::{Oidc, error::EndpointError, id_token::claims_about};

impl Oidc {
    /// The claims that the bearer token opens.
    pub async fn userinfo(&self, bearer: Option<&Secret>) -> Result<Map<String, Value>, EndpointError> {
        let token =
            bearer.ok_or(EndpointError::InvalidToken("Send an access token as Authorization: Bearer."))?;
        let hash = TokenHash::of(token.reveal());
        let Some(grant) = self.store.tokens().access(&hash, self.clock.now()).await? else {
            return Err(EndpointError::InvalidToken("The access token is unknown, expired or revoked."));
        };
        if !grant.scopes.contains("openid") {
            return Err(EndpointError::InsufficientScope("The access token lacks the scope openid."));
        }
        let Some(user_id) = &grant.user_id else {
            return Err(EndpointError::InvalidToken("The access token is not about a user."));
        };
        let Some(user) = self.store.users().get(user_id).await? else {
            return Err(EndpointError::InvalidToken("The user was deleted."));
        };
        Ok(claims_about(&user, &grant.scopes))
    }
}
