//! Key pairs of clients, and what they sign.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_contract::application::SigningAlgorithm;
use coffer_core::{SystemRng, ids::SigningKeyId, rng};
use coffer_crypto::{Secret, SigningKey, signing::generate_pem};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::{ISSUER, Registered, Server};

/// A client's key.
pub struct Key {
    pem: Secret,
    alg: SigningAlgorithm,
    /// The public half, without `kid` and `alg`.
    pub public: Value,
}

impl Key {
    pub fn new(alg: SigningAlgorithm) -> Self {
        let pem = generate_pem(alg).unwrap();
        let key = SigningKey::from_pem(SigningKeyId::from_text("k"), alg, &pem).unwrap();
        let mut public = key.public_jwk().unwrap();
        for name in ["kid", "alg", "use"] {
            public.as_object_mut().unwrap().remove(name);
        }
        Self { pem, alg, public }
    }

    pub fn named(&self, kid: &str) -> Value {
        let mut public = self.public.clone();
        public["kid"] = json!(kid);
        public
    }

    /// Thumbprint of an elliptic curve's key (RFC 7638).
    pub fn thumbprint(&self) -> String {
        let [crv, x, y] = ["crv", "x", "y"].map(|name| self.public[name].clone());
        let text = format!(r#"{{"crv":{crv},"kty":"EC","x":{x},"y":{y}}}"#);
        URL_SAFE_NO_PAD.encode(Sha256::digest(text))
    }

    pub fn sign(&self, mut header: Value, claims: &Value) -> String {
        let bytes = self.pem.reveal().as_bytes();
        let (key, alg) = match self.alg {
            SigningAlgorithm::Rs256 => (EncodingKey::from_rsa_pem(bytes), Algorithm::RS256),
            SigningAlgorithm::Es256 => (EncodingKey::from_ec_pem(bytes), Algorithm::ES256),
            SigningAlgorithm::EdDsa => (EncodingKey::from_ed_pem(bytes), Algorithm::EdDSA),
        };
        if header.get("alg").is_none() {
            header["alg"] = json!(self.alg.code());
        }
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        format!("{signed}.{}", crypto::sign(signed.as_bytes(), &key.unwrap(), alg).unwrap())
    }

    /// A client assertion that is good (OpenID Connect Core section 9).
    pub fn assertion(&self, server: &Server, client: &Registered) -> String {
        self.sign(json!({"typ": "JWT"}), &assertion_claims(server, client))
    }

    /// A proof of possession for a request (RFC 9449 section 4.2).
    pub fn proof(&self, server: &Server, method: &str, path: &str, token: Option<&str>) -> String {
        let mut claims = json!({
            "jti": rng::token(&SystemRng),
            "htm": method,
            "htu": format!("{}{}", ISSUER.trim_end_matches('/'), path),
            "iat": server.now(),
        });
        if let Some(token) = token {
            claims["ath"] = json!(URL_SAFE_NO_PAD.encode(Sha256::digest(token)));
        }
        self.sign(json!({"typ": "dpop+jwt", "jwk": self.public}), &claims)
    }
}

pub fn assertion_claims(server: &Server, client: &Registered) -> Value {
    json!({
        "iss": client.id.as_str(), "sub": client.id.as_str(), "aud": ISSUER,
        "jti": rng::token(&SystemRng), "iat": server.now(), "exp": server.now() + 60,
    })
}
