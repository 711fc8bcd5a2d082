//! Requests that come again (draft-ietf-httpapi-idempotency-key-header).

use serde_json::json;

use super::{Machine, refusal};
use crate::harness::Server;

#[tokio::test]
async fn a_request_with_a_key_is_done_once() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let key = ("idempotency-key", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"");
    let body = json!({"name": "Once"});
    let (one, two) = tokio::join!(
        machine.with_header("POST", "/clients", key, &body),
        machine.with_header("POST", "/clients", key, &body),
    );
    assert_eq!((one.status.as_u16(), two.status.as_u16()), (201, 201), "{} {}", one.text, two.text);
    assert_eq!(one.json(), two.json(), "the same answer, its secret too");
    let again = machine.with_header("POST", "/clients", key, &body).await;
    assert_eq!((again.json(), again.header("idempotency-replayed")), (one.json(), "true"));
    assert_eq!(machine.get("/clients?q=Once").await.json().as_array().unwrap().len(), 1);

    let other = machine.with_header("POST", "/clients", key, &json!({"name": "Other"})).await;
    assert_eq!(refusal(&other), (422, "idempotency_key_reused".into()));
    let elsewhere = Machine::new(&server).await.with_header("POST", "/clients", key, &body).await;
    assert_ne!(elsewhere.json()["client_id"], one.json()["client_id"], "keys are each application's own");
    server.clock.advance_seconds(24 * 3600);
    let machine = Machine::new(&server).await;
    let late = machine.with_header("POST", "/clients", key, &body).await;
    assert_ne!(late.json()["client_id"], one.json()["client_id"]);
}

#[tokio::test]
async fn a_request_that_was_refused_may_come_again_under_its_key() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let key = ("idempotency-key", "k1");
    let wrong = machine.with_header("POST", "/clients", key, &json!({"name": ""})).await;
    assert_eq!(wrong.status, 400);
    let right = machine.with_header("POST", "/clients", key, &json!({"name": "Right"})).await;
    assert_eq!(right.status, 201, "{}", right.text);
    let empty = machine.with_header("POST", "/clients", ("idempotency-key", ""), &json!({"name": "x"})).await;
    assert_eq!(refusal(&empty), (400, "invalid_idempotency_key".into()));
}
