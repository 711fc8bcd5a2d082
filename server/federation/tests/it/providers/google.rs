//! https://developers.google.com/identity/protocols/oauth2/web-server

use coffer_crypto::Secret;
use coffer_federation::{RefreshError, UpstreamError};
use coffer_providers::Provider;

use super::{Stand, is_revoked, refresh_token};

const CALENDAR: &str = "https://www.googleapis.com/auth/calendar.readonly";

async fn stand() -> Stand {
    let mut stand = Stand::new("google-oauth2", Provider::Google).await;
    stand.connection.scopes = std::iter::once(CALENDAR).collect();
    stand
}

#[tokio::test]
async fn google_signs_in_with_a_checked_id_token_and_gives_a_refresh_token() {
    let stand = stand().await;
    let signed_in = stand.sign_in("ada").await;
    assert_eq!(signed_in.profile.name.as_deref(), Some("Ada"));
    assert!(signed_in.profile.email_verified);
    assert_eq!(signed_in.tokens.expires_in, Some(3599));
    assert!(signed_in.tokens.scopes.as_ref().unwrap().contains(CALENDAR));
    refresh_token(&signed_in.tokens);
}

/// "The refresh token is only returned on the first authorization", unless prompt=consent is sent.
#[tokio::test]
async fn google_gives_a_refresh_token_again_because_consent_is_asked_for() {
    let stand = stand().await;
    stand.sign_in("ada").await;
    assert!(stand.sign_in("ada").await.tokens.refresh_token.is_some());
    let answer = stand.decide(stand.request(Some("select_account")).await, "ada", "allow").await;
    let again = stand.exchange(&answer).await.unwrap();
    assert!(again.tokens.refresh_token.is_none(), "the stand-in withholds it without prompt=consent");
}

#[tokio::test]
async fn google_gives_no_refresh_token_without_the_vault() {
    let mut stand = stand().await;
    stand.connection.vault_enabled = false;
    assert!(stand.sign_in("ada").await.tokens.refresh_token.is_none());
}

/// include_granted_scopes: "incremental authorization".
#[tokio::test]
async fn google_keeps_the_scopes_granted_before() {
    let mut stand = stand().await;
    stand.sign_in("ada").await;
    stand.connection.scopes = std::iter::once("https://www.googleapis.com/auth/gmail.send").collect();
    let scopes = stand.sign_in("ada").await.tokens.scopes.unwrap();
    assert!(scopes.contains(CALENDAR), "{scopes}");
}

#[tokio::test]
async fn google_refreshes_without_rotation() {
    let stand = stand().await;
    let token = refresh_token(&stand.sign_in("ada").await.tokens);
    for _ in 0..2 {
        stand.clock.advance_seconds(3600);
        let fresh = stand.refresh(&token).await.unwrap();
        assert!(fresh.refresh_token.is_none(), "the first one stays");
    }
}

#[tokio::test]
async fn google_says_when_the_grant_is_gone() {
    let stand = stand().await;
    let token = refresh_token(&stand.sign_in("ada").await.tokens);
    stand.providers.revoke_account(Provider::Google, "ada");
    let Err(RefreshError::Revoked { code, description }) = stand.refresh(&token).await else { panic!() };
    assert_eq!((code.as_str(), description.unwrap().contains("revoked")), ("invalid_grant", true));
}

#[tokio::test]
async fn google_ends_refresh_tokens_after_a_week_while_testing() {
    let stand = stand().await;
    stand.change(|settings| settings.testing = true);
    let token = refresh_token(&stand.sign_in("ada").await.tokens);
    stand.clock.advance_seconds(6 * 24 * 3600);
    stand.refresh(&token).await.unwrap();
    stand.clock.advance_seconds(2 * 24 * 3600);
    assert!(is_revoked(&stand.refresh(&token).await));
}

#[tokio::test]
async fn google_takes_the_grant_back() {
    let stand = stand().await;
    let tokens = stand.sign_in("ada").await.tokens;
    assert_eq!(stand.alive(), 1);
    assert!(stand.revoke(&tokens).await.unwrap());
    assert_eq!(stand.alive(), 0);
    assert!(stand.revoke(&tokens).await.is_ok(), "what is gone already is no error");
}

#[tokio::test]
async fn google_names_a_wrong_secret() {
    let mut stand = stand().await;
    stand.secret = Secret::new("not the secret");
    let answer = stand.decide(stand.request(None).await, "ada", "allow").await;
    let Err(UpstreamError::Provider { code, .. }) = stand.exchange(&answer).await else { panic!() };
    assert_eq!(code, "invalid_client");
}

#[tokio::test]
async fn google_says_that_the_person_declined() {
    let stand = stand().await;
    let answer = stand.decide(stand.request(None).await, "ada", "deny").await;
    assert_eq!(answer["error"], "access_denied");
}
