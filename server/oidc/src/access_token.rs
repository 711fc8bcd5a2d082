//! Access tokens. One for a registered API is a JWT that the API can check by itself (RFC 9068); one for
//! this server is opaque. Of both the hash is stored, so that both can be revoked, introspected and
//! exchanged.

use coffer_core::{
    Scopes, Timestamp,
    api::Acting,
    authorization::AccessGrant,
    client::Client,
    ids::{FamilyId, UserId},
    rng,
};
use coffer_crypto::{Secret, TokenHash};
use serde_json::{Value, json};

use crate::{Oidc, apis::Target, error::EndpointError, grants::TokenResponse, presented::Scheme};

/// Begins every opaque access token, so that one found where it should not be can be recognised.
const PREFIX: &str = "cfa_";
/// The `typ` of a JWT access token (RFC 9068 section 2.1).
pub const TYPE: &str = "at+jwt";

/// A token that is about to be issued.
pub(crate) struct Minted<T> {
    pub(crate) token: Secret,
    pub(crate) hash: TokenHash,
    pub(crate) grant: T,
}

impl<T> Minted<T> {
    pub(crate) fn new(token: String, grant: T) -> Self {
        Self { hash: TokenHash::of(&token), token: Secret::new(token), grant }
    }
}

impl Minted<AccessGrant> {
    /// The answer that hands out this token alone.
    pub(crate) fn response(self, now: Timestamp, issued_token_type: Option<&'static str>) -> TokenResponse {
        TokenResponse {
            scheme: Scheme::of(&self.grant),
            access_token: self.token,
            issued_token_type,
            expires_in: Some(self.grant.expires_at.seconds().saturating_sub(now.seconds())),
            scopes: self.grant.scopes,
            refresh_token: None,
            id_token: None,
        }
    }
}

/// What an access token is to say.
pub(crate) struct Access<'a> {
    pub(crate) client: &'a Client,
    /// The user and their sign-in; `None` where the client acts for itself.
    pub(crate) user: Option<(&'a UserId, &'a FamilyId, Option<Timestamp>)>,
    pub(crate) scopes: &'a Scopes,
    pub(crate) target: &'a Target,
    pub(crate) actor: Option<Acting>,
    pub(crate) jkt: Option<String>,
    /// It ends no later.
    pub(crate) until: Option<Timestamp>,
}

impl Oidc {
    /// Makes an access token; the caller stores it.
    pub(crate) async fn mint_access(&self, access: Access<'_>) -> Result<Minted<AccessGrant>, EndpointError> {
        let Access { client, user, scopes, target, actor, jkt, until } = access;
        let now = self.clock.now();
        let end = now.plus_seconds(target.seconds());
        let grant = AccessGrant {
            client_id: client.id.clone(),
            user_id: user.map(|(id, _, _)| id.clone()),
            family_id: user.map(|(_, family, _)| family.clone()),
            scopes: scopes.clone(),
            audience: self.audience_of(target),
            actor,
            jkt,
            issued_at: now,
            expires_at: until.map_or(end, |until| until.min(end)),
        };
        let token = match target {
            Target::Api(api) => {
                let claims = self.claims(&grant, user.and_then(|(_, _, auth_time)| auth_time));
                let inside = |error: &dyn std::fmt::Display| EndpointError::Inside(error.to_string());
                let key =
                    self.keys.signing(api.signing_alg, grant.expires_at).await.map_err(|e| inside(&e))?;
                key.sign_as(TYPE, &claims).map_err(|e| inside(&e))?
            }
            Target::UserInfo | Target::MyAccount | Target::Management => {
                format!("{PREFIX}{}", rng::token(self.rng.as_ref()))
            }
        };
        Ok(Minted::new(token, grant))
    }

    /// The claims of RFC 9068 section 2.2, `act` of RFC 8693 section 4.1, `cnf` of RFC 9449 section 6.1.
    fn claims(&self, grant: &AccessGrant, auth_time: Option<Timestamp>) -> Value {
        let client = grant.client_id.as_str();
        let api = grant.audience.as_deref().unwrap_or_default();
        // With openid it opens user info too.
        let audience = match grant.user_id.is_some() && grant.scopes.contains("openid") {
            true => json!([api, self.issuer.at("userinfo")]),
            false => json!(api),
        };
        let mut claims = json!({
            "iss": self.issuer.as_str(),
            "sub": grant.user_id.as_ref().map_or(client, UserId::as_str),
            "aud": audience,
            "client_id": client,
            "azp": client,
            "iat": grant.issued_at.seconds(),
            "exp": grant.expires_at.seconds(),
            "jti": rng::token(self.rng.as_ref()),
            "scope": grant.scopes.to_string(),
        });
        if let Some(at) = auth_time {
            claims["auth_time"] = json!(at.seconds());
        }
        if let Some(actor) = &grant.actor {
            claims["act"] = json!(actor);
        }
        if let Some(jkt) = &grant.jkt {
            claims["cnf"] = json!({ "jkt": jkt });
        }
        claims
    }
}
