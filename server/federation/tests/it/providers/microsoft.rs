//! https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow

use coffer_crypto::Secret;
use coffer_federation::UpstreamError;
use coffer_providers::Provider;

use super::{Stand, is_revoked, refresh_token};

const READ: &str = "https://graph.microsoft.com/User.Read";

async fn stand(strategy: &str) -> Stand {
    let mut stand = Stand::new(strategy, Provider::Microsoft).await;
    stand.connection.scopes = std::iter::once(READ).collect();
    stand
}

#[tokio::test]
async fn microsoft_signs_personal_and_work_accounts_in_through_one_document() {
    let stand = stand("windowslive").await;
    let work = stand.sign_in("ada").await;
    let personal = stand.sign_in("personal-grace").await;
    assert_ne!(work.provider_user_id, personal.provider_user_id);
    assert!(work.tokens.scopes.unwrap().contains(READ));
}

#[tokio::test]
async fn microsoft_enterprise_signs_in_to_one_directory() {
    let mut stand = stand("waad").await;
    stand.connection.options.tenant = Some("8f6b6c1e-0000-4000-8000-000000000001".into());
    let signed_in = stand.sign_in("ada").await;
    assert_eq!(signed_in.profile.name.as_deref(), Some("Ada"));
}

#[tokio::test]
async fn microsoft_gives_a_refresh_token_for_offline_access_alone() {
    let mut stand = stand("windowslive").await;
    assert!(stand.sign_in("ada").await.tokens.refresh_token.is_some());
    stand.connection.vault_enabled = false;
    assert!(stand.sign_in("ada").await.tokens.refresh_token.is_none());
}

#[tokio::test]
async fn microsoft_refresh_tokens_roll() {
    let stand = stand("windowslive").await;
    let first = refresh_token(&stand.sign_in("ada").await.tokens);
    let second = refresh_token(&stand.refresh(&first).await.unwrap());
    assert_ne!(first.reveal(), second.reveal());
    stand.refresh(&second).await.unwrap();
}

#[tokio::test]
async fn microsoft_says_when_the_grant_is_gone() {
    let stand = stand("windowslive").await;
    let token = refresh_token(&stand.sign_in("ada").await.tokens);
    stand.providers.revoke_account(Provider::Microsoft, "ada");
    assert!(is_revoked(&stand.refresh(&token).await));
}

#[tokio::test]
async fn microsoft_names_a_wrong_secret() {
    let mut stand = stand("windowslive").await;
    stand.secret = Secret::new("not the secret");
    let answer = stand.decide(stand.request(None).await, "ada", "allow").await;
    let Err(UpstreamError::Provider { code, description }) = stand.exchange(&answer).await else { panic!() };
    assert_eq!(code, "invalid_client");
    assert!(description.unwrap().contains("AADSTS7000215"));
}

#[tokio::test]
async fn microsoft_has_no_endpoint_that_revokes() {
    let stand = stand("windowslive").await;
    let tokens = stand.sign_in("ada").await.tokens;
    assert!(!stand.revoke(&tokens).await.unwrap());
}
