use coffer_providers::Provider;
use reqwest::{
    Method,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde_json::{Value, json};

use crate::harness::{Answer, CLIENT, SECRET, World, encoded, text};

const AUTHORIZE: &str = "github.com/login/oauth/authorize";
const TOKEN: &str = "github.com/login/oauth/access_token";

async fn sign_in(world: &World, scope: &str) -> Value {
    let code = world.code(AUTHORIZE, &[("scope", scope)]).await;
    world.token(TOKEN, &[("code", &code)]).await.json()
}

async fn refresh(world: &World, token: &str) -> Answer {
    world.token(TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

async fn as_github_app() -> World {
    let world = World::start().await;
    world.providers.change(Provider::GitHub, |settings| settings.github_app = true);
    world
}

async fn delete(world: &World, what: &str, token: &str, secret: &str) -> u16 {
    let path = format!("api.github.com/applications/{CLIENT}/{what}");
    let request = world.request(Method::DELETE, &path).basic_auth(CLIENT, Some(secret));
    let request =
        request.header(CONTENT_TYPE, "application/json").body(json!({"access_token": token}).to_string());
    request.send().await.unwrap().status().as_u16()
}

/// "By default, the response takes the following form: access_token=…&scope=repo%2Cgist&token_type=bearer".
#[tokio::test]
async fn answers_are_forms_unless_json_is_asked_for() {
    let world = World::start().await;
    let code = world.code(AUTHORIZE, &[("scope", "repo gist")]).await;
    let pairs = [("client_id", CLIENT), ("client_secret", SECRET), ("code", &code)];
    let mut request = world.form(TOKEN, &pairs).build().unwrap();
    request.headers_mut().remove(ACCEPT);
    let answer = world.execute(request).await;
    assert!(answer.header("content-type").starts_with("application/x-www-form-urlencoded"));
    assert!(answer.text.contains("scope=repo%2Cgist"), "{}", answer.text);
    assert!(answer.text.contains("token_type=bearer") && answer.text.contains("access_token=gho_"));

    let tokens = sign_in(&world, "repo gist").await;
    assert_eq!(text(&tokens, "scope"), "repo,gist");
    for absent in ["expires_in", "refresh_token"] {
        assert!(tokens.get(absent).is_none(), "{tokens}");
    }
    world.clock.advance_seconds(10 * 365 * 24 * 3600);
    assert_eq!(world.bearer("api.github.com/user", text(&tokens, "access_token")).await.status, 200);
}

#[tokio::test]
async fn errors_come_with_status_200() {
    let world = World::start().await;
    let code = world.code(AUTHORIZE, &[]).await;
    let wrong = [("client_id", CLIENT), ("client_secret", "wrong"), ("code", &code)];
    let refused = world.post(TOKEN, &wrong).await;
    refused.error(200, "incorrect_client_credentials");
    assert!(text(&refused.json(), "error_uri").ends_with("#incorrect-client-credentials"));
    let elsewhere = [("code", code.as_str()), ("redirect_uri", "https://elsewhere.example/")];
    world.token(TOKEN, &elsewhere).await.error(200, "redirect_uri_mismatch");
    world.token(TOKEN, &[("code", "unknown")]).await.error(200, "bad_verification_code");
    refresh(&world, "ghr_unknown").await.error(200, "bad_refresh_token");
    assert!(world.token(TOKEN, &[("code", &code)]).await.json().get("access_token").is_some());
    world.token(TOKEN, &[("code", &code)]).await.error(200, "bad_verification_code");
    let late = world.code(AUTHORIZE, &[]).await;
    world.clock.advance_seconds(600);
    world.token(TOKEN, &[("code", &late)]).await.error(200, "bad_verification_code");
}

/// "… along with the following query parameters".
#[tokio::test]
async fn parameters_may_stand_in_the_query() {
    let world = World::start().await;
    let code = world.code(AUTHORIZE, &[]).await;
    let query = encoded(&[("client_id", CLIENT), ("client_secret", SECRET), ("code", &code)]);
    assert!(world.post(&format!("{TOKEN}?{query}"), &[]).await.json().get("access_token").is_some());
}

#[tokio::test]
async fn a_github_app_has_tokens_that_end() {
    let world = as_github_app().await;
    let tokens = sign_in(&world, "repo").await;
    assert!(text(&tokens, "access_token").starts_with("ghu_"));
    assert!(text(&tokens, "refresh_token").starts_with("ghr_"));
    assert_eq!(
        (&tokens["expires_in"], &tokens["refresh_token_expires_in"]),
        (&json!(28800), &json!(15_897_600))
    );
    assert_eq!(text(&tokens, "scope"), "");
    world.clock.advance_seconds(28800);
    let user = world.bearer("api.github.com/user", text(&tokens, "access_token")).await;
    assert_eq!((user.status, text(&user.json(), "message")), (401, "Bad credentials"));
}

/// "Once you use a refresh token, that refresh token and the old user access token will no longer work."
#[tokio::test]
async fn a_refresh_ends_both_old_tokens() {
    let world = as_github_app().await;
    let first = sign_in(&world, "").await;
    let second = refresh(&world, text(&first, "refresh_token")).await.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(world.bearer("api.github.com/user", text(&first, "access_token")).await.status, 401);
    refresh(&world, text(&first, "refresh_token")).await.error(200, "bad_refresh_token");
    assert_eq!(world.bearer("api.github.com/user", text(&second, "access_token")).await.status, 200);
    assert_eq!(world.providers.counters(Provider::GitHub).spent_twice, 1);
    world.clock.advance_seconds(15_897_600);
    refresh(&world, text(&second, "refresh_token")).await.error(200, "bad_refresh_token");
}

#[tokio::test]
async fn the_address_comes_from_a_second_call() {
    let world = World::start().await;
    let token = sign_in(&world, "read:user user:email").await;
    let user = world.bearer("api.github.com/user", text(&token, "access_token")).await;
    assert_eq!(user.header("x-oauth-scopes"), "read:user, user:email");
    let user = user.json();
    assert!(user["id"].is_u64() && user["email"].is_null(), "{user}");
    assert_eq!((text(&user, "login"), text(&user, "name")), ("ada", "Ada"));
    let emails = world.bearer("api.github.com/user/emails", text(&token, "access_token")).await.json();
    let primary = emails.as_array().unwrap().iter().find(|entry| entry["primary"] == true).unwrap();
    assert_eq!((text(primary, "email"), &primary["verified"]), ("ada@github.example", &json!(true)));

    let narrow = sign_in(&world, "read:user").await;
    assert_eq!(world.bearer("api.github.com/user/emails", text(&narrow, "access_token")).await.status, 404);
}

#[tokio::test]
async fn requests_need_a_user_agent() {
    let world = World::start().await;
    let url = format!("{}/api.github.com/user", world.providers.base());
    let response = reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 403);
}

/// "Deleting an application's grant will also delete all OAuth tokens associated with the application for
/// the user."
#[tokio::test]
async fn a_token_or_the_whole_grant_is_deleted() {
    let world = World::start().await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(text(&sign_in(&world, "").await, "access_token").to_owned());
    }
    assert_eq!(delete(&world, "token", &tokens[0], "wrong").await, 401);
    assert_eq!(delete(&world, "token", &tokens[0], SECRET).await, 204);
    assert_eq!(delete(&world, "token", &tokens[0], SECRET).await, 422);
    assert_eq!(world.bearer("api.github.com/user", &tokens[0]).await.status, 401);
    assert_eq!(world.bearer("api.github.com/user", &tokens[1]).await.status, 200);
    assert_eq!(delete(&world, "grant", &tokens[1], SECRET).await, 204);
    assert_eq!(world.bearer("api.github.com/user", &tokens[2]).await.status, 401);
}
