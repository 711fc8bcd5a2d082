//! Discovery documents (OpenID Connect Discovery 1.0), and the issuer of answers (RFC 9207).

use std::time::Duration;

use coffer_core::{Timestamp, clock::ManualClock};
use coffer_federation::{DiscoverError, UpstreamError};
use serde_json::{Value, json};

use crate::harness::{LOOPBACK, NOW, Provider, federation, federation_with};

const DOCUMENT: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn issuer_and_full_address_are_both_understood() {
    let provider = Provider::start().await;
    provider.oidc();
    for address in
        [provider.url(""), provider.url("/"), provider.url(DOCUMENT), format!(" {} ", provider.url(""))]
    {
        let summary = federation().discover(&address).await.unwrap();
        assert_eq!(summary.issuer, provider.url(""));
        assert_eq!(summary.token_endpoint, Some(provider.url("/token")));
        assert_eq!(summary.userinfo_endpoint, Some(provider.url("/me")));
        assert_eq!(summary.scopes_supported, ["openid", "email"]);
    }
}

#[tokio::test]
async fn an_issuer_with_a_path_is_looked_for_under_it() {
    let provider = Provider::start().await;
    let mut document = provider.document();
    document["issuer"] = json!(provider.url("/realms/one"));
    provider.json(&format!("/realms/one{DOCUMENT}"), 200, &document);
    assert!(federation().discover(&provider.url("/realms/one/")).await.is_ok());
}

#[tokio::test]
async fn another_issuer_is_refused() {
    let provider = Provider::start().await;
    for issuer in [
        "https://evil.example".to_owned(),
        provider.url("/other"),
        provider.url("").replace("http:", "https:"),
    ] {
        let mut document = provider.document();
        document["issuer"] = json!(issuer);
        provider.json(DOCUMENT, 200, &document);
        let error = federation().discover(&provider.url("")).await.unwrap_err();
        assert!(matches!(&error, DiscoverError::Issuer { found, .. } if *found == issuer), "{error}");
    }
}

#[tokio::test]
async fn missing_and_malformed_endpoints_are_refused() {
    let provider = Provider::start().await;
    for name in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"] {
        let mut document = provider.document();
        document.as_object_mut().unwrap().remove(name);
        provider.json(DOCUMENT, 200, &document);
        let error = federation().discover(&provider.url("")).await.unwrap_err();
        assert!(matches!(&error, DiscoverError::Lacks(lacks) if *lacks == name), "{name}: {error}");
        for value in [Value::Null, json!(1), json!("/relative")] {
            // An issuer that is text is compared, not parsed.
            if name == "issuer" && value.is_string() {
                continue;
            }
            document[name] = value.clone();
            provider.json(DOCUMENT, 200, &document);
            let error = federation().discover(&provider.url("")).await.unwrap_err();
            assert!(matches!(error, DiscoverError::Format(_)), "{name} {value}: {error}");
        }
    }
    let mut document = provider.document();
    document["response_types_supported"] = json!(["id_token", "code id_token"]);
    provider.json(DOCUMENT, 200, &document);
    let error = federation().discover(&provider.url("")).await.unwrap_err();
    assert!(matches!(error, DiscoverError::Lacks(_)), "{error}");
}

/// The browser, the client secret and the user's token go there.
#[tokio::test]
async fn endpoints_without_https_are_refused() {
    let provider = Provider::start().await;
    for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"] {
        for address in ["javascript:alert(1)", "http://provider.example/", "file:///etc/passwd"] {
            let mut document = provider.document();
            document[name] = json!(address);
            provider.json(DOCUMENT, 200, &document);
            let error = federation().discover(&provider.url("")).await.unwrap_err();
            assert!(matches!(&error, DiscoverError::Unsafe(refused) if *refused == name), "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn what_is_no_document_is_said_to_be_none() {
    let provider = Provider::start().await;
    let error = federation().discover(&provider.url("/nothing/here")).await.unwrap_err();
    assert!(matches!(error, DiscoverError::Missing { status: 404, .. }), "{error}");
    assert!(error.to_string().contains("Enter the issuer"), "{error}");
    for body in ["<html>", "", "[]", "\"text\"", "null"] {
        provider.text(DOCUMENT, 200, "application/json", body);
        assert!(federation().discover(&provider.url("")).await.is_err(), "{body}");
    }
    for address in ["", "no address", "issuer.example"] {
        let error = federation().discover(address).await.unwrap_err();
        assert!(matches!(error, DiscoverError::Format(_)), "{address}: {error}");
    }
}

#[tokio::test]
async fn a_document_is_kept_for_an_hour_and_a_failure_not_at_all() {
    let provider = Provider::start().await;
    let connection = provider.oidc();
    let clock = ManualClock::new(Timestamp::from_seconds(NOW));
    let federation = federation_with(LOOPBACK, Duration::from_secs(20), clock.clone());
    let good = provider.document();
    provider.text(DOCUMENT, 500, "text/plain", "");
    assert!(federation.check_issuer(&connection, None).await.is_err());
    provider.json(DOCUMENT, 200, &good);
    for _ in 0..3 {
        federation.check_issuer(&connection, None).await.unwrap();
    }
    assert_eq!(provider.seen(DOCUMENT).len(), 2);
    clock.advance_seconds(3600);
    federation.check_issuer(&connection, None).await.unwrap();
    assert_eq!(provider.seen(DOCUMENT).len(), 3);
}

#[tokio::test]
async fn the_issuer_of_an_answer_is_compared() {
    let provider = Provider::start().await;
    let connection = provider.oidc();
    let check = |iss: Option<String>| {
        let connection = &connection;
        async move { federation().check_issuer(connection, iss.as_deref()).await }
    };
    check(None).await.unwrap();
    check(Some(provider.url(""))).await.unwrap();
    let error = check(Some("https://evil.example".into())).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Answer(_)), "{error}");
    let mut document = provider.document();
    document["authorization_response_iss_parameter_supported"] = json!(true);
    provider.json(DOCUMENT, 200, &document);
    check(Some(provider.url(""))).await.unwrap();
    let error = check(None).await.unwrap_err();
    assert!(error.to_string().contains("issuer"), "promised, but not there: {error}");
    // Without discovery there is no issuer to compare with, but it is not at another host.
    let mut custom = provider.connection("oauth2");
    let own = provider.url("/tenant");
    for iss in [None, Some(own.as_str())] {
        federation().check_issuer(&custom, iss).await.unwrap();
    }
    for iss in ["https://any.example", "nonsense", ""] {
        federation().check_issuer(&custom, Some(iss)).await.unwrap_err();
    }
    custom.options.own_callback = true;
    federation().check_issuer(&custom, Some("https://any.example")).await.unwrap();
    federation()
        .check_issuer(&crate::harness::connection("github"), Some("https://any.example"))
        .await
        .unwrap();
}
