//! The My Account API from connect to disconnect, against a provider over HTTP.

use coffer_core::{
    Clock as _, Scopes,
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    ids::ClientId,
};
use coffer_providers::Provider;
use serde_json::{Value, json};

use crate::browser::{Browser, connect_body, param, redirected};
use crate::harness::{Answer, CALLBACK, Registered, Server, VERIFIER};

pub const PATH: &str = "/me/v1/connected-accounts";
pub const SCOPES: &str =
    "create:me:connected_accounts read:me:connected_accounts delete:me:connected_accounts";

/// An application whose user agreed to everything, with the connection enabled, and its token for the API.
pub async fn ready(server: &Server) -> (Registered, String, String) {
    let client = server.web().await;
    enable(server, &client.id).await;
    agree(server, &client.id, &format!("{SCOPES} vault:provider")).await;
    let refresh = server.signed_in(&client).await;
    let token = my_account_token(server, &client, &refresh).await;
    (client, refresh, token)
}

pub async fn enable(server: &Server, client: &ClientId) {
    let (now, connections) = (server.clock.now(), server.store.connections());
    let event = AuditEvent::new(now, EventCode::ConnectionEnabled, Actor::System, "test");
    connections.set_enabled(&server.connection.id, client, true, now, event).await.unwrap();
}

pub async fn agree(server: &Server, client: &ClientId, scopes: &str) {
    let now = server.clock.now();
    let event = AuditEvent::new(now, EventCode::UserConsented, Actor::System, "test");
    let scopes = Scopes::parse(scopes, false);
    server.store.consents().grant(&server.user_id, client, &scopes, now, event).await.unwrap();
}

pub async fn refresh_for(server: &Server, client: &Registered, refresh: &str, scope: &str) -> Answer {
    server
        .token(&[
            ("grant_type", "refresh_token"),
            ("client_id", client.id.as_str()),
            ("client_secret", &client.secret),
            ("refresh_token", refresh),
            ("audience", "https://coffer.example/me/"),
            ("scope", scope),
        ])
        .await
}

pub async fn my_account_token(server: &Server, client: &Registered, refresh: &str) -> String {
    let answer = refresh_for(server, client, refresh, SCOPES).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

pub async fn connect(server: &Server, token: &str, body: Value) -> Answer {
    server.bearer("POST", &format!("{PATH}/connect"), token, Some(body)).await
}

pub async fn complete(server: &Server, token: &str, session: &str, code: &str) -> Answer {
    let body = json!({
        "auth_session": session, "connect_code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER,
    });
    server.bearer("POST", &format!("{PATH}/complete"), token, Some(body)).await
}

/// The whole browser part; returns auth session and connect code.
pub async fn go(server: &Server, token: &str, account: &str, scopes: &[&str]) -> (String, String) {
    let begun = connect(server, token, connect_body(scopes)).await;
    assert_eq!(begun.status, 201, "{}", begun.text);
    let begun = begun.json();
    assert_eq!(begun["connect_uri"], "https://coffer.example/connect");
    let ticket = begun["connect_params"]["ticket"].as_str().unwrap();
    let mut browser = Browser::default();
    let there = redirected(&browser.get(server, &format!("/connect?ticket={ticket}")).await);
    let back = browser.at_provider(server, there.as_str(), account, "allow").await;
    let location = redirected(&back);
    assert!(location.as_str().starts_with(CALLBACK), "{location}");
    assert_eq!(param(&location, "state"), "the-state");
    (begun["auth_session"].as_str().unwrap().to_owned(), param(&location, "connect_code"))
}

/// Connects an account; returns what the API answered.
pub async fn connected(server: &Server, token: &str, account: &str, scopes: &[&str]) -> Value {
    let (session, code) = go(server, token, account, scopes).await;
    let answer = complete(server, token, &session, &code).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

pub async fn exchange(server: &Server, client: &Registered, refresh: &str, hint: &str) -> Answer {
    server
        .token(&[
            (
                "grant_type",
                "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token",
            ),
            ("client_id", client.id.as_str()),
            ("client_secret", &client.secret),
            ("subject_token", refresh),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token"),
            ("requested_token_type", "http://auth0.com/oauth/token-type/federated-connection-access-token"),
            ("connection", "provider"),
            ("login_hint", hint),
        ])
        .await
}

#[tokio::test]
async fn an_account_is_connected_listed_used_and_taken_back() {
    let server = Server::with_provider().await;
    let (client, refresh, token) = ready(&server).await;
    let account = connected(&server, &token, "ada", &["notes.read"]).await;
    assert_eq!((&account["connection"], &account["access_type"]), (&json!("provider"), &json!("offline")));
    assert!(account["scopes"].as_array().unwrap().contains(&json!("notes.read")), "{account}");
    assert!(account["created_at"].as_str().unwrap().ends_with('Z'));

    let list = server.bearer("GET", &format!("{PATH}/accounts"), &token, None).await.json();
    assert_eq!(list, json!({ "accounts": [account] }));
    let released = exchange(&server, &client, &refresh, "").await;
    assert_eq!(released.status, 200, "{}", released.text);
    assert!(released.json()["scope"].as_str().unwrap().contains("notes.read"));

    let id = account["id"].as_str().unwrap();
    let gone = server.bearer("DELETE", &format!("{PATH}/accounts/{id}"), &token, None).await;
    assert_eq!((gone.status.as_u16(), gone.text.as_str()), (204, ""));
    let list = server.bearer("GET", &format!("{PATH}/accounts"), &token, None).await.json();
    assert_eq!(list, json!({ "accounts": [] }));
    assert_eq!(exchange(&server, &client, &refresh, "").await.status, 401, "the stored set is gone at once");
    let providers = server.providers.as_ref().unwrap();
    assert!(providers.grants(Provider::Sandbox)[0].alive);
    assert_eq!(server.vault.revoke_due().await.unwrap(), 1);
    assert!(!providers.grants(Provider::Sandbox)[0].alive, "and the grant at the provider a little later");
    for code in [EventCode::AccountConnected, EventCode::AccountDisconnected, EventCode::VaultRevoked] {
        assert_eq!(server.events(code).await, 1, "{}", code.as_str());
    }
}

#[tokio::test]
async fn several_accounts_are_told_apart_by_login_hint() {
    let server = Server::with_provider().await;
    let (client, refresh, token) = ready(&server).await;
    connected(&server, &token, "ada", &["notes.read"]).await;
    server.clock.advance_seconds(1);
    connected(&server, &token, "grace", &["notes.read"]).await;
    let sets = server.store.token_sets().of_user(&server.user_id).await.unwrap();
    assert_eq!(sets.len(), 2);
    let mut tokens = Vec::new();
    for set in &sets {
        let answer = exchange(&server, &client, &refresh, &set.provider_user_id).await.json();
        tokens.push(answer["access_token"].as_str().unwrap().to_owned());
    }
    assert_ne!(tokens[0], tokens[1]);
    let newest = exchange(&server, &client, &refresh, "").await.json();
    assert_eq!(newest["access_token"], json!(tokens[1]), "without a hint, the newest");

    let first = server.bearer("GET", &format!("{PATH}/accounts?take=1"), &token, None).await.json();
    let next = first["next"].as_str().unwrap();
    for cursor in ["from", "next"] {
        let path = format!("{PATH}/accounts?take=1&{cursor}={next}");
        let second = server.bearer("GET", &path, &token, None).await.json();
        assert_ne!(first["accounts"][0]["id"], second["accounts"][0]["id"]);
        assert!(second.get("next").is_none(), "{second}");
    }
}

#[tokio::test]
async fn asking_for_more_keeps_what_was_granted_before() {
    let server = Server::with_provider().await;
    let (_, _, token) = ready(&server).await;
    let first = connected(&server, &token, "ada", &["notes.read"]).await;
    let second = connected(&server, &token, "ada", &["notes.write"]).await;
    assert_eq!(first["id"], second["id"], "the same account");
    let scopes = second["scopes"].as_array().unwrap();
    for scope in ["notes.read", "notes.write"] {
        assert!(scopes.contains(&json!(scope)), "{scopes:?}");
    }
}

#[tokio::test]
async fn fewer_scopes_than_asked_are_what_the_vault_says() {
    let server = Server::with_provider().await;
    let (client, refresh, token) = ready(&server).await;
    let granted = Some(vec!["notes.read".to_owned()]);
    server.providers.as_ref().unwrap().change(Provider::Sandbox, |settings| settings.granted = granted);
    let account = connected(&server, &token, "ada", &["notes.read", "notes.write"]).await;
    assert_eq!(account["scopes"], json!(["notes.read"]));
    assert_eq!(exchange(&server, &client, &refresh, "").await.json()["scope"], "notes.read");
}

/// RFC 8252 section 7.3: a program on the user's machine takes whatever port is free.
#[tokio::test]
async fn a_program_on_the_users_machine_connects_from_any_port() {
    let server = Server::with_provider().await;
    let (client, _, token) = ready(&server).await;
    let known = server.store.clients().get(&client.id).await.unwrap().unwrap();
    let local = Client { callbacks: vec!["http://127.0.0.1/done".into()], ..known.clone() };
    let event = AuditEvent::new(server.clock.now(), EventCode::ApplicationUpdated, Actor::System, "test");
    server.store.clients().update(&local, known.version, event).await.unwrap();
    for (redirect_uri, status) in [
        ("http://127.0.0.1:49152/done", 201),
        ("http://127.0.0.1:49152/other", 400),
        ("http://127.0.0.2:49152/done", 400),
    ] {
        let mut body = connect_body(&[]);
        body["redirect_uri"] = json!(redirect_uri);
        let answer = connect(&server, &token, body).await;
        assert_eq!(answer.status, status, "{redirect_uri}: {}", answer.text);
    }
}

#[tokio::test]
async fn what_can_be_connected_is_listed() {
    let server = Server::with_provider().await;
    let (_, _, token) = ready(&server).await;
    let list = server.bearer("GET", &format!("{PATH}/connections"), &token, None).await.json();
    assert_eq!(list["connections"][0]["name"], "provider");
    assert_eq!(list["connections"][0]["strategy"], "oauth2");
    let (client, refresh, _) = ready(&server).await;
    for (scope, status) in [
        ("read:me:connected_accounts", 200),
        ("create:me:connected_accounts", 200),
        ("delete:me:connected_accounts", 403),
    ] {
        let answer = refresh_for(&server, &client, &refresh, scope).await;
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        let listed = server.bearer("GET", &format!("{PATH}/connections"), &token, None).await;
        assert_eq!(listed.status, status, "{scope}: {}", listed.text);
    }
}

/// A ceiling that a token stays below, one that the provider narrows to, and one that leaves nothing.
#[tokio::test]
async fn a_scope_ceiling_is_kept() {
    let server = Server::with_provider().await;
    let (client, refresh, token) = ready(&server).await;
    connected(&server, &token, "ada", &["notes.read", "notes.write"]).await;
    let set = async |ceiling: &str| {
        let now = server.clock.now();
        let event = AuditEvent::new(now, EventCode::ApplicationCeiling, Actor::System, "test");
        let ceiling = Scopes::parse(ceiling, false);
        let connections = server.store.connections();
        connections.set_ceiling(&server.connection.id, &client.id, Some(&ceiling), event).await.unwrap();
    };
    set("notes.read notes.write").await;
    assert_eq!(exchange(&server, &client, &refresh, "").await.status, 200);
    set("notes.read").await;
    let narrow = exchange(&server, &client, &refresh, "").await;
    assert_eq!(narrow.json()["scope"], "notes.read", "{}", narrow.text);
    set("mail.send").await;
    let refused = exchange(&server, &client, &refresh, "").await;
    assert_eq!(refused.refusal(), (400, "invalid_scope".into()));
    assert!(refused.text.contains("notes.write"), "{}", refused.text);
}
