//! Pushed authorization requests (RFC 9126).

use coffer_contract::application::{ApplicationType, GrantType};
use coffer_core::{
    Clock as _,
    audit::{Actor, AuditEvent, EventCode},
};

use crate::browser::{Browser, param, redirected};
use crate::device::post;
use crate::harness::{Answer, CALLBACK, ISSUER, Registered, Server, challenge, changed};

/// A good request, and what is changed in it.
async fn push(server: &Server, client: &Registered, changes: &[(&str, &str)]) -> Answer {
    let challenge = challenge();
    let params = vec![
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("state", "pushed"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    post(server, "/oauth/par", client, &changed(params, changes)).await
}

async fn reference(server: &Server, client: &Registered) -> String {
    let answer = push(server, client, &[]).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["request_uri"].as_str().unwrap().to_owned()
}

/// Section 2.2: 201, a reference, and how long it works. Section 4: once.
#[tokio::test]
async fn a_pushed_request_works_once_and_nothing_beside_it_counts() {
    let server = Server::start().await;
    let client = server.web().await;
    let answer = push(&server, &client, &[]).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (201, "no-store"));
    let body = answer.json();
    let uri = body["request_uri"].as_str().unwrap();
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"), "{uri}");
    assert!(uri.len() > 60, "it cannot be guessed");
    assert!(body["expires_in"].as_i64().unwrap() >= 60);
    let address = format!(
        "/authorize?client_id={}&request_uri={uri}&prompt=none&response_type=token&redirect_uri=https://evil.example",
        client.id
    );
    let mut browser = Browser::default();
    let next = redirected(&browser.get(&server, &address).await);
    assert_eq!(next.path(), "/u/sign-in", "the query's own parameters are ignored: {next}");
    let again = browser.get(&server, &address).await;
    assert_eq!(again.status, 400, "{}", again.text);
    assert!(again.text.contains("invalid_request_uri"), "{}", again.text);
}

#[tokio::test]
async fn a_reference_is_its_clients_and_ends() {
    let server = Server::start().await;
    let (client, other) = (server.web().await, server.web().await);
    let uri = reference(&server, &client).await;
    for id in [other.id.as_str(), "nobody", ""] {
        let answer = server.get(&format!("/authorize?client_id={id}&request_uri={uri}")).await;
        assert_eq!(answer.status, 400, "{id}");
    }
    let own = format!("/authorize?client_id={}&request_uri={uri}", client.id);
    assert_eq!(
        redirected(&server.get(&own).await).path(),
        "/u/sign-in",
        "the attempts of others spent nothing"
    );
    let late =
        format!("/authorize?client_id={}&request_uri={}", client.id, reference(&server, &client).await);
    server.clock.advance_seconds(90);
    assert_eq!(server.get(&late).await.status, 400);
}

/// Section 2.1: the client is authenticated, and the request checked as at the authorization endpoint.
#[tokio::test]
async fn what_authorize_would_refuse_is_refused_at_once() {
    let server = Server::start().await;
    let client = server.web().await;
    let cases = [
        ("redirect_uri", "https://evil.example/", "invalid_request"),
        ("redirect_uri", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("audience", "https://nowhere.example", "invalid_target"),
        ("connection", "nowhere", "invalid_request"),
        ("request", "x.y.z", "request_not_supported"),
        ("request_uri", "urn:ietf:params:oauth:request_uri:x", "invalid_request"),
    ];
    for (name, value, code) in cases {
        let answer = push(&server, &client, &[(name, value)]).await;
        assert_eq!(answer.refusal(), (400, code.to_owned()), "{name}={value}: {}", answer.text);
        assert!(answer.json()["error_description"].is_string());
    }
    let wrong = Registered { id: client.id.clone(), secret: "wrong".into() };
    assert_eq!(push(&server, &wrong, &[]).await.refusal(), (401, "invalid_client".into()));
    let without = server.register(ApplicationType::RegularWeb, &[GrantType::RefreshToken]).await;
    assert_eq!(push(&server, &without, &[]).await.refusal(), (400, "unauthorized_client".into()));
}

#[tokio::test]
async fn json_will_do_as_well() {
    let server = Server::start().await;
    let client = server.web().await;
    let body = serde_json::json!({
        "client_id": client.id.as_str(), "client_secret": client.secret, "response_type": "code",
        "redirect_uri": CALLBACK, "max_age": 60, "organization": null,
    });
    let request = axum::http::Request::post("/oauth/par")
        .header("content-type", "application/json")
        .body(axum::body::Body::from(body.to_string()));
    assert_eq!(server.send(request.unwrap()).await.status, 201);
}

/// Section 6: a client that must push gets nowhere without.
#[tokio::test]
async fn a_client_may_have_to_push() {
    let server = Server::start().await;
    let client = server.web().await;
    let mut found = server.store.clients().get(&client.id).await.unwrap().unwrap();
    found.require_par = true;
    let event = AuditEvent::new(server.clock.now(), EventCode::ApplicationUpdated, Actor::System, "test");
    server.store.clients().update(&found, found.version, event).await.unwrap();
    let plain = format!(
        "/authorize?client_id={}&redirect_uri={CALLBACK}&response_type=code&state=st&code_challenge={}\
         &code_challenge_method=S256",
        client.id,
        challenge()
    );
    let refused = redirected(&server.get(&plain).await);
    assert!(refused.as_str().starts_with(CALLBACK), "{refused}");
    assert_eq!((param(&refused, "error"), param(&refused, "state")), ("invalid_request".into(), "st".into()));
    assert_eq!(param(&refused, "iss"), ISSUER);
    let uri = reference(&server, &client).await;
    let pushed = format!("/authorize?client_id={}&request_uri={uri}", client.id);
    assert_eq!(redirected(&server.get(&pushed).await).path(), "/u/sign-in");
}

#[tokio::test]
async fn the_metadata_says_so() {
    let server = Server::start().await;
    let metadata = server.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["pushed_authorization_request_endpoint"], "https://coffer.example/oauth/par");
    assert_eq!(metadata["require_pushed_authorization_requests"], false);
    assert_eq!(metadata["device_authorization_endpoint"], "https://coffer.example/oauth/device/code");
}
