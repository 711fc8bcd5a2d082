//! Codes and refresh tokens: what works once, and what betrays a thief.

use coffer_contract::application::{ApplicationType, GrantType};
use coffer_core::audit::EventCode;

use crate::harness::{CALLBACK, Server, VERIFIER};

#[tokio::test]
async fn a_code_becomes_tokens_that_work() {
    let server = Server::start().await;
    let client = server.web().await;
    let answer = server.redeem(&client, &server.code(&client).await).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert_eq!((body["token_type"].as_str(), body["expires_in"].as_i64()), (Some("Bearer"), Some(3600)));
    assert_eq!(body["id_token"].as_str().unwrap().split('.').count(), 3);
    let claims = server.userinfo(body["access_token"].as_str().unwrap()).await.json();
    assert_eq!(claims["sub"], "oauth2|provider|ada");
    assert_eq!(claims["name"], "Ada Lovelace");
    assert!(claims.get("email").is_none(), "the scope email was not granted");
}

/// RFC 6749 section 4.1.2: a code used twice is refused and its tokens are revoked.
#[tokio::test]
async fn a_replayed_code_ends_what_came_from_it() {
    let server = Server::start().await;
    let client = server.web().await;
    let code = server.code(&client).await;
    let first = server.redeem(&client, &code).await.json();
    assert_eq!(server.redeem(&client, &code).await.refusal(), (400, "invalid_grant".into()));
    assert_eq!(server.events(EventCode::TokenCodeReplayed).await, 1);
    assert_eq!(server.userinfo(first["access_token"].as_str().unwrap()).await.status, 401);
    let refreshed = server.refresh(&client, first["refresh_token"].as_str().unwrap()).await;
    assert_eq!(refreshed.refusal(), (400, "invalid_grant".into()));
}

#[tokio::test]
async fn a_code_needs_its_client_redirect_uri_verifier_and_minute() {
    let server = Server::start().await;
    let (client, other) = (server.web().await, server.web().await);
    let code = server.code(&client).await;
    let wrong = "a-code-verifier-that-has-at-least-43-character5";
    let differing = format!("{CALLBACK}/");
    let attempts: [(&_, &str, Option<&str>); 4] = [
        (&other, CALLBACK, Some(VERIFIER)),
        (&client, &differing, Some(VERIFIER)),
        (&client, CALLBACK, Some(wrong)),
        (&client, CALLBACK, None),
    ];
    for (caller, redirect_uri, verifier) in attempts {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("client_id", caller.id.as_str()),
            ("client_secret", &caller.secret),
            ("code", &code),
            ("redirect_uri", redirect_uri),
        ];
        fields.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        assert_eq!(
            server.token(&fields).await.refusal(),
            (400, "invalid_grant".into()),
            "{redirect_uri} {verifier:?}"
        );
    }
    assert_eq!(server.events(EventCode::TokenCodeRefused).await, 4);
    server.clock.advance_seconds(60);
    assert_eq!(server.redeem(&client, &code).await.refusal(), (400, "invalid_grant".into()));
    let fresh = server.code(&client).await;
    assert_eq!(server.redeem(&client, &fresh).await.status, 200);
}

/// RFC 9700 section 4.14.2: rotation, a short overlap, and the end of the family on reuse.
#[tokio::test]
async fn refresh_tokens_rotate_and_betray_their_copies() {
    let server = Server::start().await;
    let client = server.web().await;
    let first = server.signed_in(&client).await;
    let second = server.refresh(&client, &first).await.json();
    let second = second["refresh_token"].as_str().unwrap();
    assert_ne!(first, second);
    server.clock.advance_seconds(29);
    let lost_answer = server.refresh(&client, &first).await;
    assert_eq!(lost_answer.status, 200, "within the overlap");
    server.clock.advance_seconds(1);
    assert_eq!(server.refresh(&client, &first).await.refusal(), (400, "invalid_grant".into()));
    assert_eq!(server.events(EventCode::TokenReuseDetected).await, 1);
    assert_eq!(server.refresh(&client, second).await.refusal(), (400, "invalid_grant".into()));
    let access = lost_answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(server.userinfo(&access).await.status, 401);
}

#[tokio::test]
async fn refresh_tokens_are_their_clients_and_narrow_only() {
    let server = Server::start().await;
    let (client, other) = (server.web().await, server.web().await);
    let token = server.signed_in(&client).await;
    assert_eq!(server.refresh(&other, &token).await.refusal(), (400, "invalid_grant".into()));
    let ask = async |scope: &str| {
        server
            .token(&[
                ("grant_type", "refresh_token"),
                ("client_id", client.id.as_str()),
                ("client_secret", &client.secret),
                ("refresh_token", &token),
                ("scope", scope),
            ])
            .await
    };
    assert_eq!(ask("openid email").await.refusal(), (400, "invalid_scope".into()));
    assert_eq!(ask("openid").await.json()["scope"], "openid");
    server.clock.advance_seconds(31 * 24 * 3600);
    assert_eq!(server.refresh(&client, &token).await.refusal(), (400, "invalid_grant".into()));
}

#[tokio::test]
async fn clients_prove_themselves_and_use_their_own_grants() {
    let server = Server::start().await;
    let client = server.web().await;
    let code = server.code(&client).await;
    let with = async |id: &str, secret: &str, grant: &str| {
        server
            .token(&[("grant_type", grant), ("client_id", id), ("client_secret", secret), ("code", &code)])
            .await
    };
    let id = client.id.as_str();
    assert_eq!(with(id, "wrong", "authorization_code").await.refusal(), (401, "invalid_client".into()));
    assert_eq!(with("nobody", "wrong", "authorization_code").await.refusal(), (401, "invalid_client".into()));
    assert_eq!(with(id, &client.secret, "password").await.refusal(), (400, "unsupported_grant_type".into()));
    assert_eq!(server.events(EventCode::TokenClientRefused).await, 2);
    let idle = server.register(ApplicationType::MachineToMachine, &[]).await;
    let refused = with(idle.id.as_str(), &idle.secret, "authorization_code").await;
    assert_eq!(refused.refusal(), (403, "unauthorized_client".into()));
    let public = server.register(ApplicationType::SinglePage, &GrantType::ALL[..2]).await;
    let refused = with(public.id.as_str(), "a secret", "authorization_code").await;
    assert_eq!(refused.refusal(), (401, "invalid_client".into()));
}

#[tokio::test]
async fn revocation_ends_a_sign_in_and_says_nothing_of_others() {
    let server = Server::start().await;
    let (client, other) = (server.web().await, server.web().await);
    let tokens = server.redeem(&client, &server.code(&client).await).await.json();
    let (access, refresh) =
        (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let revoke = async |caller: &crate::harness::Registered, token: &str| {
        let fields = [("client_id", caller.id.as_str()), ("client_secret", &caller.secret), ("token", token)];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = axum::http::Request::post("/oauth/revoke")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(axum::body::Body::from(body));
        server.send(request.unwrap()).await.status
    };
    assert_eq!(revoke(&other, refresh).await, 200);
    assert_eq!(revoke(&client, "unknown").await, 200);
    assert_eq!(server.userinfo(access).await.status, 200, "nothing was revoked yet");
    assert_eq!(revoke(&client, refresh).await, 200);
    assert_eq!(server.userinfo(access).await.status, 401);
    assert_eq!(server.refresh(&client, refresh).await.refusal(), (400, "invalid_grant".into()));
}
