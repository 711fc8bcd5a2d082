//! A code for tokens: client authentication, PKCE, and who signed in at a plain OAuth 2 server.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_contract::connection::ClientAuthentication;
use coffer_core::{Scopes, Timestamp, connection::Connection};
use coffer_crypto::Secret;
use coffer_federation::{Federation, SignedIn, Upstream, UpstreamError};
use serde_json::{Value, json};

use crate::harness::{
    CALLBACK, CLIENT_ID, CLIENT_SECRET, NOW, Provider, client_secret, federation, upstream,
};

pub const NONCE: &str = "the-nonce";
pub const VERIFIER: &str = "a-code-verifier-that-has-at-least-43-characters";

pub async fn exchange(federation: &Federation, connection: &Connection) -> Result<SignedIn, UpstreamError> {
    let secret = client_secret();
    exchange_as(federation, &upstream(connection, &secret)).await
}

async fn exchange_as(federation: &Federation, upstream: &Upstream<'_>) -> Result<SignedIn, UpstreamError> {
    let now = Timestamp::from_seconds(NOW);
    let asked = Scopes::parse("read", false);
    federation
        .exchange_code(upstream, &Secret::new("the-code"), &Secret::new(VERIFIER), NONCE, &asked, now)
        .await
}

async fn provider() -> Provider {
    let provider = Provider::start().await;
    let tokens = json!({"access_token": "access", "refresh_token": "refresh", "token_type": "Bearer"});
    provider.json("/token", 200, &tokens);
    provider.json("/me", 200, &json!({"sub": "ada", "name": "Ada", "email": "ada@example.com"}));
    provider
}

#[tokio::test]
async fn basic_authentication_encodes_both_parts() {
    let provider = provider().await;
    let signed_in = exchange(&federation(), &provider.connection("oauth2")).await.unwrap();
    assert_eq!(signed_in.tokens.refresh_token.unwrap().reveal(), "refresh");
    let seen = &provider.seen("/token")[0];
    let header = seen.headers["authorization"].to_str().unwrap();
    let pair = String::from_utf8(STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap()).unwrap();
    let encoded: String = url::form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes()).collect();
    assert_eq!(pair, format!("{CLIENT_ID}:{encoded}"), "RFC 6749 section 2.3.1");
    assert!(!seen.form.contains_key("client_secret"));
}

#[tokio::test]
async fn post_authentication_is_in_the_form_alone() {
    let provider = provider().await;
    let mut connection = provider.connection("oauth2");
    connection.options.client_authentication = ClientAuthentication::Post;
    exchange(&federation(), &connection).await.unwrap();
    let seen = &provider.seen("/token")[0];
    assert_eq!(
        (seen.form["client_id"].as_str(), seen.form["client_secret"].as_str()),
        (CLIENT_ID, CLIENT_SECRET)
    );
    assert!(!seen.headers.contains_key("authorization"));
}

#[tokio::test]
async fn the_catalogue_decides_where_the_connection_cannot() {
    let provider = provider().await;
    provider.json("/me", 200, &json!({"id": "11", "login": "ada@example.com"}));
    let mut connection = provider.connection("box");
    connection.options.client_authentication = ClientAuthentication::Basic;
    exchange(&federation(), &connection).await.unwrap();
    assert!(provider.seen("/token")[0].form.contains_key("client_secret"));
}

#[tokio::test]
async fn a_public_client_names_itself() {
    let provider = provider().await;
    let connection = provider.connection("oauth2");
    let public = Upstream { connection: &connection, client_secret: None, redirect_uri: CALLBACK };
    exchange_as(&federation(), &public).await.unwrap();
    let seen = &provider.seen("/token")[0];
    assert_eq!(seen.form["client_id"], CLIENT_ID);
    assert!(!seen.headers.contains_key("authorization") && !seen.form.contains_key("client_secret"));
}

#[tokio::test]
async fn code_verifier_and_redirect_uri_go_with_the_code() {
    let provider = provider().await;
    exchange(&federation(), &provider.connection("oauth2")).await.unwrap();
    let form = &provider.seen("/token")[0].form;
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "the-code"),
        ("code_verifier", VERIFIER),
        ("redirect_uri", CALLBACK),
    ] {
        assert_eq!(form[name], value, "{name}");
    }
    assert_eq!(provider.seen("/me")[0].headers["authorization"], "Bearer access");
}

#[tokio::test]
async fn refusals_are_told_with_their_code() {
    let provider = provider().await;
    for (status, code) in [(400, "invalid_grant"), (401, "invalid_client"), (200, "bad_verification_code")] {
        provider.json("/token", status, &json!({"error": code, "error_description": "No."}));
        let error = exchange(&federation(), &provider.connection("oauth2")).await.unwrap_err();
        let UpstreamError::Provider { code: found, description } = error else { panic!("{error}") };
        assert_eq!((found.as_str(), description.as_deref()), (code, Some("No.")));
    }
    provider.text("/token", 200, "application/json", "{\"access_token\": [\"tok-5ecret\"]}");
    let error = exchange(&federation(), &provider.connection("oauth2")).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Answer(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("5ecret"), "{error}");
}

#[tokio::test]
async fn slacks_user_token_is_taken_not_the_bots() {
    let provider = provider().await;
    let tokens: Value = json!({
        "ok": true, "access_token": "xoxb-bot", "token_type": "bot", "scope": "commands", "expires_in": 1,
        "authed_user": {"id": "U1", "access_token": "xoxp-user", "token_type": "user", "scope": "users:read,chat:write"},
    });
    provider.json("/token", 200, &tokens);
    provider.json("/me", 200, &json!({"ok": true, "user_id": "U1", "user": "ada"}));
    let signed_in = exchange(&federation(), &provider.connection("slack")).await.unwrap();
    assert_eq!(
        (signed_in.provider_user_id.as_str(), signed_in.tokens.access_token.reveal()),
        ("U1", "xoxp-user")
    );
    assert_eq!(signed_in.tokens.scopes.unwrap().to_vec(), ["users:read", "chat:write"]);
    assert_eq!(signed_in.tokens.expires_in, None, "the bot's lifetime is not the user's");
    assert_eq!(provider.seen("/me")[0].headers["authorization"], "Bearer xoxp-user");
}
