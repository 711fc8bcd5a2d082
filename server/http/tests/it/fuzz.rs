//! Fuzz targets over HTTP: whatever is sent, the answer is no server's error, and nothing panics. The corpus is in
//! `tests/corpus`; `COFFER_FUZZ_MILLISECONDS` says for how long (server/fuzz).

use axum::{
    body::Body,
    http::{Request, header},
};
use coffer_contract::registration::RegistrationMode;
use coffer_fuzz::Inputs;
use serde_json::json;

use crate::client_assertion::with_keys;
use crate::connect::ready;
use crate::harness::{Answer, CALLBACK, Registered, Server};
use crate::keys::Key;
use crate::management::Machine;

fn inputs(target: &str) -> Inputs {
    Inputs::of(format!("{}/tests/corpus/{target}", env!("CARGO_MANIFEST_DIR")))
}

/// The client of this run in the places that the corpus keeps for it.
fn with(client: &Registered, text: &str) -> String {
    text.replace("CLIENT", client.id.as_str()).replace("SECRET", &client.secret)
}

async fn post(server: &Server, path: &str, kind: &str, bearer: Option<&str>, body: String) -> Answer {
    let mut request = Request::post(path).header(header::CONTENT_TYPE, kind);
    if let Some(token) = bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    server.send(request.body(Body::from(body)).unwrap()).await
}

fn no_error_of_ours(answer: &Answer, what: &str) {
    assert!(answer.status.as_u16() < 500, "{what}: {} {}", answer.status, answer.text);
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
/// Longer addresses do not get past the HTTP library.
const LONGEST_QUERY: usize = 60_000;

/// An answer goes to the one registered address, or stays here.
#[tokio::test]
async fn authorization_requests() {
    let server = Server::start().await;
    let client = server.web().await;
    let mut inputs = inputs("authorize");
    while let Some(text) = inputs.text() {
        let text = with(&client, &text);
        let by_form = post(&server, "/authorize", FORM, None, text.clone()).await;
        no_error_of_ours(&by_form, "form");
        // What cannot stand in an address does not get here.
        let by_query = Request::get(format!("/authorize?{text}")).body(Body::empty());
        let Ok(request) = by_query else { continue };
        for answer in [by_form, server.send(request).await] {
            no_error_of_ours(&answer, "query");
            let location = answer.header("location");
            let known = ["/u/sign-in?handle=", CALLBACK, "https://provider.example/authorize?"];
            let goes = known.iter().any(|place| location.starts_with(place));
            assert!(location.is_empty() || goes, "{location}");
        }
        let pushed =
            post(&server, "/oauth/par", FORM, None, format!("{text}&client_secret={}", client.secret)).await;
        no_error_of_ours(&pushed, "pushed");
    }
}

/// Nothing that is made up brings a token.
#[tokio::test]
async fn token_requests() {
    let server = Server::start().await;
    let client = server.web().await;
    let mut inputs = inputs("token");
    while let Some(text) = inputs.text() {
        let text = with(&client, &text);
        for (path, kind) in [
            ("/oauth/token", FORM),
            ("/oauth/token", JSON),
            ("/oauth/revoke", FORM),
            ("/oauth/introspect", FORM),
            ("/oauth/device/code", FORM),
        ] {
            let answer = post(&server, path, kind, None, text.clone()).await;
            no_error_of_ours(&answer, path);
            assert!(!answer.text.contains("\"access_token\""), "{path}: {}", answer.text);
        }
    }
}

/// Nobody's signature is believed, wherever a JWT is taken.
#[tokio::test]
async fn signed_statements() {
    let server = Server::start().await;
    let key = Key::new(coffer_contract::application::SigningAlgorithm::Es256);
    let client = with_keys(&server, |client| client.jwks = Some(json!({"keys": [key.named("k")]}))).await;
    let mut inputs = inputs("jwt");
    while let Some(text) = inputs.text() {
        let text = with(&client, &text);
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", client.id.as_str()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &text),
        ];
        let answer = server.token(&fields).await;
        assert!(matches!(answer.status.as_u16(), 400 | 401 | 413), "{}", answer.text);
        let hint: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("id_token_hint", &text).finish();
        if hint.len() < LONGEST_QUERY {
            no_error_of_ours(&server.get(&format!("/oidc/logout?{hint}")).await, "logout");
        }
        let as_header = Request::get("/userinfo")
            .header("dpop", text.as_bytes())
            .header(header::AUTHORIZATION, [b"DPoP ", text.as_bytes()].concat());
        let Ok(request) = as_header.body(Body::empty()) else { continue };
        assert!(matches!(server.send(request).await.status.as_u16(), 400 | 401));
    }
}

/// Machines, and applications that register themselves or connect accounts.
#[tokio::test]
async fn management_bodies() {
    let server = Server::with_provider().await;
    server.registrations(|settings| settings.mode = RegistrationMode::Open).await;
    // Tokens last an hour of the test's clock: both are made anew before that.
    let mut machine = Machine::new(&server).await;
    let (mut client, _, mut my_account) = ready(&server).await;
    let mut renew_at = server.now() + 3000;
    let connection = format!("/api/v2/connections/{}", server.connection.id);
    let mut inputs = inputs("management");
    while let Some(text) = inputs.text() {
        // Every bucket fills again.
        server.clock.advance_seconds(2);
        let text = with(&client, &text);
        for path in
            ["/api/v2/connections", "/api/v2/clients", "/api/v2/resource-servers", "/api/v2/client-grants"]
        {
            no_error_of_ours(&post(&server, path, JSON, Some(machine.token()), text.clone()).await, path);
        }
        let patch = Request::patch(&connection)
            .header(header::AUTHORIZATION, format!("Bearer {}", machine.token()))
            .body(Body::from(text.clone()));
        no_error_of_ours(&server.send(patch.unwrap()).await, "patch");
        no_error_of_ours(&post(&server, "/oidc/register", JSON, None, text.clone()).await, "register");
        let path = "/me/v1/connected-accounts/connect";
        no_error_of_ours(&post(&server, path, JSON, Some(&my_account), text.clone()).await, path);
        if server.now() > renew_at {
            renew_at = server.now() + 3000;
            machine = Machine::new(&server).await;
            (client, _, my_account) = ready(&server).await;
        }
    }
}

/// What is searched for, in the language of the management API.
#[tokio::test]
async fn searches() {
    let server = Server::start().await;
    let mut machine = Machine::new(&server).await;
    let mut inputs = inputs("search");
    while let Some(text) = inputs.text() {
        server.clock.advance_seconds(1);
        if inputs.tried().is_multiple_of(3000) {
            machine = Machine::new(&server).await;
        }
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("q", &text).finish();
        if query.len() > LONGEST_QUERY {
            continue;
        }
        for path in ["users", "logs"] {
            no_error_of_ours(&machine.get(&format!("/{path}?{query}")).await, path);
        }
    }
}
