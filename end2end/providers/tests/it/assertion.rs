//! `private_key_jwt`, with the client's keys at an address of its own.

use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::{Router, extract::State, routing::get};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_providers::{Authentication, ClientMethod, Provider};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use serde_json::{Value, json};

use crate::harness::{Answer, CLIENT, NOW, World};
use crate::sandbox::{AUTHORIZE, PKCE, TOKEN, exchange};

/// A client with a key.
struct Signer {
    key: EncodingKey,
    keys: Arc<Mutex<String>>,
}

impl Signer {
    fn key() -> EncodingKey {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let text = STANDARD.encode(pair.to_pkcs8v1().unwrap());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
        EncodingKey::from_ec_pem(pem.as_bytes()).unwrap()
    }

    fn set(key: &EncodingKey) -> String {
        let mut jwk = Jwk::from_encoding_key(key, Algorithm::ES256).unwrap();
        jwk.common.key_id = Some("k1".into());
        json!({"keys": [jwk]}).to_string()
    }

    async fn start(world: &World) -> Self {
        let key = Self::key();
        let keys = Arc::new(Mutex::new(Self::set(&key)));
        let served = |State(keys): State<Arc<Mutex<String>>>| async move { keys.lock().unwrap().clone() };
        let app = Router::new().route("/jwks", get(served)).with_state(keys.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        world.providers.change(Provider::Sandbox, |settings| {
            settings.authentication = Authentication::PrivateKeyJwt;
            settings.jwks_url = Some(url);
        });
        Self { key, keys }
    }

    fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("k1".into());
        encode(&header, claims, &self.key).unwrap()
    }
}

fn claims(world: &World, jti: &str) -> Value {
    let aud = format!("{}/{TOKEN}", world.providers.base());
    json!({"iss": CLIENT, "sub": CLIENT, "aud": aud, "jti": jti, "exp": NOW + 60})
}

async fn send(world: &World, assertion: &str) -> Answer {
    let code = world.code(AUTHORIZE, &PKCE).await;
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let with = [("client_assertion_type", kind), ("client_assertion", assertion)];
    world.post(TOKEN, &[&with[..], &exchange(&code)].concat()).await
}

#[tokio::test]
async fn a_signed_assertion_is_enough_once() {
    let world = World::start().await;
    let signer = Signer::start(&world).await;
    let assertion = signer.sign(&claims(&world, "1"));
    let first = send(&world, &assertion).await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(world.providers.requests().last().unwrap().authentication, ClientMethod::PrivateKeyJwt);
    assert!(send(&world, &assertion).await.error(401, "invalid_client").contains("used before"));
    let code = world.code(AUTHORIZE, &PKCE).await;
    world.token(TOKEN, &exchange(&code)).await.error(401, "invalid_client");
}

#[tokio::test]
async fn assertions_that_do_not_hold_are_refused() {
    let world = World::start().await;
    let signer = Signer::start(&world).await;
    for (member, value, said) in [
        ("aud", json!("https://elsewhere.example"), "aud"),
        ("iss", json!("other"), "differ"),
        ("exp", json!(NOW), "expired"),
        ("exp", json!(NOW + 100_000), "too far"),
        ("jti", Value::Null, "jti"),
    ] {
        let mut claims = claims(&world, "2");
        claims[member] = value;
        let said_so = send(&world, &signer.sign(&claims)).await.error(401, "invalid_client");
        assert!(said_so.contains(said), "{said_so}");
    }
    *signer.keys.lock().unwrap() = Signer::set(&Signer::key());
    let refused = send(&world, &signer.sign(&claims(&world, "3"))).await;
    assert!(refused.error(401, "invalid_client").contains("no key"));
}
