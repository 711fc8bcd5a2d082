//! The vault grant's refusals, each with the contract's status and code, each in the log.

use coffer_contract::application::{ApplicationType, GrantType};
use coffer_core::audit::{Actor, AuditEvent, EventCode};

use crate::harness::{Answer, Registered, Server};

const GRANT: &str = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";
const REFRESH: &str = "urn:ietf:params:oauth:token-type:refresh_token";
const FEDERATED: &str = "http://auth0.com/oauth/token-type/federated-connection-access-token";

async fn exchange(server: &Server, client: &Registered, subject: &str, connection: &str) -> Answer {
    server
        .token(&[
            ("grant_type", GRANT),
            ("client_id", client.id.as_str()),
            ("client_secret", &client.secret),
            ("subject_token", subject),
            ("subject_token_type", REFRESH),
            ("requested_token_type", FEDERATED),
            ("connection", connection),
        ])
        .await
}

async fn enable(server: &Server, client: &Registered) {
    let now = coffer_core::Clock::now(&server.clock);
    let event = AuditEvent::new(now, EventCode::ConnectionEnabled, Actor::System, "test");
    server
        .store
        .connections()
        .set_enabled(&server.connection.id, &client.id, true, now, event)
        .await
        .unwrap();
}

#[tokio::test]
async fn each_refusal_has_its_answer_and_its_line_in_the_log() {
    let server = Server::start().await;
    let (client, other) = (server.web().await, server.web().await);
    let subject = server.signed_in(&client).await;
    let refused = |status: u16, code: &str| (status, code.to_owned());

    let unknown = exchange(&server, &client, &subject, "nowhere").await;
    assert_eq!(unknown.refusal(), refused(400, "invalid_request"));
    assert!(unknown.text.contains("no connection named nowhere"), "{}", unknown.text);
    let disabled = exchange(&server, &client, &subject, "provider").await;
    assert_eq!(disabled.refusal(), refused(400, "invalid_request"));
    assert!(disabled.text.contains("not enabled for this application"), "{}", disabled.text);
    enable(&server, &client).await;
    enable(&server, &other).await;
    let none = exchange(&server, &client, &subject, "provider").await;
    assert_eq!(none.refusal(), refused(401, "federated_connection_refresh_token_not_found"));

    let theirs = exchange(&server, &other, &subject, "provider").await;
    assert_eq!(theirs.refusal(), refused(401, "invalid_grant"));
    assert_eq!(
        exchange(&server, &client, "cfr_unknown", "provider").await.refusal(),
        refused(401, "invalid_grant")
    );
    let wrong = Registered { id: client.id.clone(), secret: "wrong".into() };
    assert_eq!(
        exchange(&server, &wrong, &subject, "provider").await.refusal(),
        refused(401, "invalid_client")
    );

    let plain = server.register(ApplicationType::RegularWeb, &GrantType::ALL[..2]).await;
    let ungranted = exchange(&server, &plain, &server.signed_in(&plain).await, "provider").await;
    assert_eq!(ungranted.refusal(), refused(403, "unauthorized_client"));
    assert_eq!(server.events(EventCode::VaultRefused).await, 6);
}

#[tokio::test]
async fn a_public_client_is_refused() {
    let server = Server::start().await;
    let public = server.register(ApplicationType::SinglePage, &GrantType::ALL).await;
    let answer = server
        .token(&[
            ("grant_type", GRANT),
            ("client_id", public.id.as_str()),
            ("subject_token", "anything"),
            ("subject_token_type", REFRESH),
            ("requested_token_type", FEDERATED),
            ("connection", "provider"),
        ])
        .await;
    assert_eq!(answer.refusal(), (403, "unauthorized_client".into()));
}

#[tokio::test]
async fn a_vault_that_is_off_releases_nothing() {
    let server = Server::start().await;
    let client = server.web().await;
    enable(&server, &client).await;
    let subject = server.signed_in(&client).await;
    let mut connection = server.connection.clone();
    connection.vault_enabled = false;
    let now = coffer_core::Clock::now(&server.clock);
    let event = AuditEvent::new(now, EventCode::ConnectionUpdated, Actor::System, "test");
    server.store.connections().update(&connection, None, connection.version, event).await.unwrap();
    let answer = exchange(&server, &client, &subject, "provider").await;
    assert_eq!(answer.refusal(), (400, "invalid_request".into()));
    assert!(answer.text.contains("vault is not enabled"), "{}", answer.text);
}
