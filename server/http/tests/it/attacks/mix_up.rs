//! Mix-up (RFC 9700 section 4.4): one authorization server's answer, taken for another's. This server is
//! both: one of several of its clients, and a client of many.

use coffer_contract::connection::ConnectionOptions;
use coffer_core::{audit::EventCode, connection::Connection};
use serde_json::json;
use url::Url;

use super::{application, authorize, provider_answer, sign_in};
use crate::browser::{Browser, param, redirected};
use crate::harness::{ISSUER, Registered, Server, challenge};
use crate::publisher::Publisher;

/// As a server: every answer says who it is from, good or bad, however it travels (RFC 9207), so that a
/// client of several can tell.
#[tokio::test]
async fn every_answer_names_its_issuer() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    for (mode, connection) in [("query", "provider"), ("form_post", "provider"), ("web_message", "provider")]
    {
        let request = authorize(&client, &[("response_mode", mode), ("connection", connection)]);
        let mut browser = Browser::default();
        let good = sign_in(&server, &mut browser, &request, "ada").await;
        let bad = authorize(&client, &[("response_mode", mode), ("prompt", "nonsense")]);
        for answer in [good, browser.get(&server, &bad).await] {
            let named = match mode {
                "query" => param(&redirected(&answer), "iss") == ISSUER,
                _ => answer.text.contains("iss") && answer.text.contains(ISSUER),
            };
            assert!(named, "{mode}: {} {}", answer.header("location"), answer.text);
        }
    }
}

/// A connection to an attacker's authorization server; docs/security.md says that providers which are not trusted
/// with the others' users have a callback of their own.
async fn attackers(server: &Server, evil: &Publisher, client: &Registered, own_callback: bool) -> Connection {
    let at = |path: &str| Some(evil.url(path));
    let options = ConnectionOptions {
        authorization_url: at("/authorize"),
        token_url: at("/token"),
        user_info_url: at("/userinfo"),
        own_callback,
        ..ConnectionOptions::default()
    };
    let connection = Connection { options, ..server.connection.clone() };
    let connection = server.further_connection("evil", connection).await;
    server.enable_connection(&connection, client).await;
    connection
}

/// As a client, the attack of section 4.4.1: the victim chooses the attacker's server; it sends the browser on
/// to an honest one with the victim's state and the attacker's challenge; the honest server's code comes back,
/// and would be sent to the attacker.
#[tokio::test]
async fn an_honest_providers_code_is_not_sent_to_an_attackers_server() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let evil = Publisher::start().await;
    evil.json("/token", &json!({"access_token": "x", "token_type": "Bearer"}));
    attackers(&server, &evil, &client, true).await;
    let mut victim = Browser::default();
    let to_evil = redirected(&victim.get(&server, &authorize(&client, &[("connection", "evil")])).await);
    assert!(to_evil.as_str().starts_with(&evil.url("/authorize")), "{to_evil}");

    // What the honest provider expects of this server, with the victim's state in it.
    let mut stranger = Browser::default();
    let honest = redirected(&stranger.get(&server, &authorize(&client, &[("connection", "provider")])).await);
    let state = param(&to_evil, "state");
    let mut changed = honest.clone();
    let pairs: Vec<(String, String)> = honest.query_pairs().into_owned().collect();
    changed.query_pairs_mut().clear();
    for (name, value) in pairs {
        let value = match name.as_str() {
            "state" => state.clone(),
            "code_challenge" => challenge(),
            _ => value,
        };
        changed.query_pairs_mut().append_pair(&name, &value);
    }
    let back = provider_answer(&changed, "ada").await;
    let answer = victim.get(&server, back.as_str()).await;
    assert_eq!(evil.count("/token"), 0, "the code did not leave");
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert_eq!(server.events(EventCode::UserSignedIn).await, 1, "the one of the beginning");
    // The state is used up: the attacker does not try again with it.
    let own = Url::parse(&format!("{ISSUER}login/callback/evil?code=x&state={state}")).unwrap();
    assert_eq!(victim.get(&server, own.as_str()).await.status, 400);
    assert_eq!(evil.count("/token"), 0);
}

/// The other way round: the attacker's answer comes where an honest provider's is waited for.
#[tokio::test]
async fn a_callback_of_its_own_takes_the_answers_of_its_connection_alone() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let evil = Publisher::start().await;
    attackers(&server, &evil, &client, true).await;
    let mut victim = Browser::default();
    let there = redirected(&victim.get(&server, &authorize(&client, &[("connection", "provider")])).await);
    let state = param(&there, "state");
    for path in ["login/callback/evil", "login/callback/provider", "login/callback/nowhere"] {
        let answer = victim.get(&server, &format!("{ISSUER}{path}?code=x&state={state}")).await;
        assert!(matches!(answer.status.as_u16(), 400), "{path}: {}", answer.status);
    }
    let to_evil = redirected(&victim.get(&server, &authorize(&client, &[("connection", "evil")])).await);
    assert_eq!(param(&to_evil, "redirect_uri"), format!("{ISSUER}login/callback/evil"));
}

/// Where both share a callback, an honest server that says who it is (RFC 9207) is still not taken for another.
#[tokio::test]
async fn an_answer_that_names_another_issuer_is_refused() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let evil = Publisher::start().await;
    attackers(&server, &evil, &client, false).await;
    for issuer in ["https://honest.example/", "https%3A%2F%2Fhonest.example", "x"] {
        let mut victim = Browser::default();
        let to_evil = redirected(&victim.get(&server, &authorize(&client, &[("connection", "evil")])).await);
        let back = format!("/login/callback?code=honest&iss={issuer}&state={}", param(&to_evil, "state"));
        let answer = victim.get(&server, &back).await;
        assert_eq!(answer.status, 502, "{issuer}: {}", answer.text);
    }
    assert_eq!(evil.count("/token"), 0, "the code did not leave");
}
