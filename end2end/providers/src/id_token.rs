//! ID tokens (OpenID Connect Core section 2).

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_core::Scopes;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    answer::{self, Refused},
    call::Call,
    person::Person,
};

/// Seconds that ID tokens live.
const LIFE: i64 = 3600;

/// The claims about a person that the scopes `profile` and `email` bring (section 5.4).
pub(crate) fn claims(person: &Person<'_>, scopes: &Scopes) -> Map<String, Value> {
    let mut claims = Map::new();
    if scopes.contains("profile") {
        claims.insert("name".into(), json!(person.name()));
        claims.insert("given_name".into(), json!(person.given_name()));
        claims.insert("family_name".into(), json!(person.family_name()));
        claims.insert("picture".into(), json!(person.picture()));
    }
    if scopes.contains("email") {
        claims.insert("email".into(), json!(person.email()));
        claims.insert("email_verified".into(), json!(true));
    }
    claims.retain(|_, value| !value.is_null());
    claims
}

/// A signed ID token: what every one has, and the `claims`, `sub` among them.
pub(crate) fn signed(
    call: &Call,
    issuer: &str,
    client_id: &str,
    nonce: Option<&str>,
    mut claims: Map<String, Value>,
) -> Result<String, Refused> {
    let now = call.now().seconds();
    claims.extend([
        ("iss".to_owned(), json!(issuer)),
        ("aud".to_owned(), json!(client_id)),
        ("iat".to_owned(), json!(now)),
        ("exp".to_owned(), json!(now + LIFE)),
    ]);
    if let Some(nonce) = nonce {
        claims.insert("nonce".into(), json!(nonce));
    }
    let signed = call.providers.keys().sign(&Value::Object(claims));
    signed.map_err(|_| answer::text(StatusCode::INTERNAL_SERVER_ERROR, "The ID token was not signed.").into())
}

/// `at_hash` (section 3.1.3.6), for RS256.
pub(crate) fn at_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token)[..16])
}
