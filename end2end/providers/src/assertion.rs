//! `private_key_jwt`: clients that sign an assertion (RFC 7523 section 3, OpenID Connect Core section 9).

use std::time::Duration;

use coffer_core::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::Deserialize;
use serde_json::Value;

use crate::call::Call;

/// The value of `client_assertion_type`.
const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Longest life of an assertion that is accepted, in seconds.
const LONGEST_LIFE: i64 = 3600;
const ALGORITHMS: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    exp: i64,
    jti: Option<String>,
}

/// The id of the client that signed the request's assertion for one of `audiences`; or what is wrong.
pub(crate) async fn client(call: &Call, audiences: &[String]) -> Result<String, String> {
    if call.form.get("client_assertion_type") != Some(TYPE) {
        return Err("client_assertion_type is missing or unknown".into());
    }
    let assertion = call.form.get("client_assertion").ok_or("client_assertion is missing")?;
    let claims = verified(assertion, &keys(call).await?)?;
    let now = call.now();
    let addressed = match &claims.aud {
        Value::String(one) => audiences.contains(one),
        Value::Array(many) => {
            many.iter().any(|one| one.as_str().is_some_and(|a| audiences.iter().any(|b| a == b)))
        }
        _ => false,
    };
    let named = call.form.get("client_id");
    match () {
        () if claims.iss != claims.sub => Err("iss and sub differ".into()),
        () if named.is_some_and(|id| id != claims.sub) => Err("client_id and sub differ".into()),
        () if !addressed => Err("aud is not this server".into()),
        () if claims.exp <= now.seconds() => Err("the assertion expired".into()),
        () if claims.exp > now.seconds() + LONGEST_LIFE => Err("exp is too far away".into()),
        () => once(call, claims),
    }
}

/// OpenID Connect Core section 9: `jti` must be there, and is used only once.
fn once(call: &Call, claims: Claims) -> Result<String, String> {
    let jti = claims.jti.ok_or("jti is missing")?;
    let end = Timestamp::from_seconds(claims.exp);
    let fresh = call.place(|place| place.assertions.insert(format!("{}\n{jti}", claims.iss), end).is_none());
    if fresh { Ok(claims.sub) } else { Err("the assertion was used before".into()) }
}

fn verified(assertion: &str, keys: &JwkSet) -> Result<Claims, String> {
    let header = decode_header(assertion).map_err(|_| "the assertion is no JWT")?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err("the assertion's algorithm is not accepted".into());
    }
    // Times are compared with the clock that was given, not with the machine's.
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let fits = |id: &Option<String>| header.kid.is_none() || *id == header.kid;
    let mut candidates = keys.keys.iter().filter(|key| fits(&key.common.key_id));
    let claims = candidates.find_map(|key| {
        let key = DecodingKey::from_jwk(key).ok()?;
        decode::<Claims>(assertion, &key, &validation).ok()
    });
    claims.map(|data| data.claims).ok_or_else(|| "no key of the client verifies the assertion".into())
}

/// The clients' keys, fetched anew each time: a test may have rotated them.
async fn keys(call: &Call) -> Result<JwkSet, String> {
    let url = call.place(|place| place.settings.jwks_url.clone()).ok_or("jwks_url is not set")?;
    let request = call.providers.outbound().get(url).timeout(Duration::from_secs(10));
    let answer = request.send().await.map_err(|_| "the client's keys cannot be fetched")?;
    let bytes = answer.bytes().await.map_err(|_| "the client's keys cannot be fetched")?;
    serde_json::from_slice(&bytes).map_err(|_| "the client's keys are no JWK Set".into())
}
