//! Where the browser is sent.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_contract::connection::ScopeSeparator;
use coffer_core::{Scopes, connection::Connection};
use coffer_crypto::Secret;
use coffer_federation::AuthorizationExtras;

use crate::exchange::VERIFIER;
use crate::harness::{CALLBACK, CLIENT_ID, Provider, client_secret, federation, upstream};

async fn sent(connection: &Connection, prompt: Option<&str>) -> (String, HashMap<String, String>) {
    let verifier = Secret::new(VERIFIER);
    let scopes = Scopes::parse("one two", false);
    let extras = AuthorizationExtras {
        scopes: &scopes,
        login_hint: Some("ada@example.com"),
        prompt,
        state: "the-state",
        nonce: "the-nonce",
        code_verifier: &verifier,
    };
    let url = federation().authorization(&upstream(connection, &client_secret()), extras).await.unwrap();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let params: HashMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(params.len(), pairs.len(), "no parameter comes twice: {url}");
    (url[..url::Position::AfterPath].to_owned(), params)
}

#[tokio::test]
async fn an_oauth_2_request_is_whole() {
    let provider = Provider::start().await;
    let (place, params) = sent(&provider.connection("oauth2"), None).await;
    assert_eq!(place, provider.url("/authorize"));
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", CALLBACK),
        ("scope", "one two"),
        ("state", "the-state"),
        ("login_hint", "ada@example.com"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(params[name], value, "{name}");
    }
    assert_eq!(URL_SAFE_NO_PAD.decode(&params["code_challenge"]).unwrap().len(), 32);
    assert!(!params.contains_key("nonce") && !params.contains_key("prompt"));
    assert!(!params.values().any(|value| value == VERIFIER), "the verifier stays here");
}

#[tokio::test]
async fn openid_connect_adds_a_nonce_and_asks_for_consent_with_the_vault() {
    let provider = Provider::start().await;
    let mut connection = provider.oidc();
    let (place, params) = sent(&connection, None).await;
    assert_eq!(place, provider.url("/authorize"));
    assert_eq!((params["nonce"].as_str(), params["prompt"].as_str()), ("the-nonce", "consent"));
    assert_eq!(sent(&connection, Some("login")).await.1["prompt"], "login");
    connection.vault_enabled = false;
    assert!(!sent(&connection, None).await.1.contains_key("prompt"));
}

#[tokio::test]
async fn separators_names_and_extra_parameters_are_the_providers() {
    let provider = Provider::start().await;
    let (_, params) = sent(&provider.connection("slack"), None).await;
    assert_eq!(params["user_scope"], "one,two");
    assert!(!params.contains_key("scope"));
    let mut connection = provider.connection("oauth2");
    connection.options.scope_separator = ScopeSeparator::Comma;
    connection.options.upstream_params.insert("audience".into(), "api & more".into());
    let (_, params) = sent(&connection, None).await;
    assert_eq!((params["scope"].as_str(), params["audience"].as_str()), ("one,two", "api & more"));
}

#[tokio::test]
async fn scopes_for_sign_in_and_for_refresh_tokens_are_added_once() {
    let provider = Provider::start().await;
    let mut connection = provider.oidc();
    connection.scopes = Scopes::parse("email openid", false);
    let further = Scopes::parse("calendar email", false);
    let scopes = federation().scopes_for(&connection, &further).to_vec();
    assert_eq!(scopes, ["openid", "email", "calendar", "offline_access"]);
    connection.vault_enabled = false;
    assert_eq!(federation().scopes_for(&connection, &further).to_vec(), ["openid", "email", "calendar"]);
}
