//! The My Account API's refusals: tickets, codes and sessions are single-use, short-lived, and bound to the
//! user, the application, the browser and PKCE.

use coffer_contract::application::{ApplicationType, GrantType};
use coffer_core::audit::EventCode;
use serde_json::json;

use crate::browser::{Browser, connect_body, param, redirected, unknown};
use crate::connect::{PATH, SCOPES, agree, complete, connect, connected, enable, go, ready, refresh_for};
use crate::harness::{CALLBACK, Server, VERIFIER};

async fn ticket(server: &Server, token: &str) -> String {
    let begun = connect(server, token, connect_body(&[])).await.json();
    begun["connect_params"]["ticket"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_api_wants_a_token_of_its_own() {
    let server = Server::with_provider().await;
    let (client, refresh, _) = ready(&server).await;
    let userinfo =
        server.refresh(&client, &refresh).await.json()["access_token"].as_str().unwrap().to_owned();
    for token in [userinfo, "cfa_unknown".to_owned()] {
        let refused = connect(&server, &token, connect_body(&[])).await;
        assert_eq!((refused.status.as_u16(), refused.json()["title"].as_str()), (401, Some("Unauthorized")));
        assert_eq!(refused.header("content-type"), "application/problem+json");
        assert!(refused.header("www-authenticate").contains("invalid_token"));
    }
    let narrow = refresh_for(&server, &client, &refresh, "read:me:connected_accounts").await;
    let narrow = narrow.json()["access_token"].as_str().unwrap().to_owned();
    let refused = connect(&server, &narrow, connect_body(&[])).await;
    assert_eq!(refused.status, 403);
    assert!(refused.json()["detail"].as_str().unwrap().contains("create:me:connected_accounts"));
}

#[tokio::test]
async fn the_user_has_to_agree_and_the_application_has_to_be_allowed() {
    let server = Server::with_provider().await;
    let client = server.web().await;
    enable(&server, &client.id).await;
    let refresh = server.signed_in(&client).await;
    assert_eq!(
        refresh_for(&server, &client, &refresh, SCOPES).await.refusal(),
        (400, "invalid_scope".into())
    );
    agree(&server, &client.id, SCOPES).await;
    let answer = refresh_for(&server, &client, &refresh, SCOPES).await;
    assert_eq!(answer.status, 200);
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();

    let mut off = server.store.clients().get(&client.id).await.unwrap().unwrap();
    off.connect_accounts = false;
    let now = coffer_core::Clock::now(&server.clock);
    let event = coffer_core::audit::AuditEvent::new(
        now,
        EventCode::ApplicationUpdated,
        coffer_core::audit::Actor::System,
        "",
    );
    server.store.clients().update(&off, 1, event).await.unwrap();
    assert_eq!(connect(&server, &token, connect_body(&[])).await.status, 403, "off is off at once");
    let refresh = answer.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(
        refresh_for(&server, &client, &refresh, SCOPES).await.refusal(),
        (400, "invalid_target".into())
    );
}

#[tokio::test]
async fn every_wrong_member_is_named() {
    let server = Server::with_provider().await;
    let (_, _, token) = ready(&server).await;
    for (member, value) in [
        ("connection", json!("nowhere")),
        ("redirect_uri", json!(format!("{CALLBACK}/"))),
        ("code_challenge", json!("short")),
        ("code_challenge_method", json!("plain")),
        ("scopes", json!(["quote\""])),
    ] {
        let mut body = connect_body(&[]);
        body[member] = value;
        let refused = connect(&server, &token, body).await;
        assert_eq!(refused.status, 400, "{member}");
        assert_eq!(refused.json()["validation_errors"][0]["field"], member);
    }
    let empty = connect(&server, &token, json!({})).await.json();
    assert_eq!(empty["validation_errors"].as_array().unwrap().len(), 4, "{empty}");
    let broken = server.bearer("POST", &format!("{PATH}/connect"), &token, Some(json!([]))).await;
    assert_eq!(broken.status, 400);
}

#[tokio::test]
async fn a_ticket_works_once_and_for_five_minutes() {
    let server = Server::with_provider().await;
    let (_, _, token) = ready(&server).await;
    let path = format!("/connect?ticket={}", ticket(&server, &token).await);
    assert!(Browser::default().get(&server, &path).await.status.is_redirection());
    assert_eq!(Browser::default().get(&server, &path).await.status, 400);
    let path = format!("/connect?ticket={}", ticket(&server, &token).await);
    server.clock.advance_seconds(300);
    assert_eq!(Browser::default().get(&server, &path).await.status, 400);
    assert_eq!(Browser::default().get(&server, "/connect?ticket=x").await.status, 400);
}

#[tokio::test]
async fn a_code_is_bound_to_session_verifier_and_address_and_works_once() {
    let server = Server::with_provider().await;
    let (_, _, token) = ready(&server).await;
    let (session, code) = go(&server, &token, "ada", &[]).await;
    let good = json!({
        "auth_session": session, "connect_code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER,
    });
    for (member, value) in [
        ("auth_session", unknown()),
        ("connect_code", unknown()),
        ("redirect_uri", format!("{CALLBACK}?x")),
        ("code_verifier", "another-verifier-that-has-at-least-43-characters".into()),
    ] {
        let mut body = good.clone();
        body[member] = json!(value);
        let refused = server.bearer("POST", &format!("{PATH}/complete"), &token, Some(body)).await;
        assert_eq!(refused.status, 400, "{member}: {}", refused.text);
    }
    assert_eq!(complete(&server, &token, &session, &code).await.status, 201, "refusals used nothing up");
    assert_eq!(complete(&server, &token, &session, &code).await.status, 400);
}

#[tokio::test]
async fn a_code_ends_after_a_minute() {
    let server = Server::with_provider().await;
    let (_, _, token) = ready(&server).await;
    let (session, code) = go(&server, &token, "ada", &[]).await;
    server.clock.advance_seconds(60);
    assert_eq!(complete(&server, &token, &session, &code).await.status, 400);
    assert!(server.store.token_sets().of_user(&server.user_id).await.unwrap().is_empty());
}

#[tokio::test]
async fn another_application_cannot_complete() {
    let server = Server::with_provider().await;
    let (_, _, token) = ready(&server).await;
    let (_, _, other) = ready(&server).await;
    let (session, code) = go(&server, &token, "ada", &[]).await;
    assert_eq!(complete(&server, &other, &session, &code).await.status, 400);
    assert_eq!(server.events(EventCode::AccountConnectFailed).await, 1);
}

#[tokio::test]
async fn the_person_is_asked_first_and_can_decline() {
    let server = Server::with_provider().await;
    let client = server.web().await;
    enable(&server, &client.id).await;
    agree(&server, &client.id, SCOPES).await;
    let refresh = server.signed_in(&client).await;
    let token = crate::connect::my_account_token(&server, &client, &refresh).await;
    let mut browser = Browser::default();
    let path = format!("/connect?ticket={}", ticket(&server, &token).await);
    let page = redirected(&browser.get(&server, &path).await);
    assert_eq!(page.path(), "/u/connect");
    let page_path = format!("{}?{}", page.path(), page.query().unwrap());
    let shown = browser.get(&server, &page_path).await;
    for words in ["Agent", "Ada Lovelace", "Provider"] {
        assert!(shown.text.contains(words), "{words}");
    }
    assert_eq!(Browser::default().get(&server, &page_path).await.status, 400, "another browser sees nothing");
    let session = param(&page, "session");
    let declined = browser.post(&server, "/u/connect", &[("session", &session), ("decision", "deny")]).await;
    let location = redirected(&declined);
    assert!(location.as_str().starts_with(CALLBACK));
    assert_eq!(
        (param(&location, "error"), param(&location, "state")),
        ("access_denied".into(), "the-state".into())
    );
}

#[tokio::test]
async fn declining_at_the_provider_goes_back_to_the_application() {
    let server = Server::with_provider().await;
    let (_, _, token) = ready(&server).await;
    let mut browser = Browser::default();
    let path = format!("/connect?ticket={}", ticket(&server, &token).await);
    let there = redirected(&browser.get(&server, &path).await);
    let location = redirected(&browser.at_provider(&server, there.as_str(), "ada", "deny").await);
    assert_eq!(param(&location, "error"), "access_denied");
}

#[tokio::test]
async fn accounts_of_others_are_not_there() {
    let server = Server::with_provider().await;
    let (_, _, token) = ready(&server).await;
    let account = connected(&server, &token, "ada", &[]).await;
    let gone = server.bearer("DELETE", &format!("{PATH}/accounts/cac_unknown"), &token, None).await;
    assert_eq!(gone.status, 404);
    // An application for which the connection is not enabled sees nothing of it.
    let stranger = server.register(ApplicationType::RegularWeb, &GrantType::ALL).await;
    agree(&server, &stranger.id, SCOPES).await;
    let refresh = server.signed_in(&stranger).await;
    let theirs = crate::connect::my_account_token(&server, &stranger, &refresh).await;
    let list = server.bearer("GET", &format!("{PATH}/accounts"), &theirs, None).await.json();
    assert_eq!(list, json!({ "accounts": [] }));
    let path = format!("{PATH}/accounts/{}", account["id"].as_str().unwrap());
    assert_eq!(server.bearer("DELETE", &path, &theirs, None).await.status, 404);
    let take = server.bearer("GET", &format!("{PATH}/accounts?take=0"), &token, None).await;
    assert_eq!(take.json()["validation_errors"][0]["field"], "take");
}
