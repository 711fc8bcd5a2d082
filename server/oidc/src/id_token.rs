//! ID tokens and the claims about a user (OpenID Connect Core sections 2 and 5).

use coffer_core::{Scopes, authorization::SignIn, client::Client, user::User};
use serde_json::{Map, Value, json};

use crate::{Oidc, error::EndpointError};

/// Seconds that an ID token is valid.
pub const ID_TOKEN_SECONDS: i64 = 3600;

/// The claims that `scopes` open (OpenID Connect Core section 5.4), `sub` among them.
pub fn claims_about(user: &User, scopes: &Scopes) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    let profile = &user.profile;
    let text = |value: &Option<String>| value.clone().map(Value::String);
    put("sub", Some(json!(user.id.as_str())));
    if scopes.contains("profile") {
        put("name", text(&profile.name));
        put("given_name", text(&profile.given_name));
        put("family_name", text(&profile.family_name));
        put("nickname", text(&profile.nickname));
        put("preferred_username", text(&profile.preferred_username));
        put("picture", text(&profile.picture));
        put("locale", text(&profile.locale));
        put("updated_at", Some(json!(user.updated_at.seconds())));
    }
    if scopes.contains("email") && profile.email.is_some() {
        put("email", text(&profile.email));
        put("email_verified", Some(json!(profile.email_verified)));
    }
    claims
}

impl Oidc {
    /// A signed ID token for `client`.
    pub(crate) async fn id_token(
        &self,
        client: &Client,
        user: &User,
        scopes: &Scopes,
        sign_in: &SignIn,
        nonce: Option<&str>,
    ) -> Result<String, EndpointError> {
        let now = self.clock.now();
        let until = now.plus_seconds(ID_TOKEN_SECONDS);
        let mut claims = claims_about(user, scopes);
        for (name, value) in [
            ("iss", json!(self.issuer.as_str())),
            ("aud", json!(client.id.as_str())),
            ("iat", json!(now.seconds())),
            ("exp", json!(until.seconds())),
            ("auth_time", json!(sign_in.auth_time.seconds())),
            ("sid", json!(sign_in.session_id)),
        ] {
            claims.insert(name.to_owned(), value);
        }
        if let Some(nonce) = nonce {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        let inside = |error: &dyn std::fmt::Display| EndpointError::Inside(error.to_string());
        let key = self.keys.signing(client.id_token_alg, until).await.map_err(|e| inside(&e))?;
        key.sign(&claims).map_err(|e| inside(&e))
    }
}
