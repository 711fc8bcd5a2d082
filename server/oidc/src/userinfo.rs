//! The user-info endpoint (OpenID Connect Core section 5.3).

use serde_json::{Map, Value};

use crate::{
    Oidc,
    error::EndpointError,
    id_token::claims_about,
    presented::{Presented, TokenError},
};

impl Oidc {
    /// The claims that the access token opens.
    pub async fn userinfo(&self, presented: &Presented) -> Result<Map<String, Value>, EndpointError> {
        let grant = self.presented(presented).await?;
        if !grant.scopes.contains("openid") {
            return Err(EndpointError::InsufficientScope("The access token lacks the scope openid."));
        }
        let Some(user_id) = &grant.user_id else {
            return Err(TokenError::Invalid("The access token is not about a user.").into());
        };
        let Some(user) = self.store.users().get(user_id).await? else {
            return Err(TokenError::Invalid("The user was deleted.").into());
        };
        Ok(claims_about(&user, &grant.scopes))
    }
}
