//! ID tokens: what holds, and everything that does not (OpenID Connect Core section 3.1.3.7).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_contract::application::SigningAlgorithm;
use coffer_core::{Timestamp, clock::ManualClock, connection::Connection, ids::SigningKeyId};
use coffer_crypto::{SigningKey, signing::generate_pem};
use coffer_federation::UpstreamError;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::exchange::{NONCE, exchange};
use crate::harness::{CLIENT_ID, CLIENT_SECRET, LOOPBACK, NOW, Provider, federation, federation_with};

fn key(id: &str, alg: SigningAlgorithm) -> SigningKey {
    SigningKey::from_pem(SigningKeyId::from_text(id), alg, &generate_pem(alg).unwrap()).unwrap()
}

/// An OpenID Connect provider that answers with a given ID token.
struct Issuer {
    provider: Provider,
    connection: Connection,
    key: SigningKey,
}

impl Issuer {
    async fn with(alg: SigningAlgorithm) -> Self {
        let provider = Provider::start().await;
        let connection = provider.oidc();
        let issuer = Self { connection, provider, key: key("k1", alg) };
        issuer.publish(&[&issuer.key]);
        issuer.provider.json("/me", 200, &json!({"sub": "ada"}));
        issuer
    }

    async fn new() -> Self {
        Self::with(SigningAlgorithm::Es256).await
    }

    fn publish(&self, keys: &[&SigningKey]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.public_jwk().unwrap()).collect();
        self.provider.json("/keys", 200, &json!({ "keys": keys }));
    }

    fn claims(&self) -> Value {
        json!({
            "iss": self.provider.url(""), "aud": CLIENT_ID, "sub": "ada", "nonce": NONCE,
            "iat": NOW - 10, "exp": NOW + 300, "email": "ada@example.com", "email_verified": true,
        })
    }

    fn answer(&self, id_token: &str) {
        let body = json!({"access_token": "access", "token_type": "Bearer", "id_token": id_token});
        self.provider.json("/token", 200, &body);
    }

    /// Nobody is signed in with this token.
    async fn refuses(&self, id_token: &str, what: &str) -> String {
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

#[tokio::test]
async fn a_good_token_of_every_algorithm_is_accepted() {
    for alg in SigningAlgorithm::ALL {
        let issuer = Issuer::with(alg).await;
        issuer.answer(&issuer.key.sign(&issuer.claims()).unwrap());
        let signed_in = exchange(&federation(), &issuer.connection).await.unwrap();
        assert_eq!(signed_in.provider_user_id, "ada", "{alg:?}");
        assert_eq!(signed_in.profile.email.as_deref(), Some("ada@example.com"));
        assert!(signed_in.profile.email_verified);
        let mut claims = issuer.claims();
        claims["aud"] = json!([CLIENT_ID]);
        issuer.answer(&issuer.key.sign(&claims).unwrap());
        exchange(&federation(), &issuer.connection).await.unwrap();
    }
}

#[tokio::test]
async fn wrong_claims_are_refused() {
    let issuer = Issuer::new().await;
    for (name, value) in [
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("aud", json!("another-client")),
        ("aud", json!([CLIENT_ID, "another-client"])),
        ("aud", json!([])),
        ("iss", json!("https://evil.example")),
        ("iss", json!(issuer.provider.url("/other"))),
        ("exp", json!(NOW - 1)),
        ("exp", json!(NOW)),
        ("exp", Value::Null),
        ("sub", Value::Null),
    ] {
        let mut claims = issuer.claims();
        claims[name] = value.clone();
        issuer.refuses(&issuer.key.sign(&claims).unwrap(), &format!("{name} {value}")).await;
        claims.as_object_mut().unwrap().remove(name);
        issuer.refuses(&issuer.key.sign(&claims).unwrap(), &format!("no {name}")).await;
    }
}

#[tokio::test]
async fn wrong_signatures_are_refused() {
    let issuer = Issuer::new().await;
    let good = issuer.key.sign(&issuer.claims()).unwrap();
    let impostor = key("k1", SigningAlgorithm::Es256);
    issuer.refuses(&impostor.sign(&issuer.claims()).unwrap(), "another key under the same id").await;

    let parts: Vec<&str> = good.split('.').collect();
    let mut claims = issuer.claims();
    claims["sub"] = json!("mallory");
    let changed = URL_SAFE_NO_PAD.encode(claims.to_string());
    issuer.refuses(&format!("{}.{changed}.{}", parts[0], parts[2]), "changed claims").await;
    issuer.refuses(&format!("{}.{}.", parts[0], parts[1]), "no signature").await;
    for text in ["", "x", "a.b.c", "..", parts[1]] {
        issuer.refuses(text, text).await;
    }
}

#[tokio::test]
async fn unsigned_and_symmetric_tokens_are_refused() {
    let issuer = Issuer::new().await;
    let payload = URL_SAFE_NO_PAD.encode(issuer.claims().to_string());
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"None","kid":"k1"}"#, r#"{"alg":"none","kid":"k1"}"#] {
        let header = URL_SAFE_NO_PAD.encode(header);
        issuer.refuses(&format!("{header}.{payload}."), "alg none").await;
    }
    // Signed with what the provider and others know: the client secret, or the public key itself.
    let public = issuer.key.public_jwk().unwrap().to_string();
    for secret in [CLIENT_SECRET, public.as_str()] {
        for alg in [Algorithm::HS256, Algorithm::HS512] {
            let mut header = Header::new(alg);
            header.kid = Some("k1".into());
            let key = EncodingKey::from_secret(secret.as_bytes());
            let token = jsonwebtoken::encode(&header, &issuer.claims(), &key).unwrap();
            issuer.refuses(&token, "symmetric").await;
        }
    }
}

#[tokio::test]
async fn there_must_be_a_token() {
    let issuer = Issuer::new().await;
    issuer.provider.json("/token", 200, &json!({"access_token": "access", "token_type": "Bearer"}));
    let error = exchange(&federation(), &issuer.connection).await.unwrap_err();
    assert!(matches!(error, UpstreamError::IdToken(_)), "{error}");
}

#[tokio::test]
async fn a_new_key_is_looked_for_but_not_all_the_time() {
    let issuer = Issuer::new().await;
    let clock = ManualClock::new(Timestamp::from_seconds(NOW));
    let federation = federation_with(LOOPBACK, Duration::from_secs(20), clock.clone());
    issuer.answer(&issuer.key.sign(&issuer.claims()).unwrap());
    exchange(&federation, &issuer.connection).await.unwrap();

    let next = key("k2", SigningAlgorithm::Es256);
    issuer.publish(&[&issuer.key, &next]);
    issuer.answer(&next.sign(&issuer.claims()).unwrap());
    let error = exchange(&federation, &issuer.connection).await.unwrap_err();
    assert!(error.to_string().contains("does not list"), "{error}");
    assert_eq!(issuer.provider.seen("/keys").len(), 1, "strangers cannot make Coffer ask without end");
    clock.advance_seconds(31);
    exchange(&federation, &issuer.connection).await.unwrap();
    exchange(&federation, &issuer.connection).await.unwrap();
    assert_eq!(issuer.provider.seen("/keys").len(), 2);
}

#[tokio::test]
async fn a_key_set_that_is_none_is_not_kept() {
    let issuer = Issuer::new().await;
    let federation = federation();
    issuer.answer(&issuer.key.sign(&issuer.claims()).unwrap());
    for body in ["<p>", "{}", "[]"] {
        issuer.provider.text("/keys", 200, "application/json", body);
        assert!(exchange(&federation, &issuer.connection).await.is_err(), "{body}");
    }
    issuer.publish(&[&issuer.key]);
    exchange(&federation, &issuer.connection).await.unwrap();
}

#[tokio::test]
async fn user_info_must_be_about_the_same_person() {
    let issuer = Issuer::new().await;
    issuer.answer(&issuer.key.sign(&issuer.claims()).unwrap());
    for info in [json!({"sub": "mallory"}), json!({"sub": 7}), json!({"email": "mallory@example.com"})] {
        issuer.provider.json("/me", 200, &info);
        let error = exchange(&federation(), &issuer.connection).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Answer(_)), "{info}: {error}");
    }
}

#[tokio::test]
async fn one_address_does_not_vouch_for_another() {
    let issuer = Issuer::new().await;
    issuer.answer(&issuer.key.sign(&issuer.claims()).unwrap());
    issuer.provider.json("/me", 200, &json!({"sub": "ada", "email": "other@example.com"}));
    let profile = exchange(&federation(), &issuer.connection).await.unwrap().profile;
    assert_eq!((profile.email.as_deref(), profile.email_verified), (Some("other@example.com"), false));
    issuer.provider.json("/me", 200, &json!({"sub": "ada", "email": "ada@example.com"}));
    assert!(exchange(&federation(), &issuer.connection).await.unwrap().profile.email_verified);
}
