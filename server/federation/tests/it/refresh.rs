//! What a refresh comes to: new tokens, gone for good, later again, or an administrator's task.

use std::time::Duration;

use coffer_core::{Timestamp, clock::ManualClock, connection::Connection};
use coffer_crypto::Secret;
use coffer_federation::{Federation, ProviderTokens, RefreshError};
use serde_json::{Value, json};

use crate::harness::{LOOPBACK, NOW, Page, Provider, client_secret, federation, federation_with, upstream};

pub async fn refresh(
    federation: &Federation,
    connection: &Connection,
) -> Result<ProviderTokens, RefreshError> {
    let secret = client_secret();
    federation.refresh(&upstream(connection, &secret), &Secret::new("the-refresh-token"), None).await
}

async fn refresh_with(status: u16, body: &Value) -> Result<ProviderTokens, RefreshError> {
    let provider = Provider::start().await;
    provider.json("/token", status, body);
    refresh(&federation(), &provider.connection("oauth2")).await
}

fn is_transient(result: &Result<ProviderTokens, RefreshError>) -> bool {
    matches!(result, Err(RefreshError::Transient { .. }))
}

#[tokio::test]
async fn the_request_is_as_the_specification_says() {
    let provider = Provider::start().await;
    provider.json("/token", 200, &json!({"access_token": "new", "token_type": "Bearer", "expires_in": 60}));
    let tokens = refresh(&federation(), &provider.connection("oauth2")).await.unwrap();
    assert_eq!((tokens.access_token.reveal(), tokens.expires_in), ("new", Some(60)));
    let seen = provider.seen("/token");
    assert_eq!((seen.len(), seen[0].method.as_str()), (1, "POST"));
    assert_eq!(seen[0].form["grant_type"], "refresh_token");
    assert_eq!(seen[0].form["refresh_token"], "the-refresh-token");
    assert_eq!(seen[0].headers["accept"], "application/json");
}

#[tokio::test]
async fn a_refresh_url_of_its_own_is_used() {
    let provider = Provider::start().await;
    provider.json("/renew", 200, &json!({"access_token": "new", "token_type": "Bearer"}));
    let mut connection = provider.connection("oauth2");
    connection.options.refresh_url = Some(provider.url("/renew"));
    assert!(refresh(&federation(), &connection).await.is_ok());
    assert!(provider.seen("/token").is_empty());
}

#[tokio::test]
async fn a_new_refresh_token_is_told_and_its_absence_too() {
    let body = json!({"access_token": "a", "token_type": "Bearer", "refresh_token": "rotated"});
    let tokens = refresh_with(200, &body).await.unwrap();
    assert_eq!(tokens.refresh_token.unwrap().reveal(), "rotated");
    for body in [
        json!({"access_token": "a", "token_type": "Bearer"}),
        json!({"access_token": "a", "token_type": "Bearer", "refresh_token": null}),
        json!({"access_token": "a", "token_type": "Bearer", "refresh_token": ""}),
    ] {
        let tokens = refresh_with(200, &body).await.unwrap();
        assert!(tokens.refresh_token.is_none(), "the caller keeps the old one: {body}");
    }
}

#[tokio::test]
async fn narrowed_scopes_are_told_and_silence_means_as_asked() {
    let scopes = |value: Value| async move {
        let body = json!({"access_token": "a", "token_type": "Bearer", "scope": value});
        refresh_with(200, &body).await.unwrap().scopes.map(|scopes| scopes.to_vec())
    };
    let list = |names: &[&str]| Some(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
    assert_eq!(scopes(json!("read")).await, list(&["read"]));
    assert_eq!(scopes(json!("read write")).await, list(&["read", "write"]));
    assert_eq!(scopes(json!(["read", "write"])).await, list(&["read", "write"]));
    assert_eq!(scopes(json!("")).await, None);
    assert_eq!(scopes(Value::Null).await, None);
}

#[tokio::test]
async fn invalid_grant_is_for_good_whatever_its_status() {
    for status in [200, 400, 401, 403] {
        let body = json!({"error": "invalid_grant", "error_description": "Token has been\nrevoked."});
        let Err(RefreshError::Revoked { code, description }) = refresh_with(status, &body).await else {
            panic!("{status}")
        };
        assert_eq!(
            (code.as_str(), description.as_deref()),
            ("invalid_grant", Some("Token has beenrevoked."))
        );
    }
}

#[tokio::test]
async fn errors_about_the_client_are_an_administrators_task() {
    for (status, code) in [(401, "invalid_client"), (400, "unauthorized_client"), (200, "invalid_client")] {
        let result = refresh_with(status, &json!({ "error": code })).await;
        let Err(RefreshError::Misconfigured { reason }) = result else { panic!("{code}: {result:?}") };
        assert!(reason.contains(code), "{reason}");
    }
}

#[tokio::test]
async fn trouble_at_the_provider_passes() {
    for status in [500, 502, 503, 504, 429] {
        // A refusal in the body of a breakdown is not believed.
        let result = refresh_with(status, &json!({"error": "invalid_grant"})).await;
        assert!(is_transient(&result), "{status}: {result:?}");
    }
    for code in ["temporarily_unavailable", "server_error", "slow_down"] {
        let result = refresh_with(400, &json!({ "error": code })).await;
        assert!(is_transient(&result), "{code}: {result:?}");
    }
}

#[tokio::test]
async fn retry_after_is_passed_on() {
    let provider = Provider::start().await;
    for (status, value, expected) in [(429, "30", Some(30)), (503, "120", Some(120)), (429, "tomorrow", None)]
    {
        let headers = vec![("retry-after", value.to_owned())];
        provider.page("/token", Page { status, headers, body: Vec::new() });
        let result = refresh(&federation(), &provider.connection("oauth2")).await;
        let Err(RefreshError::Transient { retry_after, .. }) = result else { panic!("{result:?}") };
        assert_eq!(retry_after, expected, "{value}");
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_transient() {
    let provider = Provider::start().await;
    provider.hang("/token");
    let clock = ManualClock::new(Timestamp::from_seconds(NOW));
    let impatient = federation_with(LOOPBACK, Duration::from_millis(200), clock);
    let result = refresh(&impatient, &provider.connection("oauth2")).await;
    assert!(is_transient(&result), "{result:?}");

    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut connection = provider.connection("oauth2");
    connection.options.token_url = Some(format!("http://{closed}/token"));
    let result = refresh(&federation(), &connection).await;
    assert!(is_transient(&result), "{result:?}");
}

#[tokio::test]
async fn redirects_are_not_followed_with_a_refresh_token() {
    let provider = Provider::start().await;
    provider.json("/elsewhere", 200, &json!({"access_token": "a", "token_type": "Bearer"}));
    for status in [302, 307, 308] {
        provider.redirect("/token", status, "/elsewhere");
        let result = refresh(&federation(), &provider.connection("oauth2")).await;
        assert!(is_transient(&result), "{status}: {result:?}");
    }
    assert!(provider.seen("/elsewhere").is_empty());
}
