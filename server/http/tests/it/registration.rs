//! Dynamic client registration (RFC 7591) and its management (RFC 7592); what a stock MCP client does.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_contract::registration::RegistrationMode;
use coffer_core::{
    Clock as _, SystemRng,
    audit::{Actor, AuditEvent, EventCode},
    ids::{ClientId, InitialTokenId},
    registration::InitialToken,
};
use coffer_crypto::TokenHash;
use serde_json::{Value, json};

use crate::apis::api;
use crate::browser::{Browser, param, redirected};
use crate::harness::{Answer, ISSUER, Server, VERIFIER, challenge};

const ENDPOINT: &str = "/oidc/register";

fn cli() -> Value {
    json!({
        "redirect_uris": ["http://localhost:3334/oauth/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "client_name": "MCP CLI",
        "software_id": "2e6dc280-f3c3-4e01-99a7-8181dbd1d23d",
    })
}

async fn register(server: &Server, token: Option<&str>, body: &Value) -> Answer {
    server.json("POST", ENDPOINT, token, body).await
}

async fn open(server: &Server) {
    server.registrations(|settings| settings.mode = RegistrationMode::Open).await;
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[tokio::test]
async fn it_is_off_unless_an_administrator_switches_it_on() {
    let server = Server::start().await;
    let metadata = async || server.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(register(&server, None, &cli()).await.refusal(), (403, "access_denied".into()));
    assert!(metadata().await.get("registration_endpoint").is_none());
    open(&server).await;
    assert_eq!(metadata().await["registration_endpoint"], format!("{ISSUER}oidc/register"));
    assert_eq!(register(&server, None, &cli()).await.status, 201);
    server.registrations(|settings| settings.mode = RegistrationMode::Off).await;
    assert_eq!(register(&server, None, &cli()).await.refusal(), (403, "access_denied".into()));
}

/// RFC 7591 section 3.2.1: all that is registered comes back, nothing of it null.
#[tokio::test]
async fn an_application_registers_itself() {
    let server = Server::start().await;
    open(&server).await;
    server.registrations(|settings| settings.connections = vec![server.connection.id.to_string()]).await;
    let answer = register(&server, None, &cli()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("cache-control")),
        (201, "no-store"),
        "{}",
        answer.text
    );
    let body = answer.json();
    for (name, value) in cli().as_object().unwrap() {
        assert_eq!(&body[name], value, "{name}");
    }
    assert_eq!(body["client_id_issued_at"], server.now());
    assert!(body.as_object().unwrap().values().all(|value| !value.is_null()), "{body}");
    assert!(body.get("client_secret").is_none(), "a public client has none");
    let id = ClientId::from_text(text(&body, "client_id"));
    assert!(server.store.connections().is_enabled(&server.connection.id, &id).await.unwrap());
    assert!(!server.store.clients().get(&id).await.unwrap().unwrap().first_party, "the user is asked");
    assert_eq!(server.events(EventCode::ApplicationRegistered).await, 1);

    let web = register(&server, None, &json!({"redirect_uris": ["https://app.example/cb"]})).await.json();
    assert_eq!(web["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(web["client_secret_expires_at"], 0);
    let fields = [("token", "x"), ("client_id", text(&web, "client_id"))];
    let refused = server.form("/oauth/introspect", &fields).await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    let mut headers = axum::http::Request::post("/oauth/introspect");
    let basic = base64::engine::general_purpose::STANDARD.encode(format!(
        "{}:{}",
        text(&web, "client_id"),
        text(&web, "client_secret")
    ));
    headers = headers
        .header("authorization", format!("Basic {basic}"))
        .header("content-type", "application/x-www-form-urlencoded");
    let proven = server.send(headers.body(axum::body::Body::from("token=x")).unwrap()).await;
    assert_eq!(proven.json(), json!({"active": false}), "its secret works");
}

/// RFC 7591 section 3.2.2.
#[tokio::test]
async fn a_refusal_says_what_to_change() {
    let server = Server::start().await;
    open(&server).await;
    for (change, code) in [
        (json!({"redirect_uris": ["http://app.example/cb"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["https://app.example/*"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": []}), "invalid_redirect_uri"),
        (json!({"token_endpoint_auth_method": "tls_client_auth"}), "invalid_client_metadata"),
        (json!({"grant_types": ["client_credentials"]}), "invalid_client_metadata"),
        (json!({"jwks": {"keys": []}}), "invalid_client_metadata"),
    ] {
        let mut body = cli();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = register(&server, None, &body).await;
        assert_eq!(answer.refusal(), (400, code.into()), "{change}: {}", answer.text);
        assert!(text(&answer.json(), "error_description").len() > 20, "{}", answer.text);
    }
    for body in [json!([]), json!("x")] {
        assert_eq!(register(&server, None, &body).await.refusal().1, "invalid_client_metadata");
    }
    assert_eq!(server.events(EventCode::ApplicationRegistered).await, 0);
}

/// RFC 7591 section 3: the endpoint can be protected by an initial access token.
#[tokio::test]
async fn an_initial_access_token_lets_register() {
    let server = Server::start().await;
    server.registrations(|settings| settings.mode = RegistrationMode::WithToken).await;
    let now = server.clock.now();
    let token = InitialToken {
        id: InitialTokenId::generate(&SystemRng),
        name: "CI".into(),
        created_at: now,
        expires_at: now.plus_seconds(100),
        uses: 0,
    };
    let event = AuditEvent::new(now, EventCode::InitialTokenCreated, Actor::System, "test");
    server.store.registrations().add_token(&token, &TokenHash::of("let me in"), event).await.unwrap();
    for wrong in [None, Some("guess")] {
        let answer = register(&server, wrong, &cli()).await;
        assert_eq!(answer.refusal(), (401, "invalid_token".into()), "{wrong:?}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    assert_eq!(server.events(EventCode::RegistrationRefused).await, 1);
    let body = register(&server, Some("let me in"), &cli()).await.json();
    let id = ClientId::from_text(text(&body, "client_id"));
    let how = server.store.registrations().get(&id).await.unwrap().unwrap();
    assert_eq!(how.via.as_deref(), Some("CI"));
    server.clock.advance_seconds(100);
    assert_eq!(register(&server, Some("let me in"), &cli()).await.refusal().0, 401);
}

#[tokio::test]
async fn one_address_does_not_register_without_end() {
    let server = Server::start().await;
    open(&server).await;
    server.registrations(|settings| settings.per_hour = 2).await;
    for _ in 0..2 {
        assert_eq!(register(&server, None, &cli()).await.status, 201);
    }
    let answer = register(&server, None, &cli()).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), "3600");
    server.clock.advance_seconds(3600);
    assert_eq!(register(&server, None, &cli()).await.status, 201);
}

/// RFC 7592.
#[tokio::test]
async fn a_registration_is_in_its_applications_hands() {
    let server = Server::start().await;
    open(&server).await;
    let (one, two) =
        (register(&server, None, &cli()).await.json(), register(&server, None, &cli()).await.json());
    let token = |value: &Value| text(value, "registration_access_token").to_owned();
    let at = text(&one, "registration_client_uri").to_owned();
    let nothing = json!(null);
    let read = server.json("GET", &at, Some(&token(&one)), &nothing).await;
    assert_eq!(read.status, 200, "{}", read.text);
    assert_eq!(read.json()["client_id"], one["client_id"]);
    for wrong in [None, Some(token(&two)), Some("guess".into())] {
        for method in ["GET", "PUT", "DELETE"] {
            let answer = server.json(method, &at, wrong.as_deref(), &cli()).await;
            assert_eq!(answer.refusal(), (401, "invalid_token".into()), "{method} {wrong:?}");
        }
    }
    let own = server.web().await;
    let dashboard = format!("{ENDPOINT}/{}", own.id);
    assert_eq!(server.json("GET", &dashboard, Some(&token(&one)), &nothing).await.status, 401);

    let mut changed = cli();
    changed["client_name"] = json!("MCP CLI 2");
    changed["redirect_uris"] = json!(["http://127.0.0.1/callback"]);
    let put = async |body: &Value| server.json("PUT", &at, Some(&token(&one)), body).await;
    assert_eq!(put(&changed).await.refusal().1, "invalid_client_metadata", "the client_id is missing");
    changed["client_id"] = two["client_id"].clone();
    assert_eq!(put(&changed).await.refusal().1, "invalid_client_metadata");
    changed["client_id"] = one["client_id"].clone();
    let answer = put(&changed).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["client_name"]), (200, &json!("MCP CLI 2")));
    changed["token_endpoint_auth_method"] = json!("client_secret_post");
    assert_eq!(put(&changed).await.refusal().1, "invalid_client_metadata", "public stays public");
    changed["redirect_uris"] = json!(["http://evil.example/"]);
    assert_eq!(put(&changed).await.refusal().1, "invalid_redirect_uri");
    assert_eq!(
        server.json("GET", &at, Some(&token(&one)), &nothing).await.json()["client_name"],
        "MCP CLI 2"
    );

    assert_eq!(server.json("DELETE", &at, Some(&token(&one)), &nothing).await.status, 204);
    assert_eq!(server.json("GET", &at, Some(&token(&one)), &nothing).await.status, 401);
    let id = text(&one, "client_id");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", id)];
    assert_eq!(server.token(&fields).await.refusal(), (401, "invalid_client".into()));
}

/// A stock MCP client: it finds the server by the resource's metadata (RFC 9728), registers, comes with
/// whatever port is free (RFC 8252), and gets a token for the resource (RFC 8707).
#[tokio::test]
async fn a_stock_mcp_client_gets_a_token_for_its_server() {
    let server = Server::with_provider().await;
    open(&server).await;
    server.registrations(|settings| settings.connections = vec![server.connection.id.to_string()]).await;
    let resource = "https://mcp.example/mcp";
    let registered = api(&server, resource, &[], |_| {}).await;
    let path = format!("/.well-known/oauth-protected-resource/{}", registered.id);
    let document = server.get(&path).await.json();
    assert_eq!(document["resource"], resource);
    assert_eq!(document["authorization_servers"], json!([ISSUER]));

    // Browsers ask first, with whatever headers the client sends.
    let preflight = |path: &str, method: &str, headers: &str| {
        axum::http::Request::options(path)
            .header("origin", "http://localhost:6274")
            .header("access-control-request-method", method)
            .header("access-control-request-headers", headers)
            .body(axum::body::Body::empty())
            .unwrap()
    };
    let well_known = "/.well-known/oauth-authorization-server";
    for (path, method, headers) in [
        (well_known, "GET", "mcp-protocol-version"),
        (ENDPOINT, "POST", "content-type"),
        (path.as_str(), "GET", "x"),
    ] {
        let answer = server.send(preflight(path, method, headers)).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert_ne!(answer.header("access-control-allow-headers"), "", "{path}");
    }
    let metadata = server.get(well_known).await.json();
    let endpoint = text(&metadata, "registration_endpoint").to_owned();
    let client = server.json("POST", &endpoint, None, &cli()).await.json();
    let id = text(&client, "client_id");

    let redirect = "http://localhost:51004/oauth/callback";
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("client_id", id),
            ("redirect_uri", redirect),
            ("response_type", "code"),
            ("scope", "openid offline_access"),
            ("prompt", "consent"),
            ("resource", resource),
            ("connection", "provider"),
            ("state", "st"),
            ("code_challenge", &challenge()),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    let mut browser = Browser::default();
    let provider = redirected(&browser.get(&server, &format!("/authorize?{query}")).await);
    let back = browser.at_provider(&server, provider.as_str(), "ada", "allow").await;
    let consent = redirected(&back);
    assert_eq!(consent.path(), "/u/consent", "{consent}");
    let page = browser.get(&server, consent.as_str()).await;
    assert!(page.text.contains("MCP CLI") && page.text.contains("registered itself"), "{}", page.text);
    assert!(page.text.contains("this device"), "where the answer goes: {}", page.text);
    let handle = param(&consent, "handle");
    let answer = browser.post(&server, "/u/consent", &[("handle", &handle), ("decision", "allow")]).await;
    let code = redirected(&answer);
    assert!(code.as_str().starts_with(redirect), "{code}");
    let fields = |grant: &str, name: &str, value: &str| {
        [
            ("grant_type", grant.to_owned()),
            (name, value.to_owned()),
            ("client_id", id.to_owned()),
            ("redirect_uri", redirect.to_owned()),
            ("code_verifier", VERIFIER.to_owned()),
            ("resource", resource.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    };
    let send = async |fields: [(String, String); 6]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let answer = server.token(&fields).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let tokens = send(fields("authorization_code", "code", &param(&code, "code"))).await;
    let claims = |tokens: &Value| -> Value {
        let payload = text(tokens, "access_token").split('.').nth(1).unwrap().to_owned();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    };
    let first = claims(&tokens);
    assert!(first["aud"] == resource || first["aud"][0] == resource, "{first}");
    assert_eq!((&first["client_id"], &first["iss"]), (&json!(id), &json!(ISSUER)));
    let again = send(fields("refresh_token", "refresh_token", text(&tokens, "refresh_token"))).await;
    assert_eq!(claims(&again)["aud"], first["aud"]);
    let how = server.store.registrations().get(&ClientId::from_text(id)).await.unwrap().unwrap();
    assert!(how.last_used_at.is_some(), "it is in use, and kept");
}

#[tokio::test]
async fn protected_resource_metadata_is_for_apis_that_have_an_address() {
    let server = Server::start().await;
    let urn = api(&server, "urn:things", &[], |_| {}).await;
    for path in ["api_unknown", urn.id.as_str()] {
        assert_eq!(server.get(&format!("/.well-known/oauth-protected-resource/{path}")).await.status, 404);
    }
}
