//! https://developer.box.com/guides/authentication/tokens/refresh/

use coffer_providers::Provider;

use super::{Stand, is_revoked, refresh_token};

const DAY: i64 = 24 * 3600;

async fn stand() -> Stand {
    Stand::new("box", Provider::Box).await
}

#[tokio::test]
async fn box_tokens_last_an_hour_and_answers_name_no_scopes() {
    let stand = stand().await;
    let signed_in = stand.sign_in("ada").await;
    let life = signed_in.tokens.expires_in.unwrap();
    assert!((3600..=4200).contains(&life), "{life}");
    assert!(signed_in.tokens.scopes.is_none(), "as asked, RFC 6749 section 5.1");
    assert_eq!(signed_in.tokens.refresh_expires_in, Some(60 * DAY));
    assert!(signed_in.profile.email.unwrap().starts_with("ada@"), "the login is the address");
}

/// "Refresh tokens ... can only be used once."
#[tokio::test]
async fn a_spent_box_token_kills_the_chain() {
    let stand = stand().await;
    let first = refresh_token(&stand.sign_in("ada").await.tokens);
    let second = refresh_token(&stand.refresh(&first).await.unwrap());
    assert!(is_revoked(&stand.refresh(&first).await));
    assert!(is_revoked(&stand.refresh(&second).await), "the chain is dead");
    assert_eq!(stand.providers.counters(Provider::Box).spent_twice, 1);
}

#[tokio::test]
async fn box_refresh_tokens_end_after_sixty_days() {
    let stand = stand().await;
    let first = refresh_token(&stand.sign_in("ada").await.tokens);
    stand.clock.advance_seconds(59 * DAY);
    let second = refresh_token(&stand.refresh(&first).await.unwrap());
    stand.clock.advance_seconds(61 * DAY);
    assert!(is_revoked(&stand.refresh(&second).await));
}

#[tokio::test]
async fn box_takes_the_token_back() {
    let stand = stand().await;
    let tokens = stand.sign_in("ada").await.tokens;
    assert!(stand.revoke(&tokens).await.unwrap());
    assert_eq!(stand.alive(), 0);
}
