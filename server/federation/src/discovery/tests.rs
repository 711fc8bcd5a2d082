//! Documents of a provider with many tenants.

use std::time::Duration;

use axum::{Json, Router, extract::Path, routing::get};
use coffer_core::clock::ManualClock;
use serde_json::{Value, json};

use super::*;
use crate::{Catalogue, OutboundConfig};

/// A provider with a document for each tenant, as Microsoft has them: found by `{tenant}`, named by id.
async fn federation() -> (Federation, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let here = base.clone();
    let document = async move |Path(tenant): Path<String>| {
        let issuer = match tenant.as_str() {
            "common" => format!("{here}/{TENANT}/v2.0"),
            "consumers" | "ada.example" => format!("{here}/9188040d/v2.0"),
            "deeper" => format!("{here}/a/b/v2.0"),
            _ => "https://evil.example/9188040d/v2.0".to_owned(),
        };
        let at = |path| format!("{here}/{path}");
        Json(json!({"issuer": issuer, "authorization_endpoint": at("a"), "token_endpoint": at("t"),
            "jwks_uri": at("k")}))
    };
    let app = Router::new().route("/{tenant}/v2.0/.well-known/openid-configuration", get(document));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let allow_private = vec!["127.0.0.0/8".parse().unwrap()];
    let config = OutboundConfig { allow_private, timeout: Duration::from_secs(20) };
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_800_000_000)));
    (Federation::new(Catalogue::embedded().unwrap(), config, clock).unwrap(), base)
}

#[tokio::test]
async fn a_tenants_document_names_its_id_or_a_template() {
    let (federation, base) = federation().await;
    let template = format!("{base}/{TENANT}/v2.0");
    let issuer = async |tenant: &str, claims: Value| {
        let address = format!("{base}/{tenant}/v2.0");
        let document = federation.document(&address, Some(&template)).await.unwrap();
        document.issuer_for(&claims)
    };
    let (one, other) = (json!({"tid": "9188040d"}), json!({"tid": "72f988bf"}));
    let of = |tenant: &str| Some(format!("{base}/{tenant}/v2.0"));
    assert_eq!(issuer("common", one.clone()).await, of("9188040d"));
    assert_eq!(issuer("common", other.clone()).await, of("72f988bf"));
    assert_eq!(issuer("common", json!({})).await, None);
    // One tenant's document vouches for that tenant alone.
    for tenant in ["consumers", "ada.example"] {
        assert_eq!(issuer(tenant, one.clone()).await, of("9188040d"));
        assert_eq!(issuer(tenant, other.clone()).await, of("9188040d"));
    }
}

#[tokio::test]
async fn other_issuers_are_refused_with_and_without_tenants() {
    let (federation, base) = federation().await;
    let template = format!("{base}/{TENANT}/v2.0");
    for (tenant, per_tenant) in [
        ("evil", Some(template.as_str())),
        ("deeper", Some(&template)),
        ("consumers", None),
        ("common", None),
    ] {
        // The same address under a template, first: what is kept of it must not count here.
        let address = format!("{base}/{tenant}/v2.0");
        let _ = federation.document(&address, Some(&template)).await;
        let error = federation.document(&address, per_tenant).await.unwrap_err();
        assert!(matches!(error, DiscoverError::Issuer { .. }), "{tenant}: {error}");
    }
}
