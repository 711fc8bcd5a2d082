use coffer_providers::Provider;
use serde_json::{Value, json};

use crate::harness::{Answer, CALLBACK, CLIENT, SECRET, World, text};

const AUTHORIZE: &str = "account.box.com/api/oauth2/authorize";
const TOKEN: &str = "api.box.com/oauth2/token";
const ME: &str = "api.box.com/2.0/users/me";

async fn sign_in(world: &World) -> Value {
    let code = world.code(AUTHORIZE, &[("scope", "root_readonly")]).await;
    world.token(TOKEN, &[("grant_type", "authorization_code"), ("code", &code)]).await.json()
}

async fn refresh(world: &World, token: &str) -> Answer {
    world.token(TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

#[tokio::test]
async fn answers_have_no_scope() {
    let world = World::start().await;
    let tokens = sign_in(&world).await;
    assert!(tokens.get("scope").is_none() && tokens["restricted_to"] == json!([]), "{tokens}");
    assert_eq!((&tokens["expires_in"], text(&tokens, "token_type")), (&json!(3600), "bearer"));
    world.clock.advance_seconds(3600);
    let refused = world.bearer(ME, text(&tokens, "access_token")).await;
    assert_eq!((refused.status, refused.text.as_str()), (401, ""));
    assert!(refused.header("www-authenticate").contains(r#"error="invalid_token""#));
}

/// "A Refresh Token is valid for 60 days and can be used to obtain a new Access Token and Refresh Token
/// only once."
#[tokio::test]
async fn refresh_tokens_are_valid_for_60_days() {
    let world = World::start().await;
    let day = 24 * 3600;
    let first = sign_in(&world).await;
    world.clock.advance_seconds(59 * day);
    let second = refresh(&world, text(&first, "refresh_token")).await.json();
    world.clock.advance_seconds(59 * day);
    let third = refresh(&world, text(&second, "refresh_token")).await.json();
    world.clock.advance_seconds(60 * day);
    let refused = refresh(&world, text(&third, "refresh_token")).await;
    assert_eq!(refused.error(400, "invalid_grant"), "Refresh token has expired");
    let refused = refresh(&world, "unknown").await;
    assert_eq!(refused.error(400, "invalid_grant"), "Invalid refresh token");
}

#[tokio::test]
async fn a_spent_refresh_token_kills_the_chain() {
    let world = World::start().await;
    let first = sign_in(&world).await;
    let second = refresh(&world, text(&first, "refresh_token")).await.json();
    assert_eq!(world.bearer(ME, text(&second, "access_token")).await.status, 200);
    refresh(&world, text(&first, "refresh_token")).await.error(400, "invalid_grant");
    refresh(&world, text(&second, "refresh_token")).await.error(400, "invalid_grant");
    assert_eq!(world.bearer(ME, text(&second, "access_token")).await.status, 401);
    let counters = world.providers.counters(Provider::Box);
    assert_eq!((counters.refreshes, counters.spent_twice), (1, 1));
}

#[tokio::test]
async fn users_me_is_who_it_is() {
    let world = World::start().await;
    let tokens = sign_in(&world).await;
    let me = world.bearer(ME, text(&tokens, "access_token")).await.json();
    assert_eq!((text(&me, "name"), text(&me, "login")), ("Ada", "ada@box.example"));
    assert!(text(&me, "id").chars().all(|c| c.is_ascii_digit()));
    assert!(text(&me, "avatar_url").starts_with("https://"));
}

#[tokio::test]
async fn revoking_takes_the_clients_credentials() {
    let world = World::start().await;
    let tokens = sign_in(&world).await;
    let revoke = "api.box.com/oauth2/revoke";
    let token = ("token", text(&tokens, "access_token"));
    world.post(revoke, &[token]).await.error(400, "invalid_client");
    let answer = world.token(revoke, &[token]).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    refresh(&world, text(&tokens, "refresh_token")).await.error(400, "invalid_grant");
}

#[tokio::test]
async fn clients_and_codes_are_checked() {
    let world = World::start().await;
    let code = world.code(AUTHORIZE, &[]).await;
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
    let basic = world.form(TOKEN, &form).basic_auth(CLIENT, Some(SECRET)).send().await.unwrap();
    Answer::read(basic).await.error(400, "invalid_client");
    world.clock.advance_seconds(30);
    let refused = world.token(TOKEN, &form).await;
    assert_eq!(refused.error(400, "invalid_grant"), "The authorization code has expired");
}
