//! `response_mode=web_message`: silent sign-in in a frame, and sign-in in a window.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_core::{
    Clock as _,
    audit::{Actor, AuditEvent, EventCode},
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::browser::{Browser, param, redirected};
use crate::connect::enable;
use crate::harness::{Answer, CALLBACK, ISSUER, Registered, Server, challenge};

const ORIGIN: &str = "https://app.example";

fn address(client: &Registered, redirect_uri: &str, further: &str) -> String {
    format!(
        "/authorize?client_id={}&redirect_uri={redirect_uri}&response_type=code&scope=openid&state=st\
         &response_mode=web_message&code_challenge={}&code_challenge_method=S256{further}",
        client.id,
        challenge()
    )
}

/// The message on the page, and the origin it goes to.
fn message(answer: &Answer) -> (Value, String) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let attribute = |name: &str| {
        let begin = answer.text.find(&format!("{name}=\"")).expect(name) + name.len() + 2;
        let value = answer.text[begin..].split('"').next().unwrap();
        value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    };
    (serde_json::from_str(&attribute("data-response")).unwrap(), attribute("data-origin"))
}

/// The one page with a script: the policy names its hash, and nobody but the application may embed it.
fn assert_policy(answer: &Answer) {
    let script = answer.text.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    let hash = STANDARD.encode(Sha256::digest(script));
    let policy = answer.header("content-security-policy");
    assert!(policy.contains(&format!("script-src 'sha256-{hash}'")), "{policy}");
    assert!(
        policy.contains(&format!("frame-ancestors {ORIGIN}")) && !policy.contains("'none';frame"),
        "{policy}"
    );
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.header("x-frame-options"), "", "the older header would forbid the frame");
    assert_eq!(answer.header("cross-origin-opener-policy"), "unsafe-none", "a window keeps its opener");
}

#[tokio::test]
async fn silently_nobody_is_signed_in() {
    let server = Server::start().await;
    let client = server.web().await;
    let answer = server.get(&address(&client, CALLBACK, "&prompt=none")).await;
    let (sent, origin) = message(&answer);
    assert_policy(&answer);
    assert_eq!(origin, ORIGIN, "the origin of the redirect URI alone");
    assert_eq!((sent["error"].as_str(), sent["state"].as_str()), (Some("login_required"), Some("st")));
    assert_eq!(sent["iss"], ISSUER);
    assert_eq!(answer.header("set-cookie"), "", "a frame of another site leaves no session behind");
}

/// As single-page libraries do: the redirect URI is the bare origin, one of the web origins.
#[tokio::test]
async fn silently_and_in_a_window_the_code_comes_by_message() {
    let server = Server::with_provider().await;
    let client = server.web().await;
    enable(&server, &client.id).await;
    let refused = server.get(&address(&client, ORIGIN, "&prompt=none")).await;
    assert_eq!(refused.status, 400, "not one of its origins yet");
    let mut found = server.store.clients().get(&client.id).await.unwrap().unwrap();
    found.web_origins = vec![ORIGIN.into()];
    let event = AuditEvent::new(server.clock.now(), EventCode::ApplicationUpdated, Actor::System, "test");
    server.store.clients().update(&found, found.version, event).await.unwrap();
    let plain = address(&client, ORIGIN, "").replace("response_mode=web_message", "response_mode=query");
    assert_eq!(server.get(&plain).await.status, 400, "for messages alone");

    let mut browser = Browser::default();
    let there = redirected(&browser.get(&server, &address(&client, ORIGIN, "&connection=provider")).await);
    let consent = browser.at_provider(&server, there.as_str(), "ada", "allow").await;
    assert_eq!(consent.header("cross-origin-opener-policy"), "unsafe-none");
    let handle = param(&redirected(&consent), "handle");
    let answer = browser.post(&server, "/u/consent", &[("handle", &handle), ("decision", "allow")]).await;
    assert_policy(&answer);
    let (sent, origin) = message(&answer);
    assert_eq!((origin.as_str(), sent["state"].as_str()), (ORIGIN, Some("st")));
    let code = sent["code"].as_str().unwrap().to_owned();
    assert!(!answer.header("location").contains(&code));
    let tokens = server
        .token(&[
            ("grant_type", "authorization_code"),
            ("client_id", client.id.as_str()),
            ("client_secret", &client.secret),
            ("code", &code),
            ("redirect_uri", ORIGIN),
            ("code_verifier", crate::harness::VERIFIER),
        ])
        .await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);

    let silent = browser.get(&server, &address(&client, ORIGIN, "&prompt=none")).await;
    assert!(message(&silent).0["code"].is_string(), "{}", silent.text);
    let other = address(&client, ORIGIN, "&prompt=none&max_age=0");
    server.clock.advance_seconds(1);
    assert_eq!(message(&browser.get(&server, &other).await).0["error"], "login_required", "max_age");
}

/// A message needs an origin: a scheme of a native application has none.
#[tokio::test]
async fn an_address_without_an_origin_gets_no_message() {
    let server = Server::start().await;
    let client = server.web().await;
    let mut found = server.store.clients().get(&client.id).await.unwrap().unwrap();
    found.callbacks = vec!["com.example.app:/callback".into()];
    let event = AuditEvent::new(server.clock.now(), EventCode::ApplicationUpdated, Actor::System, "test");
    server.store.clients().update(&found, found.version, event).await.unwrap();
    let answer = server.get(&address(&client, "com.example.app:/callback", "")).await;
    assert!(
        answer.header("location").starts_with("com.example.app:/callback?error=invalid_request"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn other_pages_stay_out_of_frames() {
    let server = Server::start().await;
    let client = server.web().await;
    let mut browser = Browser::default();
    let next = redirected(&browser.get(&server, &address(&client, CALLBACK, "")).await);
    let page = browser.get(&server, next.as_str()).await;
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("cross-origin-opener-policy"), "unsafe-none");
    assert_eq!(browser.get(&server, "/u/account").await.header("cross-origin-opener-policy"), "same-origin");
}
