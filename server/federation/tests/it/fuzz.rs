//! Fuzz targets: what providers answer, and provider files. Whatever it is, it is understood or refused, and nothing
//! panics. The corpus is in `tests/corpus` (server/fuzz).

use coffer_contract::connection::ProfileMapping;
use coffer_federation::{Catalogue, Entry, check_mapping, try_mapping};
use coffer_fuzz::Inputs;

use crate::exchange::exchange;
use crate::harness::{Provider, federation};
use crate::issuer::Issuer;
use crate::refresh::refresh;

fn inputs(target: &str) -> Inputs {
    Inputs::of(format!("{}/tests/corpus/{target}", env!("CARGO_MANIFEST_DIR")))
}

/// Answers of token endpoints, as each kind of provider gives them.
#[tokio::test]
async fn token_answers() {
    let provider = Provider::start().await;
    let federation = federation();
    let mut inputs = inputs("tokens");
    while let Some(text) = inputs.text() {
        for strategy in ["oauth2", "github", "slack", "box"] {
            let connection = provider.connection(strategy);
            for (status, kind) in
                [(200, "application/json"), (200, "application/x-www-form-urlencoded"), (400, "")]
            {
                provider.text("/token", status, kind, &text);
                if let Ok(tokens) = refresh(&federation, &connection).await {
                    assert!(!tokens.access_token.is_empty(), "a token that is none");
                }
            }
        }
    }
}

/// User info, as a profile.
#[tokio::test]
async fn profiles() {
    let provider = Provider::start().await;
    let connection = provider.connection("oauth2");
    provider.json("/token", 200, &serde_json::json!({"access_token": "a", "token_type": "Bearer"}));
    let federation = federation();
    let mut inputs = inputs("profile");
    while let Some(text) = inputs.text() {
        provider.text("/me", 200, "application/json", &text);
        if let Ok(signed_in) = exchange(&federation, &connection).await {
            assert!(!signed_in.provider_user_id.is_empty(), "nobody is signed in without an id");
        }
    }
}

/// Discovery documents.
#[tokio::test]
async fn discovery_documents() {
    let provider = Provider::start().await;
    let federation = federation();
    let mut inputs = inputs("discovery");
    while let Some(text) = inputs.text() {
        let text = text.replace("ISSUER", &provider.url(""));
        provider.text("/.well-known/openid-configuration", 200, "application/json", &text);
        if let Ok(found) = federation.discover(&provider.url("")).await {
            assert_eq!(
                found.issuer.trim_end_matches('/'),
                provider.url(""),
                "it is the one that was asked for"
            );
        }
    }
}

/// Key sets and ID tokens: nobody is signed in by one that the provider did not sign.
#[tokio::test]
async fn key_sets_and_id_tokens() {
    let issuer = Issuer::new().await;
    let good = issuer.key.sign(&issuer.claims()).unwrap();
    let mut inputs = inputs("keys");
    while let Some(text) = inputs.text() {
        issuer.publish(&[&issuer.key]);
        issuer.answer(&text);
        assert!(exchange(&federation(), &issuer.connection).await.is_err());
        issuer.provider.text("/keys", 200, "application/json", &text);
        issuer.answer(&good);
        assert!(exchange(&federation(), &issuer.connection).await.is_err(), "its key is not in the set");
    }
}

/// Provider files: those that are embedded, changed.
#[test]
fn catalogue_files() {
    let mut inputs = Inputs::of(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue"));
    while let Some(text) = inputs.text() {
        if let Ok(entry) = Entry::parse("fuzzed", &text) {
            let mut catalogue = Catalogue::embedded().unwrap();
            catalogue.add(entry);
        }
    }
}

/// Expressions that administrators enter for profiles (JMESPath).
#[test]
fn profile_expressions() {
    let sample =
        r#"{"sub": "a", "data": {"user": {"id": 1}}, "emails": [{"primary": true, "address": "x"}]}"#;
    let mut inputs = inputs("expression");
    while let Some(text) = inputs.text() {
        let mapping = ProfileMapping { id: Some(text), ..ProfileMapping::default() };
        if check_mapping(&mapping).is_empty() {
            let _ = try_mapping(&mapping, sample);
        }
    }
}
