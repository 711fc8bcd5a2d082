//! Documents that applications publish, over HTTP.

use std::time::Duration;

use coffer_core::{Timestamp, clock::ManualClock};
use serde_json::json;
use url::Url;

use crate::harness::{LOOPBACK, NOW, Page, Provider, federation, federation_with};

fn url(provider: &Provider, path: &str) -> Url {
    provider.url(path).parse().unwrap()
}

#[tokio::test]
async fn a_document_is_fetched_once_while_it_lasts() {
    let provider = Provider::start().await;
    let clock = ManualClock::new(Timestamp::from_seconds(NOW));
    let federation = federation_with(LOOPBACK, Duration::from_secs(20), clock.clone());
    let at = url(&provider, "/app");
    let headers =
        vec![("content-type", "application/json".to_owned()), ("cache-control", "max-age=300".to_owned())];
    let body = json!({"client_id": at}).to_string().into_bytes();
    provider.page("/app", Page { status: 200, headers, body });
    for _ in 0..3 {
        assert_eq!(federation.published(&at, false).await.unwrap()["client_id"], json!(at));
    }
    federation.published(&at, true).await.unwrap();
    assert_eq!(provider.seen("/app").len(), 1, "not so soon after the last time");
    clock.advance_seconds(31);
    federation.published(&at, false).await.unwrap();
    assert_eq!(provider.seen("/app").len(), 1);
    federation.published(&at, true).await.unwrap();
    assert_eq!(provider.seen("/app").len(), 2);
    clock.advance_seconds(300);
    federation.published(&at, false).await.unwrap();
    assert_eq!(provider.seen("/app").len(), 3);
}

/// No redirect is followed, nothing but JSON is believed, and a failure is remembered for a moment.
#[tokio::test]
async fn what_is_not_a_document_is_refused() {
    let provider = Provider::start().await;
    let federation = federation();
    provider.json("/good", 200, &json!({}));
    provider.redirect("/moved", 302, &provider.url("/good"));
    provider.text("/html", 200, "text/html", "{}");
    provider.text("/list", 200, "application/json", "[]");
    provider.text("/broken", 200, "application/json", "{");
    provider.text("/gone", 404, "application/json", "{}");
    provider.text("/long", 200, "application/json", &json!({"x": "x".repeat(65_536)}).to_string());
    for path in ["/moved", "/html", "/list", "/broken", "/gone", "/long", "/nowhere"] {
        for _ in 0..2 {
            assert!(federation.published(&url(&provider, path), false).await.is_err(), "{path}");
        }
        assert_eq!(provider.seen(path).len(), 1, "{path}");
    }
    assert!(provider.seen("/good").is_empty());
    let jose = vec![("content-type", "application/jwk-set+json; charset=utf-8".to_owned())];
    provider.page("/keys", Page { status: 200, headers: jose, body: b"{\"keys\":[]}".to_vec() });
    assert!(federation.published(&url(&provider, "/keys"), false).await.is_ok());
}

/// Server-side request forgery: addresses that are not public are not asked, whatever name they have.
#[tokio::test]
async fn private_addresses_are_not_asked() {
    let provider = Provider::start().await;
    provider.json("/app", 200, &json!({}));
    let clock = ManualClock::new(Timestamp::from_seconds(NOW));
    let federation = federation_with(&[], Duration::from_secs(20), clock);
    let port = provider.port();
    for address in [
        format!("http://127.0.0.1:{port}/app"),
        format!("https://127.0.0.1:{port}/app"),
        format!("https://localhost:{port}/app"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        format!("https://[::ffff:127.0.0.1]:{port}/app"),
    ] {
        let error = federation.published(&address.parse().unwrap(), false).await.unwrap_err();
        assert!(error.to_string().contains("not a public address"), "{address}: {error}");
    }
    assert_eq!(provider.count(), 0);
}
