//! The description: generated, checked in, served, and about every endpoint.

use std::collections::BTreeSet;

use coffer_http::{ENDPOINTS, Protection, openapi};
use serde_json::Value;

use crate::harness::Server;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

fn generated() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

/// Run with `COFFER_WRITE_OPENAPI=1` to write it anew.
#[test]
fn the_file_in_the_docs_is_what_is_generated() {
    let text = format!("{}\n", serde_json::to_string_pretty(&generated()).unwrap());
    if std::env::var_os("COFFER_WRITE_OPENAPI").is_some() {
        std::fs::write(FILE, &text).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(kept == text, "docs/openapi.json differs: run this test with COFFER_WRITE_OPENAPI=1");
}

#[tokio::test]
async fn it_is_served_to_everybody() {
    let server = Server::start().await;
    let answer = server.get("/api/v2/openapi.json").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, generated()));
}

#[test]
fn it_is_about_every_endpoint_and_its_scope() {
    let document = generated();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let scope = operation["security"][0]["bearer"][0].as_str().unwrap_or("").to_owned();
            assert!(operation["summary"].is_string(), "{method} {path}");
            described.insert((method.clone(), path.clone(), scope));
        }
    }
    let there: BTreeSet<_> = ENDPOINTS
        .iter()
        .filter(|endpoint| endpoint.path.starts_with("/api/v2"))
        .map(|endpoint| {
            let scope = match endpoint.protection {
                Protection::Management(scope) => scope,
                _ => "",
            };
            (endpoint.method.to_owned(), endpoint.path.to_owned(), scope.to_owned())
        })
        .collect();
    assert_eq!(described, there);
}

#[test]
fn every_member_is_described() {
    let document = generated();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let parts = schema["allOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
        for part in parts {
            for (member, about) in part["properties"].as_object().into_iter().flatten() {
                let text = about.to_string();
                assert!(text.contains("\"description\""), "{name}.{member}");
            }
        }
    }
}

#[test]
fn the_guide_names_every_endpoint_and_its_scope() {
    let guide = include_str!("../../../../../docs/management-api.md");
    for endpoint in ENDPOINTS {
        let Protection::Management(scope) = endpoint.protection else { continue };
        let path = endpoint.path.trim_start_matches("/api/v2");
        let row = format!("| {} | `{path}` | `{scope}` |", endpoint.method.to_uppercase());
        assert!(guide.contains(&row), "docs/management-api.md lacks the row {row}");
    }
}
