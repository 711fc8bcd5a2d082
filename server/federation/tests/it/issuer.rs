//! An OpenID Connect provider whose ID tokens a test makes.

use coffer_contract::application::SigningAlgorithm;
use coffer_core::{connection::Connection, ids::SigningKeyId};
use coffer_crypto::{SigningKey, signing::generate_pem};
use coffer_federation::UpstreamError;
use serde_json::{Value, json};

use crate::exchange::{NONCE, exchange};
use crate::harness::{CLIENT_ID, NOW, Provider, federation};

pub fn key(id: &str, alg: SigningAlgorithm) -> SigningKey {
    SigningKey::from_pem(SigningKeyId::from_text(id), alg, &generate_pem(alg).unwrap()).unwrap()
}

/// An OpenID Connect provider that answers with a given ID token.
pub struct Issuer {
    pub provider: Provider,
    pub connection: Connection,
    pub key: SigningKey,
}

impl Issuer {
    pub async fn with(alg: SigningAlgorithm) -> Self {
        let provider = Provider::start().await;
        let connection = provider.oidc();
        let issuer = Self { connection, provider, key: key("k1", alg) };
        issuer.publish(&[&issuer.key]);
        issuer.provider.json("/me", 200, &json!({"sub": "ada"}));
        issuer
    }

    pub async fn new() -> Self {
        Self::with(SigningAlgorithm::Es256).await
    }

    pub fn publish(&self, keys: &[&SigningKey]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.public_jwk().unwrap()).collect();
        self.provider.json("/keys", 200, &json!({ "keys": keys }));
    }

    pub fn claims(&self) -> Value {
        json!({
            "iss": self.provider.url(""), "aud": CLIENT_ID, "sub": "ada", "nonce": NONCE,
            "iat": NOW - 10, "exp": NOW + 300, "email": "ada@example.com", "email_verified": true,
        })
    }

    pub fn answer(&self, id_token: &str) {
        let body = json!({"access_token": "access", "token_type": "Bearer", "id_token": id_token});
        self.provider.json("/token", 200, &body);
    }

    /// Nobody is signed in with this token.
    pub async fn refuses(&self, id_token: &str, what: &str) -> String {
        self.answer(id_token);
        match exchange(&federation(), &self.connection).await {
            Err(UpstreamError::IdToken(reason)) => {
                assert!(self.provider.seen("/me").is_empty(), "{what}: user info was asked all the same");
                reason
            }
            other => panic!("{what}: {other:?}"),
        }
    }
}
