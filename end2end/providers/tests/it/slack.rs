use coffer_providers::{Provider, Rotation};
use serde_json::{Value, json};

use crate::harness::{Answer, CALLBACK, Pairs, World, text};

const AUTHORIZE: &str = "slack.com/oauth/v2/authorize";
const ACCESS: &str = "slack.com/api/oauth.v2.access";

async fn sign_in(world: &World, params: Pairs<'_>) -> Value {
    let code = world.code(AUTHORIZE, params).await;
    let body = world.token(ACCESS, &[("code", &code), ("redirect_uri", CALLBACK)]).await.json();
    assert_eq!(body["ok"], json!(true), "{body}");
    body
}

async fn refresh(world: &World, token: &str) -> Answer {
    world.token(ACCESS, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

async fn with_rotation() -> World {
    let world = World::start().await;
    world.providers.change(Provider::Slack, |settings| settings.rotation = Rotation::SingleUse);
    world
}

fn refused(answer: &Answer, error: &str) {
    let body = answer.json();
    assert_eq!((answer.status, &body["ok"], text(&body, "error")), (200, &json!(false), error));
}

async fn test(world: &World, token: &str) -> Answer {
    world.bearer("slack.com/api/auth.test", token).await
}

#[tokio::test]
async fn the_persons_token_stands_in_authed_user_and_the_bots_at_the_top() {
    let world = World::start().await;
    let person = sign_in(&world, &[("user_scope", "search:read,users:read")]).await;
    let user = &person["authed_user"];
    assert!(person.get("access_token").is_none() && person.get("bot_user_id").is_none(), "{person}");
    assert_eq!((text(user, "scope"), text(user, "token_type")), ("search:read,users:read", "user"));
    assert!(text(user, "access_token").starts_with("xoxp-"));

    let bot = sign_in(&world, &[("scope", "commands,chat:write")]).await;
    assert!(bot["authed_user"].get("access_token").is_none(), "{bot}");
    assert_eq!((text(&bot, "scope"), text(&bot, "token_type")), ("commands,chat:write", "bot"));
    assert!(text(&bot, "access_token").starts_with("xoxb-"));

    let both = sign_in(&world, &[("scope", "commands"), ("user_scope", "users:read")]).await;
    assert_ne!(both["access_token"], both["authed_user"]["access_token"]);
    assert!(both["authed_user"].get("expires_in").is_none() && both.get("refresh_token").is_none());
}

#[tokio::test]
async fn errors_come_with_status_200() {
    let world = World::start().await;
    let code = world.code(AUTHORIZE, &[("user_scope", "users:read")]).await;
    let form = [("code", code.as_str()), ("redirect_uri", CALLBACK)];
    refused(&world.post(ACCESS, &form).await, "invalid_client_id");
    let wrong = [("client_id", "coffer"), ("client_secret", "wrong"), form[0]];
    refused(&world.post(ACCESS, &wrong).await, "bad_client_secret");
    refused(
        &world.token(ACCESS, &[("code", &code), ("redirect_uri", "https://x.example/")]).await,
        "bad_redirect_uri",
    );
    refused(&world.token(ACCESS, &[("code", "unknown")]).await, "invalid_code");
    refused(&world.token(ACCESS, &[("grant_type", "password")]).await, "invalid_grant_type");
    assert_eq!(world.token(ACCESS, &form).await.json()["ok"], json!(true));
    refused(&world.token(ACCESS, &form).await, "code_already_used");
    refused(&refresh(&world, "xoxe-1-unknown").await, "invalid_refresh_token");
}

/// "It will always expire in 43,200 seconds, which is 12 hours."
#[tokio::test]
async fn with_rotation_tokens_end_and_are_refreshed_at_the_top() {
    let world = with_rotation().await;
    let both = sign_in(&world, &[("scope", "commands"), ("user_scope", "users:read")]).await;
    let user = &both["authed_user"];
    assert!(text(user, "access_token").starts_with("xoxe.xoxp-1-"));
    assert!(text(&both, "access_token").starts_with("xoxe.xoxb-1-"));
    for tokens in [user, &both] {
        assert_eq!(tokens["expires_in"], json!(43200));
        assert!(text(tokens, "refresh_token").starts_with("xoxe-1-"));
    }
    world.clock.advance_seconds(43200);
    refused(&test(&world, text(user, "access_token")).await, "token_expired");

    let next = refresh(&world, text(user, "refresh_token")).await.json();
    assert_eq!((text(&next, "token_type"), text(&next, "scope")), ("user", "users:read"));
    assert!(text(&next, "access_token").starts_with("xoxe.xoxp-1-"));
    assert!(next["authed_user"].get("access_token").is_none(), "{next}");
    assert_eq!(test(&world, text(&next, "access_token")).await.json()["user_id"], user["id"]);
    let bot = refresh(&world, text(&both, "refresh_token")).await.json();
    assert_eq!(text(&bot, "token_type"), "bot");

    refused(&refresh(&world, text(user, "refresh_token")).await, "invalid_refresh_token");
    assert_eq!(world.providers.counters(Provider::Slack).spent_twice, 1);
    assert_eq!(refresh(&world, text(&next, "refresh_token")).await.json()["ok"], json!(true));
}

/// "Calling oauth.v2.access will not immediately invalidate your existing access token"; "we will enforce
/// a limit of 2 active tokens".
#[tokio::test]
async fn two_access_tokens_are_active_at_most() {
    let world = with_rotation().await;
    let first = sign_in(&world, &[("user_scope", "users:read")]).await["authed_user"].clone();
    let second = refresh(&world, text(&first, "refresh_token")).await.json();
    assert_eq!(test(&world, text(&first, "access_token")).await.json()["ok"], json!(true));
    let third = refresh(&world, text(&second, "refresh_token")).await.json();
    refused(&test(&world, text(&first, "access_token")).await, "token_revoked");
    for tokens in [second, third] {
        assert_eq!(test(&world, text(&tokens, "access_token")).await.json()["ok"], json!(true));
    }
}

#[tokio::test]
async fn auth_test_says_who_it_is() {
    let world = World::start().await;
    let user = sign_in(&world, &[("user_scope", "users:read")]).await["authed_user"].clone();
    let who = test(&world, text(&user, "access_token")).await.json();
    assert_eq!((text(&who, "user"), &who["user_id"]), ("ada", &user["id"]));
    assert!(text(&who, "team_id").starts_with('T'));
    refused(&world.get("slack.com/api/auth.test").await, "not_authed");
    refused(&test(&world, "xoxp-unknown").await, "invalid_auth");
}

/// "When used on an app without token rotation, it usually revokes the authorization"; with it "will
/// revoke a single token".
#[tokio::test]
async fn auth_revoke_ends_the_authorization_or_one_token() {
    let world = World::start().await;
    let both = sign_in(&world, &[("scope", "commands"), ("user_scope", "users:read")]).await;
    let tried = world.bearer("slack.com/api/auth.revoke?test=1", text(&both, "access_token")).await.json();
    assert_eq!(tried["revoked"], json!(false));
    let done = world.bearer("slack.com/api/auth.revoke", text(&both, "access_token")).await.json();
    assert_eq!((&done["ok"], &done["revoked"]), (&json!(true), &json!(true)));
    refused(&test(&world, text(&both["authed_user"], "access_token")).await, "token_revoked");

    let world = with_rotation().await;
    let user = sign_in(&world, &[("user_scope", "users:read")]).await["authed_user"].clone();
    world.bearer("slack.com/api/auth.revoke", text(&user, "access_token")).await;
    refused(&test(&world, text(&user, "access_token")).await, "token_revoked");
    let next = refresh(&world, text(&user, "refresh_token")).await.json();
    world.post("slack.com/api/auth.revoke", &[("token", text(&next, "refresh_token"))]).await;
    refused(&refresh(&world, text(&next, "refresh_token")).await, "invalid_refresh_token");
}
