//! Device authorization (RFC 8628), from the agent in a terminal to the person in a browser and back.

use coffer_contract::{
    application::{ApplicationType, GrantType},
    connection::Purpose,
};
use coffer_core::{
    Clock as _,
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    connection::Connection,
    ids::UserId,
};
use serde_json::Value;

use crate::browser::{Browser, param, redirected};
use crate::connect::{enable, exchange};
use crate::harness::{Answer, Registered, Server};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Posts a form, as the client.
pub async fn post(server: &Server, path: &str, client: &Registered, fields: &[(&str, &str)]) -> Answer {
    let mut all = vec![("client_id", client.id.as_str())];
    if !client.secret.is_empty() {
        all.push(("client_secret", &client.secret));
    }
    all.extend_from_slice(fields);
    server.form(path, &all).await
}

async fn begin(server: &Server, client: &Registered, fields: &[(&str, &str)]) -> Value {
    let answer = post(server, "/oauth/device/code", client, fields).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

async fn poll(server: &Server, client: &Registered, begun: &Value) -> Answer {
    let code = begun["device_code"].as_str().unwrap();
    post(server, "/oauth/token", client, &[("grant_type", GRANT), ("device_code", code)]).await
}

/// Enters the code; what comes next.
async fn enter(server: &Server, browser: &mut Browser, begun: &Value) -> Answer {
    let code = begun["user_code"].as_str().unwrap();
    let page = browser.get(server, &format!("/activate?user_code={code}")).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("Is this the code on your device?") && page.text.contains(code),
        "{}",
        page.text
    );
    browser.post(server, "/activate", &[("user_code", code)]).await
}

/// Enters the code and signs `account` in through the connection of this name; the consent page's handle.
async fn sign_in(
    server: &Server,
    browser: &mut Browser,
    begun: &Value,
    connection: &str,
    account: &str,
) -> String {
    let mut next = redirected(&enter(server, browser, begun).await);
    if next.path() == "/u/sign-in" {
        let handle = param(&next, "handle");
        let fields = [("handle", handle.as_str()), ("connection", connection)];
        next = redirected(&browser.post(server, "/u/sign-in", &fields).await);
    }
    if next.path() != "/u/consent" {
        next = redirected(&browser.at_provider(server, next.as_str(), account, "allow").await);
    }
    assert_eq!(next.path(), "/u/consent", "{next}");
    param(&next, "handle")
}

async fn decide(server: &Server, browser: &mut Browser, handle: &str, decision: &str) -> Answer {
    browser.post(server, "/u/consent", &[("handle", handle), ("decision", decision)]).await
}

/// An agent that connects accounts, with the connection enabled.
async fn agent(server: &Server) -> Registered {
    let client = server.register(ApplicationType::MachineToMachine, &GrantType::ALL).await;
    enable(server, &client.id).await;
    client
}

async fn change(server: &Server, client: &Registered, how: impl FnOnce(&mut Client)) {
    let mut found = server.store.clients().get(&client.id).await.unwrap().unwrap();
    how(&mut found);
    let event = AuditEvent::new(server.clock.now(), EventCode::ApplicationUpdated, Actor::System, "test");
    server.store.clients().update(&found, found.version, event).await.unwrap();
}

/// Sections 3.2 to 3.5: from the code on the device to tokens, once; they work in the vault.
#[tokio::test]
async fn an_agent_in_a_terminal_signs_its_user_in_and_uses_the_vault() {
    let server = Server::with_provider().await;
    let client = agent(&server).await;
    let begun = begin(&server, &client, &[("scope", "openid profile offline_access")]).await;
    let code = begun["user_code"].as_str().unwrap();
    assert_eq!((code.len(), &code[4..5]), (9, "-"), "{code}");
    assert!(code.chars().all(|c| "BCDFGHJKLMNPQRSTVWXZ-".contains(c)), "{code}");
    assert_eq!(begun["verification_uri"], "https://coffer.example/activate");
    assert_eq!(
        begun["verification_uri_complete"],
        format!("https://coffer.example/activate?user_code={code}")
    );
    assert_eq!((begun["expires_in"].as_i64(), begun["interval"].as_i64()), (Some(900), Some(5)));
    assert_eq!(poll(&server, &client, &begun).await.refusal(), (400, "authorization_pending".into()));

    let mut browser = Browser::default();
    let handle = sign_in(&server, &mut browser, &begun, "provider", "ada").await;
    let page = browser.get(&server, &format!("/u/consent?handle={handle}")).await;
    for words in
        ["Allow Agent?", "Ada", "runs on the device", "If somebody sent you the code", "Know who you are"]
    {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    server.clock.advance_seconds(5);
    assert_eq!(poll(&server, &client, &begun).await.refusal(), (400, "authorization_pending".into()));
    let done = decide(&server, &mut browser, &handle, "allow").await;
    assert_eq!(done.status, 200);
    assert!(done.text.contains("You are done"), "{}", done.text);

    let tokens = poll(&server, &client, &begun).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    let tokens = tokens.json();
    assert_eq!(tokens["id_token"].as_str().unwrap().split('.').count(), 3);
    let claims = server.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
    assert!(claims["sub"].as_str().unwrap().starts_with("oauth2|provider|"), "{claims}");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let exchanged = exchange(&server, &client, refresh, "").await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.text);

    assert_eq!(poll(&server, &client, &begun).await.refusal(), (400, "invalid_grant".into()), "one use");
    assert_eq!(enter(&server, &mut browser, &begun).await.status, 422, "nor is the user code of further use");
    for code in [EventCode::DeviceAllowed, EventCode::TokenDeviceExchanged, EventCode::TokenDeviceRefused] {
        assert_eq!(server.events(code).await, 1, "{code:?}");
    }
}

/// Section 3.5, `slow_down`: five more seconds for this and all later requests.
#[tokio::test]
async fn a_device_that_polls_too_fast_is_slowed_down() {
    let server = Server::start().await;
    let client = agent(&server).await;
    let begun = begin(&server, &client, &[]).await;
    let mut answers = Vec::new();
    for wait in [0, 1, 6, 10, 20] {
        server.clock.advance_seconds(wait);
        answers.push(poll(&server, &client, &begun).await.refusal().1);
    }
    let (pending, slow) = ("authorization_pending".to_owned(), "slow_down".to_owned());
    assert_eq!(answers, [pending.clone(), slow.clone(), slow.clone(), slow, pending]);
}

#[tokio::test]
async fn a_refusal_and_the_end_of_the_code_are_told_apart() {
    let server = Server::with_provider().await;
    let client = agent(&server).await;
    let refused = begin(&server, &client, &[("scope", "openid")]).await;
    let mut browser = Browser::default();
    let handle = sign_in(&server, &mut browser, &refused, "provider", "ada").await;
    let page = decide(&server, &mut browser, &handle, "deny").await;
    assert!(page.text.contains("Nothing was allowed"), "{}", page.text);
    assert_eq!(poll(&server, &client, &refused).await.refusal(), (400, "access_denied".into()));

    let late = begin(&server, &client, &[("scope", "openid")]).await;
    let handle = sign_in(&server, &mut browser, &late, "provider", "ada").await;
    server.clock.advance_seconds(900);
    assert_eq!(decide(&server, &mut browser, &handle, "allow").await.status, 400, "the device is gone");
    assert_eq!(poll(&server, &client, &late).await.refusal(), (400, "expired_token".into()));
}

/// Saying no at the provider is saying no.
#[tokio::test]
async fn declining_at_the_provider_refuses_the_device() {
    let server = Server::with_provider().await;
    let client = agent(&server).await;
    let begun = begin(&server, &client, &[("scope", "openid"), ("connection", "provider")]).await;
    let mut browser = Browser::default();
    let there = redirected(&enter(&server, &mut browser, &begun).await);
    let page = browser.at_provider(&server, there.as_str(), "ada", "deny").await;
    assert!(page.text.contains("Nothing was allowed"), "{}", page.text);
    assert_eq!(poll(&server, &client, &begun).await.refusal(), (400, "access_denied".into()));
}

/// Section 5.1: few attempts at guessing a user code.
#[tokio::test]
async fn codes_cannot_be_guessed() {
    let server = Server::start().await;
    let client = agent(&server).await;
    let begun = begin(&server, &client, &[]).await;
    let code = begun["user_code"].as_str().unwrap();
    let mut browser = Browser::default();
    assert_eq!(
        browser.post(&server, "/activate", &[("user_code", code)]).await.status,
        400,
        "no browser yet"
    );
    browser.get(&server, "/activate").await;
    for _ in 0..5 {
        let wrong = browser.post(&server, "/activate", &[("user_code", "BCDF-GHJK")]).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("Nothing waits under this code") && wrong.text.contains("BCDF-GHJK"));
    }
    let right = browser.post(&server, "/activate", &[("user_code", code)]).await;
    assert_eq!(right.status, 429);
    assert!(right.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(server.events(EventCode::DeviceCodeUnknown).await, 5);
    server.clock.advance_seconds(15 * 60 - 1);
    assert_eq!(browser.post(&server, "/activate", &[("user_code", code)]).await.status, 429);
}

#[tokio::test]
async fn a_code_is_read_however_it_is_written() {
    let server = Server::start().await;
    let client = agent(&server).await;
    let begun = begin(&server, &client, &[]).await;
    let code = begun["user_code"].as_str().unwrap();
    for written in [code.to_lowercase(), code.replace('-', ""), code.replace('-', " ")] {
        let mut browser = Browser::default();
        browser.get(&server, "/activate").await;
        let next = redirected(&browser.post(&server, "/activate", &[("user_code", &written)]).await);
        assert_eq!(next.path(), "/u/sign-in", "{written}");
    }
}

#[tokio::test]
async fn a_device_code_is_its_clients_and_takes_the_grant() {
    let server = Server::start().await;
    let (client, other) = (agent(&server).await, agent(&server).await);
    let begun = begin(&server, &client, &[]).await;
    assert_eq!(poll(&server, &other, &begun).await.refusal(), (400, "invalid_grant".into()));
    let without = server.register(ApplicationType::RegularWeb, &[GrantType::RefreshToken]).await;
    let refused = post(&server, "/oauth/device/code", &without, &[]).await;
    assert_eq!(refused.refusal(), (403, "unauthorized_client".into()));
    let public = server.register(ApplicationType::Native, &[GrantType::DeviceCode]).await;
    let public = Registered { secret: String::new(), ..public };
    let begun = begin(&server, &public, &[("scope", "openid")]).await;
    assert_eq!(poll(&server, &public, &begun).await.refusal(), (400, "authorization_pending".into()));
    let json = axum::http::Request::post("/oauth/device/code")
        .header("content-type", "application/json")
        .body(axum::body::Body::from(format!(r#"{{"client_id":"{}","scope":"openid"}}"#, public.id)));
    assert_eq!(server.send(json.unwrap()).await.status, 200, "JSON will do as well");
    let nowhere = post(&server, "/oauth/device/code", &client, &[("connection", "nowhere")]).await;
    assert_eq!(nowhere.refusal(), (400, "invalid_request".into()));
    let api = post(&server, "/oauth/device/code", &client, &[("audience", "https://nowhere.example")]).await;
    assert_eq!(api.refusal(), (400, "invalid_target".into()));
}

/// Section 5.4: no consent of before, and no first-party setting, spares the person the question.
#[tokio::test]
async fn the_person_is_asked_every_time() {
    let server = Server::with_provider().await;
    let client = agent(&server).await;
    change(&server, &client, |client| client.first_party = true).await;
    let mut browser = Browser::default();
    for _ in 0..2 {
        let begun = begin(&server, &client, &[("scope", "openid")]).await;
        let handle = sign_in(&server, &mut browser, &begun, "provider", "ada").await;
        decide(&server, &mut browser, &handle, "allow").await;
        assert_eq!(poll(&server, &client, &begun).await.status, 200);
    }
}

/// The tokens of a device connect accounts and open the My Account API.
#[tokio::test]
async fn a_device_gets_a_token_for_the_my_account_api() {
    let server = Server::with_provider().await;
    let client = agent(&server).await;
    let scope = "openid offline_access read:me:connected_accounts";
    let audience = "https://coffer.example/me/";
    let begun = begin(&server, &client, &[("scope", scope), ("audience", audience)]).await;
    let mut browser = Browser::default();
    let handle = sign_in(&server, &mut browser, &begun, "provider", "ada").await;
    decide(&server, &mut browser, &handle, "allow").await;
    let tokens = poll(&server, &client, &begun).await.json();
    let token = tokens["access_token"].as_str().unwrap();
    let list = server.bearer("GET", "/me/v1/connected-accounts/accounts", token, None).await;
    assert_eq!(list.status, 200, "{}", list.text);
    assert_eq!(list.json()["accounts"][0]["connection"], "provider");
}

/// A second connection at the same provider, for accounts alone.
async fn notes(server: &Server, client: &Registered) -> Connection {
    let connection = server.connection_at_provider("notes", Purpose::ConnectedAccounts).await;
    let (now, connections) = (server.clock.now(), server.store.connections());
    let event = AuditEvent::new(now, EventCode::ConnectionEnabled, Actor::System, "test");
    connections.set_enabled(&connection.id, &client.id, true, now, event).await.unwrap();
    connection
}

async fn tokens_of(server: &Server, client: &Registered, browser: &mut Browser) -> Value {
    let begun = begin(server, client, &[("scope", "openid offline_access")]).await;
    let handle = sign_in(server, browser, &begun, "provider", "ada").await;
    decide(server, browser, &handle, "allow").await;
    poll(server, client, &begun).await.json()
}

/// The headless way to a further account: signed in as before, through the named connection with a fresh
/// consent there, kept for the same person.
#[tokio::test]
async fn a_device_connects_a_further_account_of_its_user() {
    let server = Server::with_provider().await;
    let client = agent(&server).await;
    let notes = notes(&server, &client).await;
    let mut browser = Browser::default();
    let first = tokens_of(&server, &client, &mut browser).await;
    let person = server.userinfo(first["access_token"].as_str().unwrap()).await.json()["sub"].clone();
    let person = UserId::from_text(person.as_str().unwrap());
    let hint = first["id_token"].as_str().unwrap();
    let asked = [
        ("scope", "openid offline_access"),
        ("connection", "notes"),
        ("connection_scope", "notes.read"),
        ("id_token_hint", hint),
    ];
    let begun = begin(&server, &client, &asked).await;
    // Another browser, in which nobody is signed in: first as the same person, then on to the account.
    let mut browser = Browser::default();
    let there = redirected(&enter(&server, &mut browser, &begun).await);
    let wrong = browser.at_provider(&server, there.as_str(), "grace", "allow").await;
    assert_eq!(wrong.status, 400, "somebody else: {}", wrong.text);
    assert!(wrong.text.contains("another person"), "{}", wrong.text);
    let handle = sign_in(&server, &mut browser, &begun, "provider", "ada").await;
    let page = browser.get(&server, &format!("/u/consent?handle={handle}")).await;
    for words in ["In your notes account", "notes asks you to connect your account"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let there = redirected(&decide(&server, &mut browser, &handle, "allow").await);
    assert_eq!(param(&there, "prompt"), "consent", "{there}");
    assert!(param(&there, "scope").contains("notes.read"), "{there}");
    let pending = poll(&server, &client, &begun).await.refusal();
    assert_eq!(pending, (400, "authorization_pending".into()), "not before the account is there");
    let done = browser.at_provider(&server, there.as_str(), "grace", "allow").await;
    assert!(done.text.contains("You are done"), "{}", done.text);
    let tokens = poll(&server, &client, &begun).await.json();
    let claims = server.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!(claims["sub"], person.as_str(), "the same person");
    let sets = server.store.token_sets().for_user(&person, &notes.id).await.unwrap();
    assert_eq!(sets.len(), 1);
    assert!(sets[0].scopes.contains("notes.read"));
    let agreed = server.store.consents().get(&person, &client.id).await.unwrap();
    assert!(agreed.contains("vault:notes"), "{agreed}");
}

/// Without the setting that lets it connect accounts, an application cannot ask for one.
#[tokio::test]
async fn connecting_takes_the_application_s_setting() {
    let server = Server::with_provider().await;
    let client = agent(&server).await;
    notes(&server, &client).await;
    change(&server, &client, |client| client.connect_accounts = false).await;
    let refused = post(&server, "/oauth/device/code", &client, &[("connection", "notes")]).await;
    assert_eq!(refused.refusal(), (400, "invalid_request".into()));
    assert!(refused.text.contains("may not connect"), "{}", refused.text);
}

/// As at `/authorize`: a connection named by the request is signed in through, with a fresh consent there.
#[tokio::test]
async fn a_named_connection_is_gone_through_even_by_somebody_signed_in() {
    let server = Server::with_provider().await;
    let client = agent(&server).await;
    let mut browser = Browser::default();
    tokens_of(&server, &client, &mut browser).await;
    let begun = begin(&server, &client, &[("scope", "openid"), ("connection", "provider")]).await;
    let there = redirected(&enter(&server, &mut browser, &begun).await);
    assert!(there.as_str().starts_with(server.providers.as_ref().unwrap().base()), "{there}");
    assert_eq!(param(&there, "prompt"), "consent");
}
