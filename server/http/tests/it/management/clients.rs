//! Applications.

use coffer_contract::application::SigningAlgorithm;
use coffer_crypto::signing::generate_pem;
use serde_json::{Value, json};

use super::{Machine, refusal};
use crate::{
    apis::{CALENDAR, api},
    harness::{ISSUER, Server},
};

#[tokio::test]
async fn an_application_is_created_read_changed_and_deleted() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let made = machine
        .post(
            "/clients",
            json!({
                "name": "Agent", "app_type": "regular_web", "callbacks": ["https://app.example/callback"],
                "allowed_logout_urls": ["https://app.example"], "web_origins": ["https://app.example"],
                "grant_types": ["authorization_code", "refresh_token"], "oidc_conformant": true,
                "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36000}, "is_first_party": true,
                "client_metadata": {"team": "a"}, "cross_origin_authentication": false, "sso": true,
                "oidc_logout": {"backchannel_logout_urls": ["https://app.example/logout"]},
            }),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let body = made.json();
    let id = body["client_id"].as_str().unwrap();
    let secret = body["client_secret"].as_str().unwrap();
    assert!(secret.len() > 40);
    assert_eq!(body["token_endpoint_auth_method"], "client_secret_post");
    assert_eq!(body["refresh_token"]["rotation_type"], "rotating");
    assert_eq!(made.header("etag"), "\"1\"");

    let path = format!("/clients/{id}");
    let read = machine.get(&path).await;
    assert_eq!(read.status, 200);
    assert_eq!(read.json(), body, "a caller with read:client_keys reads the secret");
    let less = Machine::with(&server, "read:clients").await;
    let mut expected = body.clone();
    expected.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(less.get(&path).await.json(), expected, "another does not, and nothing else differs");
    assert!(!less.get("/clients").await.text.contains(secret));
    let listed = machine.get("/clients").await.json();
    let mine = listed.as_array().unwrap().iter().find(|client| client["client_id"] == id).unwrap();
    assert_eq!(mine["client_secret"], secret);
    let some = machine.get(&format!("{path}?fields=name,client_id&include_fields=true")).await.json();
    assert_eq!(some, json!({"name": "Agent", "client_id": id}));
    let rest = machine.get(&format!("{path}?fields=name&include_fields=false")).await.json();
    assert!(rest.get("name").is_none() && rest["client_id"] == id);

    let changed = machine
        .patch(
            &path,
            json!({"description": "Acts", "callbacks": [], "client_metadata": {"team": null, "b": "c"}}),
        )
        .await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let body = changed.json();
    assert_eq!((&body["description"], &body["callbacks"]), (&json!("Acts"), &json!([])));
    assert_eq!(body["client_metadata"], json!({"b": "c"}));
    assert_eq!(body["allowed_logout_urls"], json!(["https://app.example"]), "what is left out stays");
    // What was read can be written back.
    let again = machine.patch(&path, machine.get(&path).await.json()).await;
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(machine.get(&path).await.json()["client_secret"], secret);
    let kind = machine.patch(&path, json!({"app_type": "spa"})).await;
    assert_eq!(refusal(&kind), (400, "invalid_body".into()));

    let rotated = machine.post(&format!("{path}/rotate-secret"), json!({"id": id})).await;
    assert_eq!(rotated.status, 200, "{}", rotated.text);
    assert_ne!(rotated.json()["client_secret"], json!(secret));
    assert_eq!(machine.get(&path).await.json()["client_secret"], rotated.json()["client_secret"]);

    assert_eq!(machine.delete(&path).await.status, 204);
    assert_eq!(refusal(&machine.get(&path).await), (404, "inexistent_client".into()));
}

#[tokio::test]
async fn what_is_not_supported_is_refused_by_name_unless_it_is_off() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    for (name, value) in [
        ("grant_types", json!(["implicit"])),
        ("require_proof_of_possession", json!(true)),
        ("addons", json!({"samlp": {"x": 1}})),
        ("refresh_token", json!({"rotation_type": "non-rotating", "expiration_type": "non-expiring"})),
        ("oidc_conformant", json!(false)),
        ("app_type", json!("rms")),
    ] {
        let mut body = json!({"name": "x"});
        body[name] = value;
        let answer = machine.post("/clients", body).await;
        assert_eq!(answer.status, 400, "{name}");
        assert!(answer.text.contains(name), "{name}: {}", answer.text);
    }
    let off =
        json!({"name": "x", "addons": {}, "encryption_key": null, "require_proof_of_possession": false});
    assert_eq!(machine.post("/clients", off).await.status, 201);
}

#[tokio::test]
async fn an_api_has_its_server_and_refresh_tokens_reach_apis() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    api(&server, CALENDAR, &["read"], |_| {}).await;
    let made = machine
        .post(
            "/clients",
            json!({"name": "Calendar", "app_type": "resource_server", "resource_server_identifier": CALENDAR}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let body = made.json();
    assert_eq!(
        (&body["app_type"], &body["resource_server_identifier"]),
        (&json!("resource_server"), &json!(CALENDAR))
    );
    let policies = json!([
        {"audience": CALENDAR, "scope": ["read"]},
        {"audience": format!("{ISSUER}me/"), "scope": ["create:me:connected_accounts"]},
    ]);
    let made = machine
        .post(
            "/clients",
            json!({"name": "Agent", "refresh_token": {
        "rotation_type": "rotating", "expiration_type": "expiring", "policies": policies}}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["client_id"].as_str().unwrap().to_owned();
    let client =
        server.store.clients().get(&coffer_core::ids::ClientId::from_text(&id)).await.unwrap().unwrap();
    assert!(client.connect_accounts, "the My Account API among the policies opens it");
    assert_eq!(client.refresh_policies.len(), 1);
    let list = machine.get("/clients?app_type=resource_server").await.json();
    assert_eq!(list.as_array().unwrap().len(), 1);
    let machines = machine.get("/clients?app_type=non_interactive").await.json();
    assert!(machines.as_array().unwrap().iter().all(|client| client["app_type"] == "non_interactive"));
}

/// The public half of a new pair, as PEM.
fn public_pem() -> String {
    use base64::{
        Engine as _,
        engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    };
    let pem = generate_pem(SigningAlgorithm::EdDsa).unwrap();
    let key = jsonwebtoken::EncodingKey::from_ed_pem(pem.reveal().as_bytes()).unwrap();
    let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&key, jsonwebtoken::Algorithm::EdDSA).unwrap();
    let x = serde_json::to_value(jwk).unwrap()["x"].as_str().unwrap().to_owned();
    // RFC 8410 section 4: SubjectPublicKeyInfo of Ed25519.
    let mut der = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    der.extend(URL_SAFE_NO_PAD.decode(x).unwrap());
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

#[tokio::test]
async fn an_application_proves_itself_with_keys() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let methods = |credential: Value| json!({"private_key_jwt": {"credentials": [credential]}});
    let new = json!({"name": "k", "credential_type": "public_key", "pem": public_pem(), "alg": "EdDSA"});
    let made = machine
        .post("/clients", json!({"name": "Agent", "client_authentication_methods": methods(new)}))
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let body = made.json();
    assert!(body.get("client_secret").is_none());
    let path = format!("/clients/{}", body["client_id"].as_str().unwrap());
    let credential = body["client_authentication_methods"]["private_key_jwt"]["credentials"][0].clone();
    assert!(credential["id"].as_str().unwrap().len() > 20, "{credential}");
    let kept = machine.patch(&path, json!({"client_authentication_methods": methods(credential)})).await;
    assert_eq!(kept.status, 200, "{}", kept.text);
    let unknown = json!({"client_authentication_methods": methods(json!({"id": "x"}))});
    assert_eq!(refusal(&machine.patch(&path, unknown).await), (400, "invalid_body".into()));
    let private = json!({"pem": "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----"});
    let answer = machine.patch(&path, json!({"client_authentication_methods": methods(private)})).await;
    assert!(answer.text.contains("private key"), "{}", answer.text);
}

#[tokio::test]
async fn lists_page_by_number_and_by_checkpoint() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    for n in 0..5 {
        assert_eq!(machine.post("/clients", json!({"name": format!("App {n}")})).await.status, 201);
    }
    let plain = machine.get("/clients?q=App&per_page=2&page=1").await.json();
    let names = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&plain), ["App 2", "App 3"]);
    let totals = machine.get("/clients?q=App&per_page=2&page=2&include_totals=true").await.json();
    assert_eq!((&totals["start"], &totals["limit"], &totals["total"]), (&json!(4), &json!(2), &json!(5)));
    assert_eq!(names(&totals["clients"]), ["App 4"]);
    let beyond = machine.get("/clients?q=App&page=9&include_totals=true").await;
    assert_eq!((beyond.status.as_u16(), beyond.json()["clients"].clone()), (200, json!([])));
    let (mut from, mut found) = (String::new(), Vec::new());
    for _ in 0..3 {
        let page =
            machine.get(&format!("/clients?q=App&take=2&from={from}&include_totals=true")).await.json();
        found.extend(names(&page["clients"]));
        from = page["next"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!((from.as_str(), found.len()), ("", 5));
    let none = machine.get("/clients?take=2&from=what").await.json();
    assert_eq!(none["clients"], json!([]), "a key that never was names nothing");
}

/// RFC 9110 section 13.1.1.
#[tokio::test]
async fn nobody_overwrites_what_they_have_not_seen() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let made = machine.post("/clients", json!({"name": "Agent"})).await;
    let path = format!("/clients/{}", made.json()["client_id"].as_str().unwrap());
    let seen = made.header("etag").to_owned();
    let first = machine.with_header("PATCH", &path, ("if-match", &seen), &json!({"name": "One"})).await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert_ne!(first.header("etag"), seen);
    let second = machine.with_header("PATCH", &path, ("if-match", &seen), &json!({"name": "Two"})).await;
    assert_eq!(refusal(&second), (412, "precondition_failed".into()));
    let gone = machine.with_header("DELETE", &path, ("if-match", &seen), &json!(null)).await;
    assert_eq!(refusal(&gone), (412, "precondition_failed".into()));
    assert_eq!(machine.get(&path).await.json()["name"], "One");
    let last = machine.patch(&path, json!({"name": "Three"})).await;
    assert_eq!(last.status, 200, "without If-Match the last one wins");
    let tag = last.header("etag").to_owned();
    let deleted = machine.with_header("DELETE", &path, ("if-match", &tag), &json!(null)).await;
    assert_eq!(deleted.status, 204);
}
