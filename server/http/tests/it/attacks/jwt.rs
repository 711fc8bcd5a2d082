//! Forged and confused signed statements (RFC 8725): ID tokens as hints, client assertions, proofs of possession.
//! What providers sign is tried in server/federation/tests/it/id_token.rs, client assertions and proofs claim by
//! claim in `client_assertion`, `dpop` and the unit tests of server/oidc.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_contract::application::SigningAlgorithm;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{application, authorize};
use crate::browser::{Browser, param, redirected};
use crate::client_assertion::with_keys;
use crate::harness::{CALLBACK, ISSUER, Registered, Server, VERIFIER};
use crate::keys::{Key, assertion_claims};

/// What a JWT says, checked by nobody.
pub(super) fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", encode(header), encode(claims))
}

async fn id_token(server: &Server, client: &Registered) -> String {
    let tokens = server.redeem(client, &server.code(client).await).await.json();
    tokens["id_token"].as_str().unwrap().to_owned()
}

/// The ways to forge a token of this server's: no signature, its public key as a secret, another key under its
/// id, another issuer, a signature of something else.
async fn forgeries(server: &Server, client: &Registered, good: &str) -> Vec<(&'static str, String)> {
    let kid = jsonwebtoken::decode_header(good).unwrap().kid.unwrap();
    let claims = claims(good);
    let key_set = server.get("/.well-known/jwks.json").await.json();
    let public = key_set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid.as_str()).unwrap();
    let symmetric = |alg: Algorithm, secret: &str| {
        let mut header = Header::new(alg);
        header.kid = Some(kid.clone());
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
    };
    let own = Key::new(SigningAlgorithm::Es256);
    let mut elsewhere = claims.clone();
    elsewhere["iss"] = json!("https://evil.example/");
    let mut victim = claims.clone();
    victim["sub"] = json!("oauth2|provider|victim");
    let parts: Vec<&str> = good.split('.').collect();
    let swapped = URL_SAFE_NO_PAD.encode(victim.to_string());
    vec![
        ("alg none", unsigned(&json!({"alg": "none", "kid": kid}), &claims)),
        ("alg None", unsigned(&json!({"alg": "None", "kid": kid}), &claims)),
        ("no alg", unsigned(&json!({"kid": kid}), &claims)),
        ("HS256 with the public key", symmetric(Algorithm::HS256, &public.to_string())),
        ("HS256 with its coordinate", symmetric(Algorithm::HS256, public["x"].as_str().unwrap())),
        ("HS512 with the client's secret", symmetric(Algorithm::HS512, &client.secret)),
        ("another key under the id", own.sign(json!({"typ": "JWT", "kid": kid}), &claims)),
        ("a key in the header", own.sign(json!({"typ": "JWT", "kid": kid, "jwk": own.public}), &claims)),
        ("a key at an address", own.sign(json!({"jku": "https://evil.example/jwks", "kid": kid}), &claims)),
        ("an unknown key", own.sign(json!({"typ": "JWT", "kid": "../../etc/passwd"}), &claims)),
        ("no key id", own.sign(json!({"typ": "JWT"}), &claims)),
        ("another issuer", own.sign(json!({"kid": kid}), &elsewhere)),
        ("other claims", format!("{}.{swapped}.{}", parts[0], parts[2])),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("an empty one", String::new()),
    ]
}

/// A forged hint neither names the person to `/authorize` nor signs anybody out without a question.
#[tokio::test]
async fn forged_id_tokens_are_no_hints() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let good = id_token(&server, &client).await;
    let taken = redirected(&server.get(&authorize(&client, &[("id_token_hint", &good)])).await);
    assert_eq!(taken.path(), "/u/sign-in", "{taken}");
    for (name, forged) in forgeries(&server, &client, &good).await.iter().filter(|(_, text)| !text.is_empty())
    {
        let refused = redirected(&server.get(&authorize(&client, &[("id_token_hint", forged)])).await);
        assert_eq!(param(&refused, "error"), "invalid_request", "{name}: {refused}");
    }
}

/// Typ confusion (RFC 8725 section 3.11): an access token of RFC 9068, or a logout token, is signed by this
/// server with the same keys, and yet no ID token. The API that was sent one must not use it to sign out.
#[tokio::test]
async fn access_and_logout_tokens_do_not_pass_for_id_tokens() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let good = id_token(&server, &client).await;
    let key = server.signing_key(SigningAlgorithm::Es256).await;
    for typ in ["at+jwt", "application/at+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt"] {
        let other = key.sign_as(typ, &claims(&good)).unwrap();
        let refused = redirected(&server.get(&authorize(&client, &[("id_token_hint", &other)])).await);
        assert_eq!(param(&refused, "error"), "invalid_request", "{typ}: {refused}");
    }
}

/// The same tricks on a client's assertion, by somebody who is not the client, and statements that the client
/// signed for something else.
#[tokio::test]
async fn forged_and_confused_client_assertions_are_refused() {
    let server = Server::start().await;
    let key = Key::new(SigningAlgorithm::Es256);
    let client = with_keys(&server, |client| client.jwks = Some(json!({"keys": [key.named("k")]}))).await;
    let good = assertion_claims(&server, &client);
    let other = Key::new(SigningAlgorithm::Es256);
    let symmetric = |secret: &str| {
        jsonwebtoken::encode(
            &Header::new(Algorithm::HS256),
            &good,
            &EncodingKey::from_secret(secret.as_bytes()),
        )
        .unwrap()
    };
    let mut provider = good.clone();
    provider["aud"] = json!("https://provider.example/token");
    for (name, assertion) in [
        ("alg none", unsigned(&json!({"alg": "none", "kid": "k"}), &good)),
        ("HS256 with the public key", symmetric(&key.public.to_string())),
        ("HS256 with the client id", symmetric(client.id.as_str())),
        ("a key in the header", other.sign(json!({"kid": "k", "jwk": other.public}), &good)),
        ("a key at an address", other.sign(json!({"kid": "k", "jku": "https://evil.example"}), &good)),
        ("another key id", key.sign(json!({"kid": "another"}), &good)),
        ("crit", key.sign(json!({"kid": "k", "crit": ["exp"]}), &good)),
        ("for another server", key.sign(json!({"kid": "k"}), &provider)),
        ("a proof of possession", key.proof(&server, "POST", "/oauth/token", None)),
    ] {
        let code = server.code(&client).await;
        let answer = server
            .token(&[
                ("grant_type", "authorization_code"),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", &assertion),
                ("client_id", client.id.as_str()),
                ("code", &code),
                ("redirect_uri", CALLBACK),
                ("code_verifier", VERIFIER),
            ])
            .await;
        assert_eq!(answer.refusal(), (401, "invalid_client".into()), "{name}: {}", answer.text);
    }
}

/// Whatever is forged, an access token is looked up and its claims are never believed (decision 8).
#[tokio::test]
async fn a_forged_access_token_opens_nothing() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let good = id_token(&server, &client).await;
    let mut all = forgeries(&server, &client, &good).await;
    all.push(("an ID token", good));
    for (name, token) in all {
        assert_eq!(server.userinfo(&token).await.status, 401, "{name}");
        assert_eq!(server.bearer("GET", "/api/v2/clients", &token, None).await.status, 401, "{name}");
        let accounts = server.bearer("GET", "/me/v1/connected-accounts/accounts", &token, None).await;
        assert_eq!(accounts.status, 401, "{name}");
    }
    assert!(Browser::default().cookie.is_none() && ISSUER.ends_with('/'));
}
