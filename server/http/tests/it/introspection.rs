//! Token introspection (RFC 7662): who learns what about whose token.

use coffer_contract::application::{ApplicationType, GrantType};
use coffer_core::{
    Clock as _, Scopes, SystemRng,
    api::Acting,
    audit::{Actor, AuditEvent, EventCode},
    authorization::{AccessGrant, CodeGrant, SignIn},
    ids::FamilyId,
    rng,
};
use coffer_crypto::TokenHash;
use serde_json::{Value, json};

use crate::apis::api;
use crate::harness::{CALLBACK, ISSUER, Registered, Server, challenge};

const API: &str = "https://api.example/";

async fn introspect(server: &Server, client: &Registered, token: &str) -> Value {
    let fields = [
        ("client_id", client.id.as_str()),
        ("client_secret", &client.secret),
        ("token", token),
        ("token_type_hint", "something_else"),
    ];
    let answer = server.form("/oauth/introspect", &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

fn inactive() -> Value {
    json!({"active": false})
}

#[tokio::test]
async fn a_client_learns_of_its_own_tokens_alone() {
    let server = Server::start().await;
    let (client, other) = (server.web().await, server.web().await);
    let tokens = server.redeem(&client, &server.code(&client).await).await.json();
    let (access, refresh) =
        (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let now = server.now();
    assert_eq!(
        introspect(&server, &client, access).await,
        json!({
            "active": true, "iss": ISSUER, "sub": server.user_id.as_str(), "client_id": client.id.as_str(),
            "scope": "openid profile offline_access", "token_type": "Bearer", "iat": now, "exp": now + 3600,
        })
    );
    let known = introspect(&server, &client, refresh).await;
    assert_eq!((&known["active"], &known["sub"]), (&json!(true), &json!(server.user_id.as_str())));
    assert!(known.get("token_type").is_none(), "{known}");
    for token in [access, refresh, "unknown"] {
        assert_eq!(introspect(&server, &other, token).await, inactive());
    }
    assert_eq!(introspect(&server, &client, "unknown").await, inactive());
    server.clock.advance_seconds(3600);
    assert_eq!(introspect(&server, &client, access).await, inactive(), "it ended");
    assert_eq!(introspect(&server, &client, refresh).await["active"], true);
    server.clock.advance_seconds(31 * 24 * 3600);
    assert_eq!(introspect(&server, &client, refresh).await, inactive());
}

#[tokio::test]
async fn a_revoked_token_is_not_active() {
    let server = Server::start().await;
    let client = server.web().await;
    let tokens = server.redeem(&client, &server.code(&client).await).await.json();
    let (access, refresh) =
        (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let fields = [("client_id", client.id.as_str()), ("client_secret", &client.secret), ("token", refresh)];
    assert_eq!(server.form("/oauth/revoke", &fields).await.status, 200);
    assert_eq!(introspect(&server, &client, access).await, inactive());
    assert_eq!(introspect(&server, &client, refresh).await, inactive());
}

/// The server of an API learns of the tokens for that API, with who acts and which key they are bound to.
#[tokio::test]
async fn the_server_of_an_api_learns_of_the_tokens_for_it() {
    let server = Server::start().await;
    let things = api(&server, API, &[], |_| {}).await;
    let client = server.web().await;
    let own = server.register_with(|client| client.resource_server = Some(things.id.clone())).await;
    let stranger = server.web().await;
    let (code, token) = (rng::token(&SystemRng), "a token".to_owned());
    let now = server.clock.now();
    let grant = CodeGrant {
        client_id: client.id.clone(),
        redirect_uri: CALLBACK.into(),
        scopes: Scopes::parse("read:things", false),
        nonce: None,
        code_challenge: Some(challenge()),
        audience: Some(API.into()),
        jkt: None,
        sign_in: SignIn { user_id: server.user_id.clone(), auth_time: now, session_id: "s".into() },
        family_id: FamilyId::generate(&SystemRng),
        expires_at: now.plus_seconds(60),
    };
    let access = AccessGrant {
        client_id: client.id.clone(),
        user_id: Some(server.user_id.clone()),
        family_id: Some(grant.family_id.clone()),
        scopes: grant.scopes.clone(),
        audience: grant.audience.clone(),
        actor: Acting::after("the agent", None),
        jkt: Some("thumbprint".into()),
        issued_at: now,
        expires_at: now.plus_seconds(60),
    };
    server.store.codes().create(&TokenHash::of(&code), &grant).await.unwrap();
    let event = AuditEvent::new(now, EventCode::TokenCodeExchanged, Actor::System, "test");
    let tokens = server.store.tokens();
    let fresh =
        tokens.redeem_code(&TokenHash::of(&code), now, None, (&TokenHash::of(&token), &access), event).await;
    assert!(fresh.unwrap());
    let known = introspect(&server, &own, &token).await;
    assert_eq!((&known["active"], &known["aud"]), (&json!(true), &json!(API)));
    assert_eq!(known["client_id"], client.id.as_str());
    assert_eq!(known["act"], json!({"sub": "the agent"}));
    assert_eq!(known["cnf"], json!({"jkt": "thumbprint"}));
    assert_eq!(known["token_type"], "DPoP");
    assert_eq!(introspect(&server, &client, &token).await, known);
    assert_eq!(introspect(&server, &stranger, &token).await, inactive());
    let other = api(&server, "https://other.example/", &[], |_| {}).await;
    let elsewhere = server.register_with(|client| client.resource_server = Some(other.id.clone())).await;
    assert_eq!(introspect(&server, &elsewhere, &token).await, inactive());
}

/// Section 2.1: the endpoint is for those who prove themselves.
#[tokio::test]
async fn whoever_asks_proves_themselves() {
    let server = Server::start().await;
    let client = server.web().await;
    let public = server.register(ApplicationType::SinglePage, &GrantType::ALL[..2]).await;
    let ask = async |fields: &[(&str, &str)]| server.form("/oauth/introspect", fields).await.refusal();
    let wrong = (401, "invalid_client".to_owned());
    assert_eq!(ask(&[("token", "x")]).await, wrong);
    assert_eq!(ask(&[("token", "x"), ("client_id", client.id.as_str())]).await, wrong);
    let id = ("client_id", client.id.as_str());
    assert_eq!(ask(&[("token", "x"), id, ("client_secret", "wrong")]).await, wrong);
    assert_eq!(
        ask(&[("token", "x"), ("client_id", public.id.as_str())]).await,
        (403, "unauthorized_client".into())
    );
    assert_eq!(ask(&[id, ("client_secret", &client.secret)]).await, (400, "invalid_request".into()));
    let metadata = server.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["introspection_endpoint"], format!("{ISSUER}oauth/introspect"));
    let methods = metadata["introspection_endpoint_auth_methods_supported"].as_array().unwrap();
    assert!(!methods.contains(&json!("none")) && methods.contains(&json!("private_key_jwt")));
}
