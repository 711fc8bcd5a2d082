//! ID tokens: what holds, and everything that does not (OpenID Connect Core section 3.1.3.7).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_contract::application::SigningAlgorithm;
use coffer_federation::UpstreamError;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::exchange::exchange;
use crate::harness::{CLIENT_ID, CLIENT_SECRET, NOW, federation};
use crate::issuer::{Issuer, key};

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
