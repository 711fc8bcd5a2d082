//! `private_key_jwt` (RFC 7523, OpenID Connect Core section 9), with keys registered and keys fetched.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_contract::application::{GrantType, SigningAlgorithm, TokenEndpointAuthMethod};
use coffer_core::{audit::EventCode, client::Client};
use serde_json::{Value, json};

use crate::harness::{CALLBACK, ISSUER, Registered, Server, VERIFIER};
use crate::keys::{Key, assertion_claims};
use crate::publisher::Publisher;

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client that proves itself with a key of its own, and may use every grant.
pub async fn with_keys(server: &Server, change: impl FnOnce(&mut Client)) -> Registered {
    server
        .register_with(|client| {
            client.auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
            client.grants = GrantType::ALL.to_vec();
            change(client);
        })
        .await
}

/// Exchanges a new code with an assertion, without naming the client otherwise.
async fn exchange(server: &Server, client: &Registered, assertion: &str) -> (u16, String) {
    let code = server.code(client).await;
    let answer = server
        .token(&[
            ("grant_type", "authorization_code"),
            ("client_assertion_type", TYPE),
            ("client_assertion", assertion),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ])
        .await;
    answer.refusal()
}

fn refused() -> (u16, String) {
    (401, "invalid_client".into())
}

#[tokio::test]
async fn an_assertion_proves_its_client_once() {
    for alg in SigningAlgorithm::ALL {
        let server = Server::start().await;
        let key = Key::new(alg);
        let client = with_keys(&server, |client| client.jwks = Some(json!({"keys": [key.public]}))).await;
        let assertion = key.assertion(&server, &client);
        assert_eq!(exchange(&server, &client, &assertion).await, (200, "-".into()), "{alg:?}");
        assert_eq!(exchange(&server, &client, &assertion).await, refused(), "a second time");
        assert_eq!(server.events(EventCode::TokenClientRefused).await, 1);
        let another = key.assertion(&server, &client);
        server.clock.advance_seconds(120);
        assert_eq!(exchange(&server, &client, &another).await, refused(), "expired");
        let other = with_keys(&server, |_| {}).await;
        assert_eq!(exchange(&server, &client, &key.assertion(&server, &other)).await, refused());
        assert_eq!(exchange(&server, &client, &Key::new(alg).assertion(&server, &client)).await, refused());
        assert_eq!(exchange(&server, &client, "nonsense").await, refused());
    }
}

/// The audience is this server: its issuer, its token endpoint, or the endpoint that is called.
#[tokio::test]
async fn the_audience_is_this_server() {
    let server = Server::start().await;
    let key = Key::new(SigningAlgorithm::Es256);
    let client = with_keys(&server, |client| client.jwks = Some(json!({"keys": [key.public]}))).await;
    let with = |aud: Value| {
        let mut claims = assertion_claims(&server, &client);
        claims["aud"] = aud;
        key.sign(json!({}), &claims)
    };
    for aud in [json!("https://coffer.example"), json!(format!("{ISSUER}oauth/token")), json!([ISSUER])] {
        let (status, _) = exchange(&server, &client, &with(aud.clone())).await;
        assert_eq!(status, 200, "{aud}");
    }
    for aud in [json!("https://evil.example/"), json!(format!("{ISSUER}oauth/revoke")), json!([])] {
        assert_eq!(exchange(&server, &client, &with(aud.clone())).await, refused(), "{aud}");
    }
    let revoke = async |aud: String| {
        let assertion = with(json!(aud));
        server
            .form(
                "/oauth/revoke",
                &[("client_assertion_type", TYPE), ("client_assertion", &assertion), ("token", "unknown")],
            )
            .await
            .status
    };
    assert_eq!(revoke(format!("{ISSUER}oauth/revoke")).await, 200);
    assert_eq!(revoke(ISSUER.into()).await, 200);
    assert_eq!(revoke(format!("{ISSUER}userinfo")).await, 401);
}

/// RFC 6749 section 2.3: one way of proof; and the one that the client is registered for.
#[tokio::test]
async fn there_is_one_way_of_proof() {
    let server = Server::start().await;
    let key = Key::new(SigningAlgorithm::Es256);
    let client = with_keys(&server, |client| client.jwks = Some(json!({"keys": [key.public]}))).await;
    let web = server
        .register_with(|client| {
            client.grants = GrantType::ALL.to_vec();
            client.jwks = Some(json!({"keys": [key.public]}));
        })
        .await;
    let ask = async |client: &Registered, fields: &[(&str, &str)]| {
        let assertion = key.assertion(&server, client);
        let mut all = vec![("grant_type", "refresh_token"), ("client_assertion", assertion.as_str())];
        all.extend_from_slice(fields);
        server.token(&all).await.refusal()
    };
    let kind = ("client_assertion_type", TYPE);
    let wrong = (400, "invalid_request".to_owned());
    assert_eq!(ask(&client, &[kind, ("client_secret", "x")]).await, wrong);
    assert_eq!(ask(&client, &[]).await, wrong);
    assert_eq!(ask(&client, &[("client_assertion_type", "urn:x")]).await, wrong);
    assert_eq!(ask(&client, &[kind, ("client_id", web.id.as_str())]).await, wrong);
    assert_eq!(ask(&web, &[kind]).await, wrong, "registered for a secret");
    let secret = [("grant_type", "refresh_token"), ("client_id", client.id.as_str()), ("client_secret", "x")];
    assert_eq!(server.token(&secret).await.refusal(), refused());
    let nothing = [("grant_type", "refresh_token"), ("client_id", client.id.as_str())];
    assert_eq!(server.token(&nothing).await.refusal(), refused());
}

/// RFC 6749 section 2.3.1: the header must be supported; the body may be.
#[tokio::test]
async fn a_secret_proves_the_client_in_the_header_as_in_the_body() {
    let server = Server::start().await;
    let client = server.web().await;
    let refresh = server.signed_in(&client).await;
    let ask = async |secret: &str, further: &str| {
        let basic = STANDARD.encode(format!("{}:{secret}", client.id));
        let request = axum::http::Request::post("/oauth/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", format!("Basic {basic}"))
            .body(axum::body::Body::from(format!(
                "grant_type=refresh_token&refresh_token={refresh}{further}"
            )));
        server.send(request.unwrap()).await
    };
    assert_eq!(ask("wrong", "").await.refusal(), refused());
    assert_eq!(ask(&client.secret, "&client_secret=x").await.refusal(), (400, "invalid_request".into()));
    assert_eq!(ask(&client.secret, "").await.status, 200);
}

/// Keys behind `jwks_uri`: kept, and looked for anew when one is not known, though not all the time.
#[tokio::test]
async fn keys_are_fetched_and_looked_for_again() {
    let publisher = Publisher::start().await;
    let server = Server::reaching_loopback().await;
    let (first, second) = (Key::new(SigningAlgorithm::Es256), Key::new(SigningAlgorithm::Es256));
    publisher.json("/keys", &json!({"keys": [first.named("a")]}));
    let client = with_keys(&server, |client| client.jwks_uri = Some(publisher.url("/keys"))).await;
    let by = |key: &Key, kid: &str| key.sign(json!({"kid": kid}), &assertion_claims(&server, &client));
    assert_eq!(exchange(&server, &client, &by(&first, "a")).await.0, 200);
    assert_eq!(exchange(&server, &client, &by(&first, "a")).await.0, 200);
    assert_eq!(publisher.count("/keys"), 1);
    publisher.json("/keys", &json!({"keys": [first.named("a"), second.named("b"), {"kty": "unknown"}]}));
    assert_eq!(
        exchange(&server, &client, &by(&second, "b")).await,
        refused(),
        "too soon after the last look"
    );
    assert_eq!(publisher.count("/keys"), 1);
    server.clock.advance_seconds(31);
    assert_eq!(exchange(&server, &client, &by(&second, "b")).await.0, 200);
    assert_eq!(publisher.count("/keys"), 2);
    for _ in 0..5 {
        assert_eq!(exchange(&server, &client, &by(&Key::new(SigningAlgorithm::Es256), "z")).await, refused());
    }
    assert_eq!(publisher.count("/keys"), 2, "strangers cannot make it ask without end");
    publisher.status("/keys", 500);
    server.clock.advance_seconds(31);
    assert_eq!(exchange(&server, &client, &by(&first, "z")).await, refused());
    let gone = with_keys(&server, |client| client.jwks_uri = Some(publisher.url("/nowhere"))).await;
    assert_eq!(exchange(&server, &gone, &first.assertion(&server, &gone)).await, refused());
}

#[tokio::test]
async fn the_metadata_names_the_algorithms() {
    let server = Server::start().await;
    let metadata = server.get("/.well-known/oauth-authorization-server").await.json();
    let methods = metadata["token_endpoint_auth_methods_supported"].as_array().unwrap();
    assert!(methods.contains(&json!("private_key_jwt")));
    for endpoint in ["token", "revocation"] {
        let algs = metadata[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")].as_array();
        let algs = algs.unwrap();
        assert!(algs.contains(&json!("RS256")) && algs.contains(&json!("ES256")), "{endpoint}");
        assert!(
            !algs.contains(&json!("none")) && !algs.iter().any(|alg| alg.as_str().unwrap().starts_with("HS"))
        );
    }
}
