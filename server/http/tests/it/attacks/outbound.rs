//! Server-side request forgery: addresses that administrators and applications enter, which lead inside. Each
//! is tried with a server that may not reach this machine; what is at the address must see no request.
//! How addresses are told apart, redirects, and names that change what they stand for (DNS rebinding) are tried
//! in server/federation/tests/it: outbound, rebinding. Webhooks: server/webhooks/tests/deliver.rs,
//! private_networks_are_refused_and_long_answers_cut.

use coffer_contract::application::SigningAlgorithm;
use coffer_contract::connection::ConnectionOptions;
use coffer_core::{
    Clock as _,
    audit::{Actor, AuditEvent, EventCode},
    connection::Connection,
};
use serde_json::json;

use super::authorize;
use crate::browser::{Browser, param, redirected};
use crate::client_assertion::with_keys;
use crate::harness::{CALLBACK, Server, VERIFIER};
use crate::keys::Key;
use crate::management::Machine;
use crate::publisher::Publisher;

/// Ways to write an address inside. The port is that of a server that answers.
const INSIDE: [&str; 16] = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "017700000001",
    "0.0.0.0",
    "localhost",
    "LOCALHOST.",
    "10.0.0.1",
    "169.254.169.254",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::7f00:1]",
    "127.0.0.1%2f@coffer.example",
];

/// A discovery document.
#[tokio::test]
async fn a_discovery_address_does_not_lead_inside() {
    let (server, inside) = (Server::start().await, Publisher::start().await);
    let machine = Machine::new(&server).await;
    for host in INSIDE {
        for scheme in ["http", "https", "file", "gopher"] {
            let address = inside.at_host(scheme, host);
            let body = json!({
                "name": "inside", "strategy": "oidc", "display_name": "Inside",
                "options": {"client_id": "x", "client_secret": "y", "discovery_url": address},
            });
            let answer = machine.post("/connections", body).await;
            server.clock.advance_seconds(1);
            assert_eq!(answer.status, 400, "{address}: {}", answer.text);
        }
    }
    assert_eq!(inside.total(), 0);
}

/// The token and user-info endpoints of a Custom connection.
#[tokio::test]
async fn a_token_endpoint_does_not_lead_inside() {
    let (server, inside) = (Server::start().await, Publisher::start().await);
    let client = server.web().await;
    for host in ["127.0.0.1", "2130706433", "localhost", "[::ffff:127.0.0.1]"] {
        let at = |path: &str| Some(format!("{}{path}", inside.at_host("https", host)));
        let options = ConnectionOptions {
            authorization_url: at("/authorize"),
            token_url: at("/token"),
            user_info_url: at("/userinfo"),
            ..ConnectionOptions::default()
        };
        let name =
            format!("inside-{}", server.store.connections().enabled_for(&client.id).await.unwrap().len());
        let connection = Connection { options, ..server.connection.clone() };
        let connection = server.further_connection(&name, connection).await;
        server.enable_connection(&connection, &client).await;
        let mut browser = Browser::default();
        let there = redirected(&browser.get(&server, &authorize(&client, &[("connection", &name)])).await);
        let back = format!("/login/callback?code=x&state={}", param(&there, "state"));
        let answer = browser.get(&server, &back).await;
        assert_eq!(answer.status, 502, "{host}: {}", answer.text);
        assert!(!answer.text.contains(host), "the person learns nothing of the network: {}", answer.text);
    }
    assert_eq!(inside.total(), 0);
}

/// An application's keys, and the document that it is.
#[tokio::test]
async fn documents_of_applications_do_not_lead_inside() {
    let (server, inside) = (Server::start().await, Publisher::start().await);
    let key = Key::new(SigningAlgorithm::Es256);
    inside.json("/jwks.json", &json!({"keys": [key.public]}));
    server.registrations(|settings| settings.documents = true).await;
    for host in ["127.0.0.1", "2130706433", "localhost", "[::1]"] {
        for scheme in ["http", "https"] {
            let client = with_keys(&server, |client| {
                client.jwks_uri = Some(format!("{}/jwks.json", inside.at_host(scheme, host)));
            })
            .await;
            let code = server.code(&client).await;
            let answer = server
                .token(&[
                    ("grant_type", "authorization_code"),
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ("client_assertion", &key.assertion(&server, &client)),
                    ("code", &code),
                    ("redirect_uri", CALLBACK),
                    ("code_verifier", VERIFIER),
                ])
                .await;
            assert_eq!(answer.refusal(), (401, "invalid_client".into()), "{scheme} {host}");
            let id = format!("{}/client.json", inside.at_host(scheme, host));
            let mut document = client;
            document.id = coffer_core::ids::ClientId::from_text(id);
            let answer = server.get(&authorize(&document, &[])).await;
            assert_eq!(answer.status, 400, "{scheme} {host}: {}", answer.text);
        }
    }
    assert_eq!(inside.total(), 0);
}

/// Where an application is told that a session ended (back-channel logout).
#[tokio::test]
async fn a_logout_address_does_not_lead_inside() {
    let inside = Publisher::start().await;
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    for host in ["127.0.0.1.evil.example", "10.0.0.1", "169.254.169.254"] {
        let body = json!({"name": "x", "app_type": "regular_web", "oidc_logout": {
            "backchannel_logout_urls": [format!("http://{host}/")],
        }});
        assert_eq!(machine.post("/clients", body).await.status, 400, "{host}: plain http");
    }
    let client =
        server.register_with(|client| client.backchannel_logout_uri = Some(inside.url("/logout"))).await;
    // It took part in the session "s1", which ends.
    server.signed_in(&client).await;
    let event = AuditEvent::new(server.clock.now(), EventCode::UserSignedOut, Actor::System, "test");
    server.store.logouts().end_session("s1", server.clock.now(), event).await.unwrap();
    assert_eq!(server.state.oidc.tell_due().await.unwrap(), 1);
    assert_eq!(inside.total(), 0);
}
