//! https://docs.slack.dev/authentication/installing-with-oauth

use coffer_crypto::Secret;
use coffer_federation::UpstreamError;
use coffer_providers::{Provider, Rotation};

use super::{Stand, is_revoked, refresh_token};

async fn stand() -> Stand {
    let mut stand = Stand::new("slack", Provider::Slack).await;
    stand.connection.scopes = ["users:read", "search:read"].into_iter().collect();
    stand
}

#[tokio::test]
async fn slack_user_tokens_are_under_authed_user() {
    let stand = stand().await;
    let url = stand.request(None).await;
    assert!(url.query().unwrap().contains("user_scope=users%3Aread%2Csearch%3Aread"), "{url}");
    let answer = stand.decide(url, "ada", "allow").await;
    let signed_in = stand.exchange(&answer).await.unwrap();
    assert!(signed_in.tokens.access_token.reveal().starts_with("xoxp-"));
    let scopes = signed_in.tokens.scopes.unwrap();
    assert!(scopes.contains("search:read") && scopes.contains("users:read"), "{scopes}");
    assert!(signed_in.provider_user_id.starts_with('U'));
}

#[tokio::test]
async fn slack_says_no_with_status_200() {
    let mut stand = stand().await;
    stand.secret = Secret::new("not the secret");
    let answer = stand.decide(stand.request(None).await, "ada", "allow").await;
    let Err(UpstreamError::Provider { code, .. }) = stand.exchange(&answer).await else { panic!() };
    assert_eq!(code, "bad_client_secret");
}

/// https://docs.slack.dev/authentication/using-token-rotation
#[tokio::test]
async fn slack_tokens_end_after_twelve_hours_where_rotation_is_on() {
    let stand = stand().await;
    assert!(stand.sign_in("ada").await.tokens.refresh_token.is_none(), "without rotation they do not end");
    stand.change(|settings| settings.rotation = Rotation::SingleUse);
    let tokens = stand.sign_in("grace").await.tokens;
    assert_eq!(tokens.expires_in, Some(43_200));
    let first = refresh_token(&tokens);
    let fresh = stand.refresh(&first).await.unwrap();
    assert!(fresh.access_token.reveal().starts_with("xoxe.xoxp-"), "the member's token, not the bot's");
    assert!(is_revoked(&stand.refresh(&first).await));
    stand.refresh(&refresh_token(&fresh)).await.unwrap();
}

#[tokio::test]
async fn slack_takes_the_token_back() {
    let stand = stand().await;
    let tokens = stand.sign_in("ada").await.tokens;
    assert!(stand.revoke(&tokens).await.unwrap());
    assert_eq!(stand.alive(), 0);
    assert!(stand.revoke(&tokens).await.unwrap(), "revoked before is revoked");
}

#[tokio::test]
async fn slack_takes_the_grant_back_after_the_token_has_ended() {
    let stand = stand().await;
    stand.change(|settings| settings.rotation = Rotation::SingleUse);
    let tokens = stand.sign_in("ada").await.tokens;
    assert!(stand.revoke_later(&tokens).await.unwrap());
    assert!(
        is_revoked(&stand.refresh(&refresh_token(&tokens)).await),
        "with rotation each token ends by itself"
    );
}
