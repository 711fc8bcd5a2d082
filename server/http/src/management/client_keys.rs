//! Public keys of applications, as PEM from whoever sets them, as a key set (RFC 7517) from then on.

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{Jwk, ThumbprintHash},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::refusal::Refusal;

/// How an application proves itself, beyond a client secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthenticationMethods {
    /// By statements that it signs with a private key (RFC 7523).
    private_key_jwt: PrivateKeyJwt,
}

/// Keys whose private halves sign such statements.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrivateKeyJwt {
    /// The public halves.
    credentials: Vec<Credential>,
}

/// A public key: a new one by its PEM, one that is there already by its id.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Credential {
    /// Names a key that is there: the thumbprint of RFC 7638, or the `kid` that it came with.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Taken, and not kept.
    #[serde(skip_serializing)]
    name: Option<String>,
    /// `public_key`
    #[serde(skip_serializing)]
    credential_type: Option<String>,
    /// The key: `-----BEGIN PUBLIC KEY-----` and so on.
    #[serde(skip_serializing)]
    pem: Option<String>,
    /// `RS256`, `RS384`, `PS256`, `ES256` or `EdDSA`; any that the key is good for unless said otherwise.
    #[serde(skip_serializing)]
    alg: Option<String>,
    /// Taken, and of no effect.
    #[serde(skip_serializing)]
    parse_expiry_from_cert: Option<bool>,
    /// Taken, and of no effect.
    #[serde(skip_serializing)]
    expires_at: Option<String>,
}

/// The keys of a set, by their names.
pub(crate) fn view(jwks: &Value) -> AuthenticationMethods {
    let keys = jwks["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let credential = |key: &Value| Credential { id: id(key), ..Credential::default() };
    AuthenticationMethods {
        private_key_jwt: PrivateKeyJwt { credentials: keys.iter().map(credential).collect() },
    }
}

/// The key set of these credentials; `known` is the one that there is.
pub(crate) fn read(methods: AuthenticationMethods, known: Option<&Value>) -> Result<Value, Refusal> {
    let keys = known.and_then(|set| set["keys"].as_array()).map(Vec::as_slice).unwrap_or_default();
    let find = |wanted: &str| keys.iter().find(|key| id(key).as_deref() == Some(wanted)).cloned();
    let read = |credential: &Credential| match (&credential.pem, &credential.id) {
        (Some(pem), _) => from_pem(pem, credential.alg.as_deref()),
        (None, Some(id)) => {
            find(id).ok_or_else(|| wrong(&format!("There is no key “{id}”. Give the key's pem.")))
        }
        (None, None) => Err(wrong("Give each key's pem, or the id of one that is there.")),
    };
    let found: Vec<Value> = methods.private_key_jwt.credentials.iter().map(read).collect::<Result<_, _>>()?;
    Ok(json!({ "keys": found }))
}

fn wrong(message: &str) -> Refusal {
    Refusal::body(format!("client_authentication_methods.private_key_jwt.credentials: {message}"))
}

fn id(key: &Value) -> Option<String> {
    match key["kid"].as_str() {
        Some(kid) => Some(kid.to_owned()),
        None => {
            let jwk: Jwk = serde_json::from_value(key.clone()).ok()?;
            jwk.thumbprint(ThumbprintHash::SHA256).ok()
        }
    }
}

fn from_pem(pem: &str, alg: Option<&str>) -> Result<Value, Refusal> {
    if pem.contains("PRIVATE KEY") {
        return Err(wrong(
            "This is a private key. Give the public key, and replace the pair: it is not private any more.",
        ));
    }
    let bytes = pem.as_bytes();
    let alg = match alg {
        None => None,
        Some(name) => match name.parse::<Algorithm>() {
            Ok(alg) if !name.starts_with("HS") => Some(alg),
            _ => return Err(wrong(&format!("{name} is not a signature algorithm that is accepted."))),
        },
    };
    let key = DecodingKey::from_rsa_pem(bytes)
        .or_else(|_| DecodingKey::from_ec_pem(bytes))
        .or_else(|_| DecodingKey::from_ed_pem(bytes));
    let jwk = key.and_then(|key| Jwk::from_decoding_key(&key, alg));
    let mut jwk = jwk.map_err(|_| wrong("This is not the PEM of an RSA, P-256 or Ed25519 public key."))?;
    let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256);
    jwk.common.key_id = thumbprint.ok();
    serde_json::to_value(jwk).map_err(|_| Refusal::Inside)
}
