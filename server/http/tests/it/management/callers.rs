//! Who is let in, and to what.

use axum::http::Method;
use coffer_contract::application::ApplicationType;
use coffer_http::{ENDPOINTS, Protection};
use serde_json::json;

use super::{Machine, refusal, token};
use crate::harness::{ISSUER, Server};

/// Each endpoint refuses whoever has no token, one for something else, or one without its scope.
#[tokio::test]
async fn every_endpoint_asks_for_its_scope() {
    let server = Server::start().await;
    let client = server.register(ApplicationType::MachineToMachine, &[]).await.id;
    let all: Vec<&str> = coffer_contract::management::SCOPES.iter().map(|(scope, _)| *scope).collect();
    let other = token(&server, &client, Some("https://calendar.example/api"), &all.join(" ")).await;
    let plain = token(&server, &client, None, &all.join(" ")).await;
    let mut seen = 0;
    for endpoint in ENDPOINTS {
        let Protection::Management(scope) = endpoint.protection else { continue };
        seen += 1;
        assert!(all.contains(&scope), "{scope} can be granted");
        let method = Method::from_bytes(endpoint.method.to_uppercase().as_bytes()).unwrap();
        let name = format!("{method} {}", endpoint.path);
        let send = async |token: &str| server.bearer(method.as_str(), endpoint.path, token, None).await;
        for wrong in ["nothing", &other, &plain] {
            let answer = send(wrong).await;
            assert_eq!(refusal(&answer), (401, "invalid_token".into()), "{name}");
            assert!(answer.header("www-authenticate").contains("invalid_token"), "{name}");
        }
        // A machine for each, so that none sends too many.
        let without: Vec<&str> = all.iter().copied().filter(|other| *other != scope).collect();
        let id = server.register(ApplicationType::MachineToMachine, &[]).await.id;
        let token = token(&server, &id, Some(&format!("{ISSUER}api/v2/")), &without.join(" ")).await;
        let answer = send(&token).await;
        assert_eq!(refusal(&answer), (403, "insufficient_scope".into()), "{name}");
        assert!(answer.text.contains(scope), "{name}: {}", answer.text);
        assert!(answer.header("www-authenticate").contains("insufficient_scope"), "{name}");
    }
    assert!(seen > 30, "the management API is not there");
}

#[tokio::test]
async fn what_is_not_there_says_so_in_json() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    assert_eq!(refusal(&machine.get("/nothing").await), (404, "-".into()));
    assert_eq!(refusal(&machine.get("/clients/a/b/c").await), (404, "-".into()));
    assert_eq!(refusal(&machine.delete("/clients").await), (405, "-".into()));
    for (path, code) in [
        ("/clients/x", "inexistent_client"),
        ("/connections/x", "inexistent_connection"),
        ("/resource-servers/x", "inexistent_resource_server"),
        ("/client-grants/x", "inexistent_client_grant"),
        ("/users/x", "inexistent_user"),
        ("/logs/x", "inexistent_log"),
    ] {
        assert_eq!(refusal(&machine.get(path).await), (404, code.into()), "{path}");
    }
}

#[tokio::test]
async fn queries_and_bodies_are_refused_by_name() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    for path in [
        "/clients?page=x",
        "/clients?colour=red",
        "/clients?per_page=101",
        "/users?q=phone:1",
        "/logs?from=x",
    ] {
        let answer = machine.get(path).await;
        assert_eq!(refusal(&answer), (400, "invalid_query_string".into()), "{path}");
    }
    assert!(machine.get("/clients?colour=red").await.text.contains("colour"));
    let answer = machine.post("/clients", json!({"name": "x", "callbacks": "https://x.example"})).await;
    assert_eq!(refusal(&answer), (400, "invalid_body".into()));
    assert!(answer.text.contains("callbacks"), "{}", answer.text);
    let answer = machine.post("/clients", json!({"name": "x", "colour": "red"})).await;
    assert!(answer.text.contains("colour"), "{}", answer.text);
    let answer = machine.post("/clients", json!([])).await;
    assert_eq!(refusal(&answer), (400, "invalid_body".into()));
}

/// What a machine does is in the log under its name.
#[tokio::test]
async fn the_log_says_which_machine_it_was() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let made = machine.post("/clients", json!({"name": "Agent"})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let logs = machine.get("/logs?q=type:application.created&per_page=1").await.json();
    assert_eq!(logs[0]["details"]["actor"], "Application Agent");
    assert_eq!(logs[0]["client_id"], made.json()["client_id"]);
    assert!(!machine.id.as_str().is_empty());
}
