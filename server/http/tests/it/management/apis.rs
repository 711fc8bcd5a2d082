//! APIs, and what applications may do there.

use coffer_contract::application::{ApplicationType, GrantType};
use serde_json::json;

use super::{Machine, refusal};
use crate::harness::{ISSUER, Server};

const CALENDAR: &str = "https://calendar.example/api";
/// As an SDK puts it into a path.
const ENCODED: &str = "https%3A%2F%2Fcalendar.example%2Fapi";

#[tokio::test]
async fn an_api_is_created_read_changed_and_deleted() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let made = machine
        .post(
            "/resource-servers",
            json!({
                "name": "Calendar", "identifier": CALENDAR, "signing_alg": "RS256", "token_lifetime": 600,
                "scopes": [{"value": "read", "description": "See appointments"}, {"value": "write"}],
                "enforce_policies": false, "token_dialect": "access_token",
            }),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let body = made.json();
    assert_eq!((&body["is_system"], &body["allow_offline_access"]), (&json!(false), &json!(false)));
    assert_eq!(body["subject_type_authorization"]["user"]["policy"], "allow_all");
    let path = format!("/resource-servers/{}", body["id"].as_str().unwrap());
    assert_eq!(machine.get(&path).await.json(), body);
    assert_eq!(machine.get(&format!("/resource-servers/{ENCODED}")).await.json(), body);
    let taken = machine.post("/resource-servers", json!({"name": "Other", "identifier": CALENDAR})).await;
    assert_eq!(refusal(&taken), (409, "resource_server_conflict".into()));
    for body in [
        json!({"identifier": "urn:x", "signing_alg": "HS256"}),
        json!({"identifier": "urn:x", "enforce_policies": true}),
        json!({"identifier": "two words"}),
    ] {
        assert_eq!(machine.post("/resource-servers", body).await.status, 400);
    }

    let changed = machine.patch(&path, json!({"name": "Diary", "scopes": [{"value": "read"}]})).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!((&changed.json()["name"], &changed.json()["token_lifetime"]), (&json!("Diary"), &json!(600)));
    let again = machine.patch(&path, machine.get(&path).await.json()).await;
    assert_eq!(again.status, 200, "what was read can be written back: {}", again.text);
    let tag = ("if-match", made.header("etag"));
    let old = machine.with_header("PATCH", &path, tag, &json!({"name": "x"})).await;
    assert_eq!(refusal(&old), (412, "precondition_failed".into()));

    let list = machine.get("/resource-servers?include_totals=true&per_page=2").await.json();
    assert_eq!((&list["total"], list["resource_servers"].as_array().unwrap().len()), (&json!(3), 2));
    let last = machine.get("/resource-servers?include_totals=true&per_page=2&page=1").await.json();
    assert_eq!(last["resource_servers"][0]["name"], "Diary");
    let own = machine.get(&format!("/resource-servers?identifiers={ISSUER}api/v2/")).await.json();
    assert_eq!((own.as_array().unwrap().len(), &own[0]["is_system"]), (1, &json!(true)));
    let own = format!("/resource-servers/{}", own[0]["id"].as_str().unwrap());
    assert_eq!(refusal(&machine.delete(&own).await), (403, "operation_not_supported".into()));

    assert_eq!(machine.delete(&path).await.status, 204);
    assert_eq!(machine.delete(&path).await.status, 404);
}

/// The whole way: the machine makes another one, lets it in, and that one comes with a token of its own.
#[tokio::test]
async fn a_machine_is_let_in_by_a_client_grant() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let client = server.register(ApplicationType::MachineToMachine, &[GrantType::ClientCredentials]).await;
    let audience = format!("{ISSUER}api/v2/");
    let new = json!({"client_id": client.id, "audience": audience, "scope": ["read:clients"]});
    let made = machine.post("/client-grants", new.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let path = format!("/client-grants/{}", made.json()["id"].as_str().unwrap());
    assert_eq!(made.json()["subject_type"], "client");
    assert_eq!(refusal(&machine.post("/client-grants", new).await), (409, "client_grant_conflict".into()));
    let token = async || {
        let answer = server
            .token(&[
                ("grant_type", "client_credentials"),
                ("client_id", client.id.as_str()),
                ("client_secret", &client.secret),
                ("audience", &audience),
            ])
            .await;
        answer.json()["access_token"].as_str().unwrap().to_owned()
    };
    let first = token().await;
    assert_eq!(server.bearer("GET", "/api/v2/clients", &first, None).await.status, 200);
    assert_eq!(server.bearer("GET", "/api/v2/users", &first, None).await.status, 403);
    let changed = machine.patch(&path, json!({"scope": ["read:users"]})).await;
    assert_eq!((changed.status.as_u16(), changed.json()["scope"].clone()), (200, json!(["read:users"])));
    assert_eq!(server.bearer("GET", "/api/v2/users", &token().await, None).await.status, 200);

    let unknown = machine.patch(&path, json!({"scope": ["fly:to_the_moon"]})).await;
    assert_eq!(refusal(&unknown), (400, "invalid_body".into()));
    let list =
        machine.get(&format!("/client-grants?client_id={}&take=50&include_totals=true", client.id)).await;
    assert_eq!(list.json()["client_grants"].as_array().unwrap().len(), 1);
    let none = machine.get("/client-grants?audience=urn:none&per_page=5").await.json();
    assert_eq!(none, json!([]));
    assert_eq!(machine.delete(&path).await.status, 204);
    assert_eq!(machine.get(&path).await.status, 404);
}
