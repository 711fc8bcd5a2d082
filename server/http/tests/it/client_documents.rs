//! Client id metadata documents (draft-ietf-oauth-client-id-metadata-document), fetched over HTTP.

use coffer_contract::application::SigningAlgorithm;
use coffer_core::{audit::EventCode, ids::ClientId};
use serde_json::{Value, json};

use crate::browser::{Browser, param, redirected};
use crate::harness::{Answer, CALLBACK, Registered, Server, VERIFIER, challenge};
use crate::keys::{Key, assertion_claims};
use crate::publisher::Publisher;

const PATH: &str = "/client.json";

async fn with_documents() -> (Server, Publisher) {
    let server = Server::with_provider().await;
    server
        .registrations(|settings| {
            settings.documents = true;
            settings.connections = vec![server.connection.id.to_string()];
        })
        .await;
    (server, Publisher::start().await)
}

fn document(publisher: &Publisher) -> Value {
    json!({
        "client_id": publisher.url(PATH),
        "client_name": "Example MCP Client",
        "client_uri": "https://app.example",
        "redirect_uris": [CALLBACK, "http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    })
}

fn authorize(client_id: &str, redirect_uri: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("client_id", client_id),
            ("redirect_uri", redirect_uri),
            ("response_type", "code"),
            ("scope", "openid offline_access"),
            ("connection", "provider"),
            ("code_challenge", &challenge()),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    format!("/authorize?{query}")
}

async fn ask(server: &Server, publisher: &Publisher) -> Answer {
    Browser::default().get(server, &authorize(&publisher.url(PATH), CALLBACK)).await
}

#[tokio::test]
async fn a_client_is_what_its_document_says() {
    let (server, publisher) = with_documents().await;
    publisher.json(PATH, &document(&publisher));
    let id = publisher.url(PATH);
    let mut browser = Browser::default();
    let start = browser.get(&server, &authorize(&id, "http://127.0.0.1:51004/callback")).await;
    let back = browser.at_provider(&server, redirected(&start).as_str(), "ada", "allow").await;
    let consent = redirected(&back);
    let page = browser.get(&server, consent.as_str()).await;
    assert!(page.text.contains("Example MCP Client"), "{}", page.text);
    assert!(page.text.contains("127.0.0.1"), "whose document it is: {}", page.text);
    let handle = param(&consent, "handle");
    let code =
        redirected(&browser.post(&server, "/u/consent", &[("handle", &handle), ("decision", "allow")]).await);
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", id.as_str()),
        ("code", &param(&code, "code")),
        ("redirect_uri", "http://127.0.0.1:51004/callback"),
        ("code_verifier", VERIFIER),
    ];
    let tokens = server.token(&fields).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    assert_eq!(publisher.count(PATH), 1, "kept for as long as it said");
    assert_eq!(server.events(EventCode::ApplicationRegistered).await, 1);

    let mut changed = document(&publisher);
    changed["client_name"] = json!("Renamed");
    changed["redirect_uris"] = json!(["https://app.example/other"]);
    publisher.json(PATH, &changed);
    server.clock.advance_seconds(600);
    assert_eq!(ask(&server, &publisher).await.status, 400, "the redirect URI is no more in the document");
    let known = server.store.clients().get(&ClientId::from_text(id.as_str())).await.unwrap().unwrap();
    assert_eq!((known.name.as_str(), known.version), ("Renamed", 2));
    let refresh = [
        ("grant_type", "refresh_token"),
        ("client_id", id.as_str()),
        ("refresh_token", tokens.json()["refresh_token"].as_str().unwrap()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let refresh: Vec<(&str, &str)> = refresh.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(server.token(&refresh).await.status, 200);
    // Out of reach for a moment: what it said before holds. Withdrawn: the client is no more.
    publisher.status(PATH, 503);
    server.clock.advance_seconds(600);
    let known = [("grant_type", "refresh_token"), ("client_id", id.as_str()), ("refresh_token", "x")];
    assert_eq!(server.token(&known).await.refusal(), (400, "invalid_grant".into()));
    publisher.status(PATH, 404);
    server.clock.advance_seconds(600);
    assert_eq!(server.token(&known).await.refusal(), (401, "invalid_client".into()));
}

#[tokio::test]
async fn it_is_off_unless_an_administrator_switches_it_on() {
    let (server, publisher) = with_documents().await;
    publisher.json(PATH, &document(&publisher));
    let supported = async || {
        let metadata = server.get("/.well-known/oauth-authorization-server").await.json();
        metadata["client_id_metadata_document_supported"].clone()
    };
    assert_eq!(supported().await, true);
    assert_eq!(ask(&server, &publisher).await.status, 303);
    server.registrations(|settings| settings.documents = false).await;
    assert_eq!(supported().await, false);
    let off = ask(&server, &publisher).await;
    assert_eq!(off.status, 400, "known or not");
    assert_eq!(publisher.count(PATH), 1);
    let id = publisher.url(PATH);
    let known = [("grant_type", "refresh_token"), ("client_id", id.as_str()), ("refresh_token", "x")];
    assert_eq!(server.token(&known).await.refusal(), (401, "invalid_client".into()));
}

/// Section 4: about itself alone, and without a shared secret.
#[tokio::test]
async fn a_document_that_cannot_speak_for_the_client_is_refused() {
    for (name, value) in [
        ("client_id", json!("https://app.example/client.json")),
        ("client_id", json!(null)),
        ("client_secret", json!("x")),
        ("token_endpoint_auth_method", json!("client_secret_post")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("redirect_uris", json!([])),
        ("redirect_uris", json!(["https://app.example/other"])),
    ] {
        let (server, publisher) = with_documents().await;
        let mut document = document(&publisher);
        document[name] = value.clone();
        publisher.json(PATH, &document);
        let answer = ask(&server, &publisher).await;
        assert_eq!(answer.status, 400, "{name}: {value}");
        assert_eq!(answer.header("location"), "", "nothing is sent anywhere");
        assert!(answer.text.contains("<h1"), "a page for people: {}", answer.text);
    }
    let (server, publisher) = with_documents().await;
    for _ in 0..3 {
        assert_eq!(ask(&server, &publisher).await.status, 400);
    }
    assert_eq!(publisher.count(PATH), 1, "a document that is not there is not asked for all the time");
}

/// A document with keys: the client proves itself with them.
#[tokio::test]
async fn a_confidential_client_has_its_keys_in_the_document() {
    let (server, publisher) = with_documents().await;
    let key = Key::new(SigningAlgorithm::Es256);
    let mut document = document(&publisher);
    document["token_endpoint_auth_method"] = json!("private_key_jwt");
    document["jwks_uri"] = json!(publisher.url("/keys"));
    document["redirect_uris"] = json!([CALLBACK]);
    publisher.json(PATH, &document);
    publisher.json("/keys", &json!({"keys": [key.public]}));
    let client = Registered { id: ClientId::from_text(publisher.url(PATH)), secret: String::new() };
    let ask = async |assertion: Option<String>| {
        let mut fields = vec![
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", "x".to_owned()),
            ("client_id", client.id.to_string()),
        ];
        if let Some(assertion) = assertion {
            fields.push(("client_assertion", assertion));
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            fields.push(("client_assertion_type", kind.to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        server.token(&fields).await.refusal()
    };
    let good = key.sign(json!({}), &assertion_claims(&server, &client));
    assert_eq!(ask(Some(good)).await, (400, "invalid_grant".into()), "the client is proven");
    let other = Key::new(SigningAlgorithm::Es256).sign(json!({}), &assertion_claims(&server, &client));
    assert_eq!(ask(Some(other)).await, (401, "invalid_client".into()));
    assert_eq!(ask(None).await, (401, "invalid_client".into()));
}
