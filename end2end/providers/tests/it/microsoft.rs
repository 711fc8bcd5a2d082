use coffer_providers::Provider;
use serde_json::{Value, json};

use crate::harness::{CALLBACK, World, text};

const HOST: &str = "login.microsoftonline.com";
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const ASKED: &str = "openid profile email offline_access https://graph.microsoft.com/Mail.Read";

async fn sign_in(world: &World, tenant: &str, account: &str, scope: &str) -> Value {
    let authorize = format!("{HOST}/{tenant}/oauth2/v2.0/authorize");
    let code = world.code_of(account, &authorize, &[("scope", scope), ("nonce", "n1")]).await;
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
    let answer = world.token(&format!("{HOST}/{tenant}/oauth2/v2.0/token"), &form).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

async fn refresh(world: &World, token: &str) -> crate::harness::Answer {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    world.token(&format!("{HOST}/common/oauth2/v2.0/token"), &form).await
}

#[tokio::test]
async fn the_issuer_depends_on_the_tenant() {
    let world = World::start().await;
    let base = world.providers.base();
    let own = "3a5f3a5f-0000-4000-8000-3a5f3a5f3a5f";
    for (tenant, issuer) in
        [("common", "{tenantid}"), ("organizations", "{tenantid}"), ("consumers", PERSONAL), (own, own)]
    {
        let path = format!("{HOST}/{tenant}/v2.0/.well-known/openid-configuration");
        let document = world.get(&path).await.json();
        assert_eq!(text(&document, "issuer"), format!("{base}/{HOST}/{issuer}/v2.0"));
        assert_eq!(text(&document, "token_endpoint"), format!("{base}/{HOST}/{tenant}/oauth2/v2.0/token"));
        let tokens = sign_in(&world, tenant, "ada", "openid").await;
        let claims = world.claims(&format!("{HOST}/{tenant}/discovery/v2.0/keys"), &tokens["id_token"]).await;
        let tid = text(&claims, "tid");
        assert_eq!(text(&claims, "iss"), format!("{base}/{HOST}/{tid}/v2.0"));
        assert!(issuer == "{tenantid}" || tid == issuer, "{tid}");
    }
}

#[tokio::test]
async fn common_takes_work_and_personal_accounts() {
    let world = World::start().await;
    let mut tenants = Vec::new();
    for account in ["ada", "personal.ada"] {
        let tokens = sign_in(&world, "common", account, "openid profile email").await;
        let claims = world.claims(&format!("{HOST}/common/discovery/v2.0/keys"), &tokens["id_token"]).await;
        assert_eq!(text(&claims, "nonce"), "n1");
        assert_eq!(text(&claims, "email"), format!("{account}@microsoft.example"));
        tenants.push(text(&claims, "tid").to_owned());
    }
    assert_ne!(tenants[0], PERSONAL);
    assert_eq!(tenants[1], PERSONAL);
}

/// "Only provided if offline_access scope was requested."
#[tokio::test]
async fn a_refresh_token_comes_with_offline_access() {
    let world = World::start().await;
    let without = sign_in(&world, "common", "ada", "openid https://graph.microsoft.com/Mail.Read").await;
    assert!(without.get("refresh_token").is_none());
    assert!(sign_in(&world, "common", "ada", ASKED).await.get("refresh_token").is_some());
}

#[tokio::test]
async fn answers_list_the_scopes_of_one_resource() {
    let world = World::start().await;
    let tokens = sign_in(&world, "common", "ada", ASKED).await;
    assert_eq!(text(&tokens, "scope"), "https://graph.microsoft.com/Mail.Read");
    assert_eq!(tokens["expires_in"], json!(3599));
    let two = sign_in(&world, "common", "ada", "https://a.example/Read https://b.example/Read").await;
    assert_eq!(text(&two, "scope"), "https://a.example/Read");
    let none = sign_in(&world, "common", "ada", "openid").await;
    assert!(none.get("scope").is_none(), "{none}");
}

/// "Refresh tokens aren't revoked when used to acquire new access tokens. You're expected to discard the
/// old refresh token."
#[tokio::test]
async fn refresh_tokens_roll_and_old_ones_stay_usable() {
    let world = World::start().await;
    let first = sign_in(&world, "common", "ada", ASKED).await;
    let second = refresh(&world, text(&first, "refresh_token")).await.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(text(&second, "scope"), "https://graph.microsoft.com/Mail.Read");
    assert_eq!(refresh(&world, text(&second, "refresh_token")).await.status, 200);
    assert_eq!(refresh(&world, text(&first, "refresh_token")).await.status, 200);
    let counters = world.providers.counters(Provider::Microsoft);
    assert_eq!((counters.refreshes, counters.spent_twice), (3, 1));
    world.clock.advance_seconds(91 * 24 * 3600);
    let late = refresh(&world, text(&second, "refresh_token")).await;
    assert!(late.error(400, "invalid_grant").starts_with("AADSTS700082: "));
}

#[tokio::test]
async fn errors_have_numbers() {
    let world = World::start().await;
    let tokens = sign_in(&world, "common", "ada", ASKED).await;
    assert_eq!(world.providers.revoke_account(Provider::Microsoft, "ada"), 1);
    let refused = refresh(&world, text(&tokens, "refresh_token")).await;
    assert!(refused.error(400, "invalid_grant").starts_with("AADSTS50173: "));
    let body = refused.json();
    assert_eq!(body["error_codes"], json!([50173]));
    assert_eq!(text(&body, "timestamp"), "2027-01-15 08:00:00Z");
    for member in ["trace_id", "correlation_id"] {
        assert_eq!(text(&body, member).len(), 36);
    }

    let form = [("grant_type", "refresh_token"), ("client_id", "coffer"), ("client_secret", "wrong")];
    let refused = world.post(&format!("{HOST}/common/oauth2/v2.0/token"), &form).await;
    assert!(refused.error(401, "invalid_client").starts_with("AADSTS7000215: "));
    assert_eq!(refused.json()["error_codes"], json!([7_000_215]));
}

#[tokio::test]
async fn graph_tells_who_it_is() {
    let world = World::start().await;
    let tokens = sign_in(&world, "common", "ada", "openid https://graph.microsoft.com/User.Read").await;
    let me = world.bearer("graph.microsoft.com/v1.0/me", text(&tokens, "access_token")).await.json();
    assert_eq!(text(&me, "displayName"), "Ada");
    let claims = world.claims(&format!("{HOST}/common/discovery/v2.0/keys"), &tokens["id_token"]).await;
    let info = world.bearer("graph.microsoft.com/oidc/userinfo", text(&tokens, "access_token")).await.json();
    assert_eq!(info["sub"], claims["sub"]);
    assert_eq!(world.bearer("graph.microsoft.com/v1.0/me", "other").await.status, 401);
}
