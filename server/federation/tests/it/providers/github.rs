//! https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps

use coffer_crypto::Secret;
use coffer_federation::UpstreamError;
use coffer_providers::Provider;

use super::{Stand, is_revoked, refresh_token};

async fn stand() -> Stand {
    let mut stand = Stand::new("github", Provider::GitHub).await;
    stand.connection.scopes = ["read:user", "user:email", "repo"].into_iter().collect();
    stand
}

#[tokio::test]
async fn github_classic_tokens_never_end_and_scopes_come_with_commas() {
    let stand = stand().await;
    let signed_in = stand.sign_in("ada").await;
    assert!(signed_in.tokens.refresh_token.is_none());
    assert_eq!(signed_in.tokens.expires_in, None);
    let scopes = signed_in.tokens.scopes.unwrap();
    assert!(scopes.contains("repo") && scopes.contains("read:user"), "{scopes}");
    assert!(signed_in.provider_user_id.parse::<u64>().is_ok(), "ids are numbers");
}

#[tokio::test]
async fn github_tells_the_address_in_a_second_call() {
    let stand = stand().await;
    let profile = stand.sign_in("ada").await.profile;
    assert!(profile.email.unwrap().starts_with("ada@"));
    assert!(profile.email_verified);
    assert!(stand.providers.requests().iter().any(|seen| seen.path == "/user/emails"));
}

#[tokio::test]
async fn github_app_tokens_last_eight_hours_and_rotate() {
    let stand = stand().await;
    stand.change(|settings| settings.github_app = true);
    let tokens = stand.sign_in("ada").await.tokens;
    assert_eq!(tokens.expires_in, Some(28_800));
    assert!(tokens.refresh_expires_in.unwrap() > 180 * 24 * 3600, "six months");
    let first = refresh_token(&tokens);
    let second = refresh_token(&stand.refresh(&first).await.unwrap());
    assert!(is_revoked(&stand.refresh(&first).await), "bad_refresh_token, with status 200");
    stand.refresh(&second).await.unwrap();
}

#[tokio::test]
async fn github_errors_come_with_status_200() {
    let mut stand = stand().await;
    stand.secret = Secret::new("not the secret");
    let answer = stand.decide(stand.request(None).await, "ada", "allow").await;
    let Err(UpstreamError::Provider { code, .. }) = stand.exchange(&answer).await else { panic!() };
    assert_eq!(code, "incorrect_client_credentials");
    stand.secret = Secret::new("provider-secret");
    let mut answer = stand.decide(stand.request(None).await, "ada", "allow").await;
    answer.insert("code".into(), "another".into());
    let Err(UpstreamError::Provider { code, .. }) = stand.exchange(&answer).await else { panic!() };
    assert_eq!(code, "bad_verification_code");
}

/// "Delete an app authorization": https://docs.github.com/en/rest/apps/oauth-applications
#[tokio::test]
async fn github_takes_the_grant_back() {
    let stand = stand().await;
    let tokens = stand.sign_in("ada").await.tokens;
    assert!(stand.revoke(&tokens).await.unwrap());
    assert_eq!(stand.alive(), 0);
}

/// The endpoint wants an access token that is good; eight hours later there is none left.
#[tokio::test]
async fn github_takes_the_grant_back_after_the_token_has_ended() {
    let stand = stand().await;
    stand.change(|settings| settings.github_app = true);
    let tokens = stand.sign_in("ada").await.tokens;
    assert!(stand.revoke_later(&tokens).await.unwrap());
    assert_eq!(stand.alive(), 0);
}
