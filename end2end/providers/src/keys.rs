//! The key that signs ID tokens.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, PublicKeyUse},
};
use serde_json::{Value, json};
use thiserror::Error;

const ID: &str = "provider-key";

/// An RSA key pair, ready to sign.
#[derive(Clone)]
pub(crate) struct Keys(Arc<Pair>);

struct Pair {
    key: EncodingKey,
    public: Value,
}

/// The key could not be made or used.
#[derive(Clone, Debug, Error)]
#[error("signing key: {0}")]
pub struct KeyError(String);

fn failed(what: impl std::fmt::Display) -> KeyError {
    KeyError(what.to_string())
}

impl Keys {
    /// The key of this process. One is enough, and making one takes long.
    pub(crate) fn shared() -> Result<Self, KeyError> {
        static KEYS: OnceLock<Result<Keys, KeyError>> = OnceLock::new();
        KEYS.get_or_init(Self::generate).clone()
    }

    fn generate() -> Result<Self, KeyError> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
        let text = STANDARD.encode(der.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(failed)?;
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).map_err(failed)?;
        jwk.common.key_id = Some(ID.to_owned());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let public = serde_json::to_value(&jwk).map_err(failed)?;
        Ok(Self(Arc::new(Pair { key, public })))
    }

    /// The public half as a JWK Set (RFC 7517 section 5).
    pub(crate) fn set(&self) -> Value {
        json!({"keys": [self.0.public]})
    }

    /// A JWT of `claims`.
    pub(crate) fn sign(&self, claims: &Value) -> Result<String, KeyError> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(ID.to_owned());
        jsonwebtoken::encode(&header, claims, &self.0.key).map_err(failed)
    }
}
