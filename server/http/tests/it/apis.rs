//! Registered APIs: tokens for them, by whom and for what (RFC 8707, RFC 9068, RFC 6749 section 4.4).

use coffer_contract::{
    api::{ApiScope, GrantSubject, RefreshPolicy, UserAccess},
    application::{ApplicationType, GrantType, SigningAlgorithm},
};
use coffer_core::{
    Clock as _, Scopes, SystemRng,
    api::{Api, ClientGrant},
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    ids::{ApiId, ClientGrantId},
};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::{Value, json};

use crate::browser::{Browser, param, redirected};
use crate::connect::enable;
use crate::harness::{Answer, CALLBACK, ISSUER, Registered, Server, VERIFIER, challenge};

pub const CALENDAR: &str = "https://calendar.example/api";

pub async fn api(server: &Server, identifier: &str, scopes: &[&str], change: impl FnOnce(&mut Api)) -> Api {
    let now = server.clock.now();
    let scope = |value: &&str| ApiScope { value: (*value).into(), description: String::new() };
    let mut api = Api {
        id: ApiId::generate(&SystemRng),
        identifier: identifier.into(),
        name: "Calendar".into(),
        scopes: scopes.iter().map(scope).collect(),
        signing_alg: SigningAlgorithm::Es256,
        token_seconds: 600,
        offline_access: true,
        skip_consent: true,
        user_access: UserAccess::Any,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    change(&mut api);
    let event = AuditEvent::new(now, EventCode::ApplicationCreated, Actor::System, "test");
    server.store.apis().create(&api, event).await.unwrap();
    api
}

pub async fn authorize(
    server: &Server,
    client: &Registered,
    audience: &str,
    subject: GrantSubject,
    scopes: &str,
) {
    let now = server.clock.now();
    let grant = ClientGrant {
        id: ClientGrantId::generate(&SystemRng),
        client_id: client.id.clone(),
        audience: audience.into(),
        subject,
        scopes: Scopes::parse(scopes, false),
        created_at: now,
        updated_at: now,
    };
    let event = AuditEvent::new(now, EventCode::ApplicationUpdated, Actor::System, "test");
    server.store.client_grants().create(&grant, event).await.unwrap();
}

pub async fn change(server: &Server, client: &Registered, change: impl FnOnce(&mut Client)) {
    let mut row = server.store.clients().get(&client.id).await.unwrap().unwrap();
    change(&mut row);
    let event = AuditEvent::new(server.clock.now(), EventCode::ApplicationUpdated, Actor::System, "test");
    server.store.clients().update(&row, row.version, event).await.unwrap();
}

/// The claims of a JWT access token, checked as the API would (RFC 9068 section 4).
pub async fn claims(server: &Server, token: &str, audience: &str) -> Value {
    let header = decode_header(token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let keys: JwkSet = serde_json::from_value(server.get("/.well-known/jwks.json").await.json()).unwrap();
    let key = DecodingKey::from_jwk(keys.find(header.kid.as_deref().unwrap()).unwrap()).unwrap();
    let mut rules = Validation::new(header.alg);
    rules.set_audience(&[audience]);
    rules.set_issuer(&[ISSUER]);
    rules.validate_exp = false; // The tests take place in the past.
    decode::<Value>(token, &key, &rules).unwrap().claims
}

async fn itself(server: &Server, client: &Registered, further: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("grant_type", "client_credentials"),
        ("client_id", client.id.as_str()),
        ("client_secret", &client.secret),
    ];
    fields.extend(further);
    server.token(&fields).await
}

async fn machine(server: &Server) -> Registered {
    server.register(ApplicationType::MachineToMachine, &[GrantType::ClientCredentials]).await
}

/// RFC 6749 section 4.4.3: no refresh token; RFC 9068 section 2.2: the claims.
#[tokio::test]
async fn a_client_acts_for_itself_where_it_is_authorized() {
    let server = Server::start().await;
    api(&server, CALENDAR, &["read", "write"], |_| {}).await;
    let client = machine(&server).await;
    let refused = itself(&server, &client, &[("audience", CALENDAR)]).await;
    assert_eq!(refused.refusal(), (403, "unauthorized_client".into()));
    let unknown = itself(&server, &client, &[("audience", "https://nowhere.example")]).await;
    assert_eq!(unknown.refusal(), (400, "invalid_target".into()));
    authorize(&server, &client, CALENDAR, GrantSubject::Client, "read gone").await;

    let answer = itself(&server, &client, &[("audience", CALENDAR)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["scope"], "read", "a scope that the API does not have is not handed out");
    assert_eq!((body["token_type"].as_str(), body["expires_in"].as_i64()), (Some("Bearer"), Some(600)));
    assert!(body.get("refresh_token").is_none());
    let claims = claims(&server, body["access_token"].as_str().unwrap(), CALENDAR).await;
    let id = json!(client.id.as_str());
    assert_eq!((&claims["sub"], &claims["client_id"], &claims["scope"]), (&id, &id, &json!("read")));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    assert!(claims["jti"].as_str().unwrap().len() > 20);
    assert!(claims.get("auth_time").is_none() && claims.get("act").is_none());

    let only = itself(&server, &client, &[]).await;
    assert_eq!(only.status, 200, "the only API that it is authorized for need not be named: {}", only.text);
    let more = itself(&server, &client, &[("audience", CALENDAR), ("scope", "read write")]).await;
    assert_eq!(more.refusal(), (400, "invalid_scope".into()));
    let other = itself(&server, &client, &[("audience", CALENDAR), ("resource", "urn:other")]).await;
    assert_eq!(other.refusal(), (400, "invalid_target".into()));
    assert_eq!(server.events(EventCode::TokenClientIssued).await, 2);
    assert_eq!(server.events(EventCode::TokenClientIssueRefused).await, 4);
}

/// RFC 6749 section 4.4: "MUST only be used by confidential clients".
#[tokio::test]
async fn a_public_client_and_one_without_the_grant_do_not_act_for_themselves() {
    let server = Server::start().await;
    let plain = server.register(ApplicationType::RegularWeb, &[GrantType::AuthorizationCode]).await;
    assert_eq!(itself(&server, &plain, &[]).await.refusal(), (403, "unauthorized_client".into()));
    let public = server.register(ApplicationType::SinglePage, &GrantType::ALL).await;
    let answer =
        server.token(&[("grant_type", "client_credentials"), ("client_id", public.id.as_str())]).await;
    assert_eq!(answer.refusal(), (403, "unauthorized_client".into()));
}

/// Signs ada in with these parameters, and consents where she is asked; the final redirect.
async fn sign_in(server: &Server, client: &Registered, further: &str) -> (url::Url, String) {
    let mut browser = Browser::default();
    let query = format!(
        "/authorize?client_id={}&redirect_uri={CALLBACK}&response_type=code&connection=provider\
         &code_challenge={}&code_challenge_method=S256&{further}",
        client.id,
        challenge()
    );
    let there = redirected(&browser.get(server, &query).await);
    if there.as_str().starts_with(CALLBACK) {
        return (there, String::new());
    }
    let back = redirected(&browser.at_provider(server, there.as_str(), "ada", "allow").await);
    if back.as_str().starts_with(CALLBACK) {
        return (back, String::new());
    }
    let page = browser.get(server, back.as_str()).await.text;
    let handle = param(&back, "handle");
    let allowed = browser.post(server, "/u/consent", &[("handle", &handle), ("decision", "allow")]).await;
    (redirected(&allowed), page)
}

async fn redeem(server: &Server, client: &Registered, code: &str, further: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("client_id", client.id.as_str()),
        ("client_secret", &client.secret),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    fields.extend(further);
    server.token(&fields).await
}

async fn refresh(server: &Server, client: &Registered, token: &str, further: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("grant_type", "refresh_token"),
        ("client_id", client.id.as_str()),
        ("client_secret", &client.secret),
        ("refresh_token", token),
    ];
    fields.extend(further);
    server.token(&fields).await
}

#[tokio::test]
async fn a_user_agrees_to_an_api_and_its_scopes() {
    let server = Server::with_provider().await;
    let client = server.web().await;
    enable(&server, &client.id).await;
    api(&server, CALENDAR, &["read", "write"], |api| {
        api.scopes[0].description = "See your appointments".into();
    })
    .await;
    let scope = "scope=openid%20offline_access%20read%20unknown&resource=https://calendar.example/api/";
    let (back, page) = sign_in(&server, &client, scope).await;
    for words in ["Use Calendar for you", "See your appointments"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let answer = redeem(&server, &client, &param(&back, "code"), &[("resource", CALENDAR)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    assert_eq!((&body["scope"], &body["expires_in"]), (&json!("openid offline_access read"), &json!(600)));
    let access = body["access_token"].as_str().unwrap();
    let claims = claims(&server, access, CALENDAR).await;
    assert_eq!(claims["aud"], json!([CALENDAR, format!("{ISSUER}userinfo")]));
    assert_eq!(claims["client_id"], client.id.as_str());
    assert!(claims["sub"].as_str().unwrap().starts_with("oauth2|provider|"));
    assert!(claims["auth_time"].as_i64().is_some());
    assert_eq!(server.userinfo(access).await.status, 200);

    let again = refresh(&server, &client, body["refresh_token"].as_str().unwrap(), &[]).await.json();
    self::claims(&server, again["access_token"].as_str().unwrap(), CALENDAR).await;
    assert_eq!(again["scope"], "openid offline_access read");
    let (_, page) = sign_in(&server, &client, scope).await;
    assert_eq!(page, "", "what was agreed to before is not asked again");
    let (_, page) =
        sign_in(&server, &client, "scope=openid%20write&audience=https://calendar.example/api").await;
    assert!(page.contains("write (Calendar)"), "{page}");
}

/// RFC 8707 section 2.2: a code is for the resource that was authorized.
#[tokio::test]
async fn a_code_is_for_the_api_of_its_request() {
    let server = Server::with_provider().await;
    let client = server.web().await;
    enable(&server, &client.id).await;
    api(&server, CALENDAR, &["read"], |_| {}).await;
    api(&server, "urn:other", &["read"], |_| {}).await;
    let (back, _) = sign_in(&server, &client, &format!("scope=openid&resource={CALENDAR}")).await;
    let code = param(&back, "code");
    let other = redeem(&server, &client, &code, &[("resource", "urn:other")]).await;
    assert_eq!(other.refusal(), (400, "invalid_target".into()));
    let (back, _) = sign_in(&server, &client, "scope=openid&resource=https://nowhere.example").await;
    assert_eq!(param(&back, "error"), "invalid_target");
    let (back, _) = sign_in(&server, &client, &format!("scope=openid&resource={CALENDAR}%23x")).await;
    assert_eq!(param(&back, "error"), "invalid_target");
    let (back, _) = sign_in(&server, &client, &format!("scope=openid&audience={ISSUER}api/v2/")).await;
    assert_eq!(param(&back, "error"), "invalid_target", "the management API is not for users");
}

#[tokio::test]
async fn an_api_decides_who_may_ask_users() {
    let server = Server::with_provider().await;
    let (client, granted) = (server.web().await, server.web().await);
    for client in [&client, &granted] {
        enable(&server, &client.id).await;
    }
    api(&server, CALENDAR, &["read", "write"], |api| api.user_access = UserAccess::Granted).await;
    api(&server, "urn:closed", &[], |api| api.user_access = UserAccess::Nobody).await;
    authorize(&server, &granted, CALENDAR, GrantSubject::User, "read").await;
    let asked = format!("scope=openid%20read%20write&audience={CALENDAR}");
    let (back, _) = sign_in(&server, &client, &asked).await;
    assert_eq!(param(&back, "error"), "invalid_target");
    let (back, _) = sign_in(&server, &granted, &asked).await;
    let body = redeem(&server, &granted, &param(&back, "code"), &[]).await.json();
    assert_eq!(body["scope"], "openid read");
    let (back, _) = sign_in(&server, &granted, "scope=openid&audience=urn:closed").await;
    assert_eq!(param(&back, "error"), "invalid_target");
}

#[tokio::test]
async fn an_api_may_have_no_refresh_tokens() {
    let server = Server::with_provider().await;
    let client = server.web().await;
    enable(&server, &client.id).await;
    api(&server, CALENDAR, &["read"], |api| api.offline_access = false).await;
    let (back, _) =
        sign_in(&server, &client, &format!("scope=openid%20offline_access&audience={CALENDAR}")).await;
    let body = redeem(&server, &client, &param(&back, "code"), &[]).await.json();
    assert!(body.get("refresh_token").is_none(), "{body}");
}

/// A refresh token may be exchanged for another API's token, once the user agreed to that.
#[tokio::test]
async fn a_refresh_token_reaches_the_apis_that_were_agreed_to() {
    let server = Server::with_provider().await;
    let client = server.web().await;
    enable(&server, &client.id).await;
    api(&server, CALENDAR, &["read", "write"], |_| {}).await;
    api(&server, "urn:mail", &["read"], |_| {}).await;
    let (back, _) = sign_in(&server, &client, "scope=openid%20offline_access").await;
    let body = redeem(&server, &client, &param(&back, "code"), &[]).await.json();
    let token = body["refresh_token"].as_str().unwrap();
    let refused = refresh(&server, &client, token, &[("audience", CALENDAR)]).await;
    assert_eq!(refused.refusal(), (400, "invalid_target".into()), "nobody agreed to it");

    change(&server, &client, |client| {
        client.refresh_policies =
            vec![RefreshPolicy { audience: CALENDAR.into(), scope: vec!["read".into()] }];
    })
    .await;
    let (back, page) = sign_in(&server, &client, "scope=openid%20offline_access").await;
    assert!(page.contains("read (Calendar)"), "what is had by refresh is asked for with the rest: {page}");
    let body = redeem(&server, &client, &param(&back, "code"), &[]).await.json();
    let token = body["refresh_token"].as_str().unwrap();
    let got = refresh(&server, &client, token, &[("audience", CALENDAR)]).await.json();
    assert_eq!(got["scope"], "openid offline_access read");
    claims(&server, got["access_token"].as_str().unwrap(), CALENDAR).await;
    let more = refresh(&server, &client, token, &[("audience", CALENDAR), ("scope", "write")]).await;
    assert_eq!(more.refusal(), (400, "invalid_scope".into()));
    let other = refresh(&server, &client, token, &[("audience", "urn:mail"), ("scope", "read")]).await;
    assert_eq!(other.refusal(), (400, "invalid_target".into()), "a scope of one API is not another's");
}
