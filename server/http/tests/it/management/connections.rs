//! Connections, and which application may use which.

use coffer_core::audit::EventCode;
use serde_json::{Value, json};

use super::{Machine, refusal};
use crate::harness::Server;

fn github() -> Value {
    json!({
        "name": "github", "strategy": "github", "display_name": "GitHub",
        "options": {
            "client_id": "upstream", "client_secret": "upstream-secret", "scope": ["repo", "read:user"],
            "federated_connections_access_tokens": {"active": true},
        },
        "authentication": {"active": true}, "connected_accounts": {"active": true},
        "is_domain_connection": false, "metadata": {"team": "a"},
    })
}

#[tokio::test]
async fn a_connection_is_created_read_changed_and_deleted() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let client = server.web().await.id;
    let mut new = github();
    new["enabled_clients"] = json!([client]);
    let made = machine.post("/connections", new).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let body = made.json();
    let path = format!("/connections/{}", body["id"].as_str().unwrap());
    assert!(!made.text.contains("upstream-secret"), "a provider's client secret is never shown");
    assert_eq!(body["options"]["client_id"], "upstream");
    assert_eq!(body["options"]["federated_connections_access_tokens"], json!({"active": true}));
    assert_eq!(body["enabled_clients"], json!([client]));
    assert_eq!(body["metadata"], json!({"team": "a"}));
    assert_eq!(machine.get(&path).await.json(), body);

    let changed = machine
        .patch(
            &path,
            json!({
                "options": {"client_id": "upstream", "scope": "repo, gist", "federated_connections_access_tokens": {"active": false}},
                "connected_accounts": {"active": false}, "enabled_clients": [], "metadata": {},
            }),
        )
        .await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let body = changed.json();
    assert_eq!(body["options"]["scope"], json!(["repo", "gist"]));
    assert_eq!(body["connected_accounts"], json!({"active": false}));
    assert_eq!((&body["enabled_clients"], &body["metadata"]), (&json!([]), &json!({})));
    assert!(
        server
            .store
            .connections()
            .secret(&coffer_core::ids::ConnectionId::from_text(body["id"].as_str().unwrap()))
            .await
            .unwrap()
            .is_some(),
        "the client secret stays where it is left out"
    );
    let again = machine.patch(&path, body).await;
    assert_eq!(again.status, 200, "what was read can be written back: {}", again.text);
    assert_eq!(refusal(&machine.patch(&path, json!({"name": "other"})).await), (400, "invalid_body".into()));

    assert_eq!(machine.delete(&path).await.status, 204);
    assert_eq!(refusal(&machine.get(&path).await), (404, "inexistent_connection".into()));
    assert_eq!(server.events(EventCode::ConnectionDeleted).await, 1);
}

#[tokio::test]
async fn a_connection_that_cannot_be_is_refused_whole() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let mut taken = github();
    taken["name"] = json!("provider");
    assert_eq!(refusal(&machine.post("/connections", taken).await), (409, "connection_conflict".into()));
    for (pointer, value, word) in [
        ("/strategy", json!("nothing"), "strategy"),
        ("/name", json!("two words"), "name"),
        ("/options/client_id", json!(""), "options.client_id"),
        ("/options/scope", json!(["two words"]), "options.scope"),
        ("/is_domain_connection", json!(true), "is_domain_connection"),
        ("/metadata", json!({"a": 1}), "metadata"),
    ] {
        let mut body = github();
        *body.pointer_mut(pointer).unwrap() = value;
        let answer = machine.post("/connections", body).await;
        assert_eq!(answer.status, 400, "{pointer}: {}", answer.text);
        assert!(answer.text.contains(word), "{pointer}: {}", answer.text);
    }
    let mut unknown = github();
    unknown["enabled_clients"] = json!(["nobody"]);
    let answer = machine.post("/connections", unknown).await;
    assert_eq!(refusal(&answer), (400, "invalid_body".into()));
    assert!(server.store.connections().by_name("github").await.unwrap().is_none(), "all of it, or nothing");
    let mut foreign = github();
    foreign["options"]["tokenURL"] = json!("https://p.example/token");
    assert!(machine.post("/connections", foreign).await.text.contains("tokenURL"), "not dropped silently");
    let mut scripts = github();
    scripts["options"]["scripts"] = json!({"fetchUserProfile": "function () {}"});
    assert!(machine.post("/connections", scripts).await.text.contains("scripts"));
}

#[tokio::test]
async fn a_custom_connection_has_addresses_of_its_own() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let options = json!({
        "client_id": "a", "client_secret": "b", "authorizationURL": "https://p.example/authorize",
        "tokenURL": "https://p.example/token", "userInfoURL": "https://p.example/me",
        "refreshURL": "https://p.example/refresh", "scope": "read write", "pkce_enabled": false,
        "customHeaders": {"x-api": "1"}, "token_endpoint_auth_method": "client_secret_post",
        "profile": {"id": "user.id"}, "upstream_params": {"screen_name": {"value": "x"}},
    });
    let made = machine
        .post("/connections", json!({"name": "custom", "strategy": "oauth2", "options": options}))
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let mut shown = made.json()["options"].clone();
    for name in [
        "authorizationURL",
        "tokenURL",
        "userInfoURL",
        "refreshURL",
        "pkce_enabled",
        "customHeaders",
        "upstream_params",
    ] {
        assert_eq!(shown[name], options[name], "{name}");
    }
    assert_eq!(shown["profile"]["id"], "user.id");
    let path = format!("/connections/{}", made.json()["id"].as_str().unwrap());
    let mut fewer = shown.clone();
    fewer.as_object_mut().unwrap().remove("upstream_params");
    let fewer = machine.patch(&path, json!({"options": fewer})).await.json();
    assert!(fewer["options"].get("upstream_params").is_none(), "options are replaced as a whole: {fewer}");
    shown["tokenURL"] = json!("https://evil.example/token");
    let moved = machine.patch(&path, json!({"options": shown})).await;
    assert_eq!(moved.status, 400, "the secret is not sent to another address by whoever does not know it");
    assert!(moved.text.contains("client_secret"), "{}", moved.text);
}

#[tokio::test]
async fn applications_are_switched_on_and_off() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let (one, two) = (server.web().await.id, server.web().await.id);
    let path = format!("/connections/{}/clients", server.connection.id);
    let on = json!([{"client_id": one, "status": true}, {"client_id": two, "status": true}]);
    let answer = machine.patch(&path, on).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    let first = machine.get(&format!("{path}?take=1")).await.json();
    assert_eq!(first["clients"].as_array().unwrap().len(), 1);
    let next = first["next"].as_str().unwrap();
    let second = machine.get(&format!("{path}?take=1&from={next}")).await.json();
    assert_ne!(second["clients"], first["clients"]);
    assert!(second.get("next").is_none(), "{second}");
    let of = machine.get(&format!("/clients/{one}/connections?take=50")).await.json();
    assert_eq!(of["connections"][0]["name"], "provider");
    let off = json!([{"client_id": one, "status": false}, {"client_id": "nobody", "status": true}]);
    assert_eq!(machine.patch(&path, off).await.status, 400);
    assert_eq!(machine.get(&path).await.json()["clients"].as_array().unwrap().len(), 2, "all, or nothing");
    assert_eq!(machine.patch(&path, json!([{"client_id": one, "status": false}])).await.status, 204);
    assert_eq!(machine.get(&path).await.json(), json!({"clients": [{"client_id": two}]}));
}

#[tokio::test]
async fn connections_are_found_by_kind_and_name() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    assert_eq!(machine.post("/connections", github()).await.status, 201);
    let names = async |query: &str| -> Vec<String> {
        let list = machine.get(&format!("/connections{query}")).await.json();
        let list = list.get("connections").cloned().unwrap_or(list);
        list.as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("").await, ["github", "provider"]);
    assert_eq!(names("?strategy=github").await, ["github"]);
    assert_eq!(names("?strategy=github&strategy=oauth2&take=50&include_totals=true").await.len(), 2);
    assert_eq!(names("?name=provider&include_totals=true").await, ["provider"]);
    assert_eq!(names("?name=provider&strategy=github").await.len(), 0);
}
