//! User info: the user's id, the profile, and what is not believed.

use coffer_federation::UpstreamError;
use serde_json::{Value, json};

use crate::exchange::exchange;
use crate::harness::{Provider, federation};
use crate::issuer::Issuer;

async fn provider(info: &Value) -> Provider {
    let provider = Provider::start().await;
    provider.json("/token", 200, &json!({"access_token": "access", "token_type": "Bearer"}));
    provider.json("/me", 200, info);
    provider
}

#[tokio::test]
async fn the_user_is_found_where_the_connection_says() {
    let info = json!({"sub": "by-sub", "id": 42, "data": {"uid": "by-uid"}});
    let provider = provider(&info).await;
    let mut connection = provider.connection("oauth2");
    for (field, expected) in [(None, "by-sub"), (Some("id"), "42"), (Some("data.uid"), "by-uid")] {
        connection.options.profile.id = field.map(str::to_owned);
        let signed_in = exchange(&federation(), &connection).await.unwrap();
        assert_eq!(signed_in.provider_user_id, expected);
    }
    connection.options.profile.id = Some("data.none".into());
    let error = exchange(&federation(), &connection).await.unwrap_err();
    assert!(error.to_string().contains("data.none"), "{error}");
}

#[tokio::test]
async fn nobody_is_signed_in_without_an_id() {
    for info in [
        json!({}),
        json!({"sub": ""}),
        json!({"sub": null}),
        json!({"sub": {"id": 1}}),
        json!({"name": "Ada"}),
    ] {
        let provider = provider(&info).await;
        let error = exchange(&federation(), &provider.connection("oauth2")).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Answer(_)), "{info}: {error}");
    }
}

#[tokio::test]
async fn user_info_that_is_none_is_refused() {
    let provider = provider(&json!({})).await;
    for (status, body) in [(200, "[]"), (200, "\"ada\""), (200, "<p>"), (401, "{\"sub\":\"ada\"}"), (404, "")]
    {
        provider.text("/me", status, "application/json", body);
        let error = exchange(&federation(), &provider.connection("oauth2")).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Answer(_)), "{status} {body}: {error}");
    }
}

#[tokio::test]
async fn the_access_token_does_not_follow_a_redirect_to_another_host() {
    let provider = provider(&json!({})).await;
    let other = Provider::start().await;
    other.json("/me", 200, &json!({"sub": "mallory"}));
    provider.redirect("/me", 302, &other.url("/me"));
    assert!(exchange(&federation(), &provider.connection("oauth2")).await.is_err());
    assert_eq!(other.count(), 0);
}

#[tokio::test]
async fn an_address_is_verified_only_when_the_provider_says_so() {
    for (said, expected) in
        [(json!(true), true), (json!("true"), true), (json!(false), false), (json!(1), false)]
    {
        let provider = provider(&json!({"sub": "a", "email": "a@example.com", "email_verified": said})).await;
        let profile = exchange(&federation(), &provider.connection("oauth2")).await.unwrap().profile;
        assert_eq!(profile.email_verified, expected, "{said}");
    }
    let provider =
        provider(&json!({"sub": "a", "email_verified": true, "picture": "javascript:alert(1)"})).await;
    let profile = exchange(&federation(), &provider.connection("oauth2")).await.unwrap().profile;
    assert!(!profile.email_verified, "there is no address");
    assert_eq!(profile.picture, None, "pictures are https");
}

#[tokio::test]
async fn user_info_must_be_about_the_same_person() {
    let issuer = Issuer::new().await;
    issuer.answer(&issuer.key.sign(&issuer.claims()).unwrap());
    for info in [json!({"sub": "mallory"}), json!({"sub": 7}), json!({"email": "mallory@example.com"})] {
        issuer.provider.json("/me", 200, &info);
        let error = exchange(&federation(), &issuer.connection).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Answer(_)), "{info}: {error}");
    }
}

#[tokio::test]
async fn one_address_does_not_vouch_for_another() {
    let issuer = Issuer::new().await;
    issuer.answer(&issuer.key.sign(&issuer.claims()).unwrap());
    issuer.provider.json("/me", 200, &json!({"sub": "ada", "email": "other@example.com"}));
    let profile = exchange(&federation(), &issuer.connection).await.unwrap().profile;
    assert_eq!((profile.email.as_deref(), profile.email_verified), (Some("other@example.com"), false));
    issuer.provider.json("/me", 200, &json!({"sub": "ada", "email": "ada@example.com"}));
    assert!(exchange(&federation(), &issuer.connection).await.unwrap().profile.email_verified);
}
