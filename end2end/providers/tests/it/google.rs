use coffer_providers::Provider;
use serde_json::{Value, json};

use crate::harness::{CALLBACK, NOW, Pairs, World, text};

const AUTHORIZE: &str = "accounts.google.com/o/oauth2/v2/auth";
const TOKEN: &str = "oauth2.googleapis.com/token";
const REVOKE: &str = "oauth2.googleapis.com/revoke";
const CERTS: &str = "www.googleapis.com/oauth2/v3/certs";
const CALENDAR: &str = "https://www.googleapis.com/auth/calendar.events";
const OFFLINE: (&str, &str) = ("access_type", "offline");

async fn sign_in(world: &World, params: Pairs<'_>) -> Value {
    let code = world.code(AUTHORIZE, params).await;
    let answer = world.token(TOKEN, &exchange(&code)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn exchange(code: &str) -> [(&str, &str); 3] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)]
}

fn refresh(token: &str) -> [(&str, &str); 2] {
    [("grant_type", "refresh_token"), ("refresh_token", token)]
}

#[tokio::test]
async fn discovery_names_endpoints_under_their_hosts() {
    let world = World::start().await;
    let document = world.get("accounts.google.com/.well-known/openid-configuration").await.json();
    let base = world.providers.base();
    assert_eq!(text(&document, "issuer"), format!("{base}/accounts.google.com"));
    for (member, path) in [
        ("authorization_endpoint", AUTHORIZE),
        ("token_endpoint", TOKEN),
        ("revocation_endpoint", REVOKE),
        ("jwks_uri", CERTS),
        ("userinfo_endpoint", "openidconnect.googleapis.com/v1/userinfo"),
    ] {
        assert_eq!(text(&document, member), format!("{base}/{path}"));
    }
}

#[tokio::test]
async fn an_id_token_says_who_it_is() {
    let world = World::start().await;
    let tokens = sign_in(&world, &[("scope", "openid email profile"), ("nonce", "n1")]).await;
    assert_eq!((&tokens["expires_in"], text(&tokens, "token_type")), (&json!(3599), "Bearer"));
    let claims = world.claims(CERTS, &tokens["id_token"]).await;
    assert_eq!(text(&claims, "iss"), format!("{}/accounts.google.com", world.providers.base()));
    assert_eq!((text(&claims, "nonce"), text(&claims, "name")), ("n1", "Ada"));
    assert_eq!((text(&claims, "email"), &claims["email_verified"]), ("ada@google.example", &json!(true)));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(NOW), &json!(NOW + 3600)));
    assert!(text(&claims, "sub").chars().all(|c| c.is_ascii_digit()));
    let info =
        world.bearer("openidconnect.googleapis.com/v1/userinfo", text(&tokens, "access_token")).await.json();
    assert_eq!((&info["sub"], &info["email"]), (&claims["sub"], &claims["email"]));
}

#[tokio::test]
async fn scopes_come_back_in_their_long_form() {
    let world = World::start().await;
    let tokens = sign_in(&world, &[("scope", "openid email")]).await;
    assert_eq!(text(&tokens, "scope"), "openid https://www.googleapis.com/auth/userinfo.email");
}

/// "Set the value to offline if your application needs to refresh access tokens when the user is not
/// present"; "only returned on the first authorization", unless `prompt=consent`.
#[tokio::test]
async fn a_refresh_token_comes_offline_and_once() {
    let world = World::start().await;
    assert!(sign_in(&world, &[("scope", CALENDAR)]).await.get("refresh_token").is_none());
    world.providers.reset(Provider::Google);
    let first = sign_in(&world, &[("scope", CALENDAR), OFFLINE]).await;
    assert!(text(&first, "refresh_token").starts_with("1//"));
    assert!(sign_in(&world, &[("scope", CALENDAR), OFFLINE]).await.get("refresh_token").is_none());
    let again = sign_in(&world, &[("scope", CALENDAR), OFFLINE, ("prompt", "consent")]).await;
    assert_ne!(again["refresh_token"], first["refresh_token"]);
    world.providers.revoke_account(Provider::Google, "ada");
    assert!(sign_in(&world, &[("scope", CALENDAR), OFFLINE]).await.get("refresh_token").is_some());
}

#[tokio::test]
async fn include_granted_scopes_unites_with_earlier_ones() {
    let world = World::start().await;
    sign_in(&world, &[("scope", CALENDAR)]).await;
    let alone = sign_in(&world, &[("scope", "openid")]).await;
    assert_eq!(text(&alone, "scope"), "openid");
    let united = sign_in(&world, &[("scope", "openid"), ("include_granted_scopes", "true")]).await;
    assert_eq!(text(&united, "scope"), format!("{CALENDAR} openid"));
}

#[tokio::test]
async fn refresh_tokens_do_not_rotate() {
    let world = World::start().await;
    let first = sign_in(&world, &[("scope", &format!("openid {CALENDAR}")), OFFLINE]).await;
    for _ in 0..2 {
        let answer = world.token(TOKEN, &refresh(text(&first, "refresh_token"))).await.json();
        assert!(answer.get("refresh_token").is_none() && answer.get("id_token").is_some(), "{answer}");
        assert_ne!(answer["access_token"], first["access_token"]);
    }
    let counters = world.providers.counters(Provider::Google);
    assert_eq!((counters.refreshes, counters.spent_twice), (2, 0));
}

/// "The token can be an access token or a refresh token. If the token is an access token and it has a
/// corresponding refresh token, the refresh token will also be revoked."
#[tokio::test]
async fn revoking_either_token_ends_the_grant() {
    let world = World::start().await;
    for member in ["access_token", "refresh_token"] {
        let tokens = sign_in(&world, &[("scope", CALENDAR), OFFLINE, ("prompt", "consent")]).await;
        let answer = world.post(REVOKE, &[("token", text(&tokens, member))]).await;
        assert_eq!(answer.status, 200);
        let refused = world.token(TOKEN, &refresh(text(&tokens, "refresh_token"))).await;
        assert_eq!(refused.error(400, "invalid_grant"), "Token has been expired or revoked.");
        assert_eq!(world.post(REVOKE, &[("token", text(&tokens, member))]).await.status, 400);
    }
}

/// "… configured for an external user type and a publishing status of "Testing" is issued a refresh token
/// expiring in 7 days, unless the only OAuth scopes requested are a subset of name, email address, and
/// user profile".
#[tokio::test]
async fn testing_ends_refresh_tokens_after_seven_days() {
    let world = World::start().await;
    world.providers.change(Provider::Google, |settings| settings.testing = true);
    let calendar = sign_in(&world, &[("scope", CALENDAR), OFFLINE]).await;
    let basic = sign_in(&world, &[("scope", "openid email"), OFFLINE, ("prompt", "consent")]).await;
    world.clock.advance_seconds(7 * 24 * 3600 - 1);
    assert_eq!(world.token(TOKEN, &refresh(text(&calendar, "refresh_token"))).await.status, 200);
    world.clock.advance_seconds(1);
    let refused = world.token(TOKEN, &refresh(text(&calendar, "refresh_token"))).await;
    assert_eq!(refused.error(400, "invalid_grant"), "Token has been expired or revoked.");
    assert_eq!(world.token(TOKEN, &refresh(text(&basic, "refresh_token"))).await.status, 200);
}

#[tokio::test]
async fn clients_codes_and_redirect_uris_are_checked() {
    let world = World::start().await;
    let code = world.code(AUTHORIZE, &[("scope", "openid")]).await;
    let wrong = [("client_id", "coffer"), ("client_secret", "wrong")];
    world.post(TOKEN, &[&wrong[..], &exchange(&code)].concat()).await.error(401, "invalid_client");
    let elsewhere =
        [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", "https://other/")];
    world.token(TOKEN, &elsewhere).await.error(400, "redirect_uri_mismatch");
    assert_eq!(world.token(TOKEN, &exchange(&code)).await.status, 200);
    world.token(TOKEN, &exchange(&code)).await.error(400, "invalid_grant");
    let late = world.code(AUTHORIZE, &[("scope", "openid")]).await;
    world.clock.advance_seconds(601);
    world.token(TOKEN, &exchange(&late)).await.error(400, "invalid_grant");
}
