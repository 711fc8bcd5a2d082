//! Token answers that are broken, or that a provider words in its own way.

use coffer_federation::RefreshError;
use serde_json::json;

use crate::harness::{Provider, connection, federation};
use crate::refresh::refresh;

#[tokio::test]
async fn broken_answers_are_transient_and_not_repeated() {
    let provider = Provider::start().await;
    for (status, kind, body) in [
        (200, "application/json", "{\"access_token\": \"tok-5ecret\""),
        (200, "application/json", "tok-5ecret"),
        (200, "application/json", "[\"tok-5ecret\"]"),
        (200, "application/json", "{\"access_token\": {\"tok-5ecret\": 1}}"),
        (200, "application/json", "{\"refresh_token\": \"tok-5ecret\"}"),
        (200, "application/json", ""),
        (200, "text/html", "<p>tok-5ecret</p>"),
        (400, "text/html", "<p>tok-5ecret</p>"),
        (404, "text/plain", ""),
    ] {
        provider.text("/token", status, kind, body);
        let result = refresh(&federation(), &provider.connection("oauth2")).await;
        let Err(RefreshError::Transient { reason, .. }) = result else {
            panic!("{status} {body}: {result:?}")
        };
        assert!(!reason.contains("5ecret"), "{reason}");
        assert!(!format!("{reason:?}").contains("5ecret"), "{reason}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_not_called_empty() {
    let provider = Provider::start().await;
    provider.text("/token", 200, "text/html", "<p>Down for maintenance</p>");
    let result = refresh(&federation(), &provider.connection("oauth2")).await;
    let Err(RefreshError::Transient { reason, .. }) = result else { panic!("{result:?}") };
    assert!(reason.contains("not JSON"), "{reason}");
}

#[tokio::test]
async fn lifetimes_are_read_as_providers_write_them() {
    let provider = Provider::start().await;
    for (text, expected) in [("3600", Some(3600)), ("\"3600\"", Some(3600)), ("0", None), ("null", None)] {
        let body = format!(r#"{{"access_token":"a","expires_in":{text}}}"#);
        provider.text("/token", 200, "application/json", &body);
        let tokens = refresh(&federation(), &provider.connection("oauth2")).await.unwrap();
        assert_eq!(tokens.expires_in, expected, "{text}");
    }
}

#[tokio::test]
async fn github_answers_in_forms_and_with_status_200() {
    let provider = Provider::start().await;
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    let good =
        "access_token=ghu_new&expires_in=28800&refresh_token=ghr_new&scope=repo%2Cgist&token_type=bearer";
    provider.text("/token", 200, form, good);
    let tokens = refresh(&federation(), &provider.connection("github")).await.unwrap();
    assert_eq!(tokens.refresh_token.unwrap().reveal(), "ghr_new");
    assert_eq!((tokens.expires_in, tokens.scopes.unwrap().to_vec().len()), (Some(28800), 2));
    let seen = &provider.seen("/token")[0];
    assert!(seen.form.contains_key("client_secret") && !seen.headers.contains_key("authorization"));

    provider.text("/token", 200, form, "error=bad_refresh_token&error_description=Expired");
    let result = refresh(&federation(), &provider.connection("github")).await;
    assert!(matches!(result, Err(RefreshError::Revoked { .. })), "{result:?}");
    provider.text("/token", 200, form, "error=incorrect_client_credentials");
    let result = refresh(&federation(), &provider.connection("github")).await;
    assert!(matches!(result, Err(RefreshError::Misconfigured { .. })), "{result:?}");
}

#[tokio::test]
async fn slack_says_no_with_ok_false() {
    let provider = Provider::start().await;
    for code in ["invalid_refresh_token", "token_revoked", "account_inactive"] {
        provider.json("/token", 200, &json!({"ok": false, "error": code}));
        let result = refresh(&federation(), &provider.connection("slack")).await;
        assert!(matches!(&result, Err(RefreshError::Revoked { code: c, .. }) if c == code), "{result:?}");
    }
    provider.json("/token", 200, &json!({"ok": false}));
    let result = refresh(&federation(), &provider.connection("slack")).await;
    assert!(matches!(result, Err(RefreshError::Misconfigured { .. })), "{result:?}");
    let body = json!({"ok": true, "access_token": "xoxe.xoxp-new", "refresh_token": "xoxe-1", "expires_in": 43200,
        "token_type": "user", "authed_user": {"id": "U1"}});
    provider.json("/token", 200, &body);
    let tokens = refresh(&federation(), &provider.connection("slack")).await.unwrap();
    assert_eq!(tokens.access_token.reveal(), "xoxe.xoxp-new");
}

#[tokio::test]
async fn a_spent_box_token_ends_the_chain() {
    let provider = Provider::start().await;
    let body = json!({"error": "invalid_grant", "error_description": "Refresh token has expired"});
    provider.json("/token", 400, &body);
    let result = refresh(&federation(), &provider.connection("box")).await;
    assert!(matches!(result, Err(RefreshError::Revoked { .. })), "{result:?}");
    assert_eq!(provider.seen("/token").len(), 1, "a single-use token is sent once");
}

#[tokio::test]
async fn a_connection_without_its_settings_is_misconfigured() {
    for strategy in ["oauth2", "oidc", "no-such-strategy"] {
        let result = refresh(&federation(), &connection(strategy)).await;
        let Err(RefreshError::Misconfigured { reason }) = result else { panic!("{strategy}: {result:?}") };
        assert!(reason.contains("lacks"), "{reason}");
    }
}

#[tokio::test]
async fn a_discovery_that_fails_loses_nothing() {
    let provider = Provider::start().await;
    let connection = provider.oidc();
    provider.text("/.well-known/openid-configuration", 503, "text/plain", "");
    let result = refresh(&federation(), &connection).await;
    assert!(matches!(result, Err(RefreshError::Transient { .. })), "{result:?}");
    assert!(provider.seen("/token").is_empty());
}
