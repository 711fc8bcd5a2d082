//! OpenID Connect providers: any, and Okta, whose issuer is its domain.

use coffer_core::Scopes;
use coffer_federation::RefreshError;
use coffer_providers::{Mode, Provider, Rotation};

use super::{Stand, is_revoked, refresh_token};
use crate::harness::upstream;

async fn stand() -> Stand {
    let mut stand = Stand::new("oidc", Provider::Sandbox).await;
    stand.connection.options.discovery_url = Some(format!("{}/sandbox", stand.providers.base()));
    stand.connection.scopes = ["profile", "email", "notes.read", "notes.write"].into_iter().collect();
    stand
}

#[tokio::test]
async fn openid_signs_in_refreshes_rotates_and_revokes() {
    let stand = stand().await;
    let signed_in = stand.sign_in("ada").await;
    assert_eq!(signed_in.profile.name.as_deref(), Some("Ada"));
    let first = refresh_token(&signed_in.tokens);
    let fresh = stand.refresh(&first).await.unwrap();
    let second = refresh_token(&fresh);
    assert_ne!(first.reveal(), second.reveal());
    assert!(stand.revoke(&fresh).await.unwrap(), "the discovery document names the endpoint");
    assert!(is_revoked(&stand.refresh(&second).await));
}

#[tokio::test]
async fn openid_narrows_a_refreshed_token() {
    let stand = stand().await;
    let token = refresh_token(&stand.sign_in("ada").await.tokens);
    let narrow: Scopes = ["openid", "notes.read"].into_iter().collect();
    let upstream = upstream(&stand.connection, &stand.secret);
    let answer = stand.federation.refresh(&upstream, &token, Some(&narrow)).await;
    let scopes = answer.unwrap().scopes.unwrap_or(narrow);
    assert!(scopes.contains("notes.read") && !scopes.contains("notes.write"), "{scopes}");
}

#[tokio::test]
async fn a_provider_that_is_down_or_cuts_the_line_is_asked_again_later() {
    let stand = stand().await;
    let token = refresh_token(&stand.sign_in("ada").await.tokens);
    for mode in [Mode::Down, Mode::Cut] {
        stand.change(|settings| settings.mode = mode);
        let outcome = stand.refresh(&token).await;
        assert!(matches!(outcome, Err(RefreshError::Transient { .. })), "{outcome:?}");
    }
    stand.change(|settings| settings.mode = Mode::Up);
    stand.refresh(&token).await.unwrap();
}

#[tokio::test]
async fn fewer_scopes_than_asked_are_seen_as_such() {
    let stand = stand().await;
    stand.change(|settings| settings.granted = Some(vec!["openid".into(), "notes.read".into()]));
    let scopes = stand.sign_in("ada").await.tokens.scopes.unwrap();
    assert!(scopes.contains("notes.read") && !scopes.contains("notes.write"), "{scopes}");
}

/// https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/: the org's issuer is its domain.
#[tokio::test]
async fn okta_is_found_by_its_domain() {
    let mut stand = Stand::new("okta", Provider::Sandbox).await;
    stand.change(|settings| settings.rotation = Rotation::Never);
    stand.connection.options.tenant = Some("sandbox".into());
    let signed_in = stand.sign_in("ada").await;
    let token = refresh_token(&signed_in.tokens);
    assert!(stand.refresh(&token).await.unwrap().refresh_token.is_none());
}
