//! Custom: whatever an OAuth 2 server wants, by the connection's own settings.

use std::sync::Arc;

use async_trait::async_trait;
use coffer_contract::{
    application::SigningAlgorithm,
    connection::{ClientAuthentication, ProfileMapping, ScopeSeparator},
};
use coffer_crypto::{Secret, SigningKey};
use coffer_federation::{Assertions, UpstreamError};
use coffer_providers::{Authentication, Pkce, Provider};
use serde_json::json;

use super::{Stand, refresh_token};
use crate::harness::NOW;
use crate::issuer::key;

async fn stand() -> Stand {
    let mut stand = Stand::new("oauth2", Provider::Sandbox).await;
    let url = |path: &str| Some(format!("{}/sandbox/{path}", stand.providers.base()));
    let options = &mut stand.connection.options;
    options.authorization_url = url("authorize");
    options.token_url = url("token");
    options.user_info_url = url("userinfo");
    options.revocation_url = url("revoke");
    stand.connection.scopes = ["notes.read", "notes.write"].into_iter().collect();
    stand
}

#[tokio::test]
async fn custom_signs_in_refreshes_and_revokes() {
    let stand = stand().await;
    let tokens = stand.sign_in("ada").await.tokens;
    let fresh = stand.refresh(&refresh_token(&tokens)).await.unwrap();
    assert!(stand.revoke(&fresh).await.unwrap());
    assert_eq!(stand.alive(), 0);
}

#[tokio::test]
async fn custom_authenticates_as_the_server_wants() {
    for (wanted, chosen) in [
        (Authentication::Basic, ClientAuthentication::Basic),
        (Authentication::Post, ClientAuthentication::Post),
    ] {
        let mut stand = stand().await;
        stand.change(|settings| settings.authentication = wanted);
        stand.connection.options.client_authentication = chosen;
        stand.sign_in("ada").await;
        let other = match chosen {
            ClientAuthentication::Basic => ClientAuthentication::Post,
            _ => ClientAuthentication::Basic,
        };
        stand.connection.options.client_authentication = other;
        let answer = stand.decide(stand.request(None).await, "ada", "allow").await;
        let refused = stand.exchange(&answer).await;
        assert!(matches!(&refused, Err(UpstreamError::Provider { code, .. }) if code == "invalid_client"));
    }
}

struct Signer(SigningKey);

#[async_trait]
impl Assertions for Signer {
    async fn assertion(&self, client_id: &str, audience: &str) -> Result<String, String> {
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": audience, "jti": coffer_core::rng::token(&coffer_core::SystemRng), "iat": NOW, "exp": NOW + 60,
        });
        self.0.sign(&claims).map_err(|error| error.to_string())
    }
}

/// RFC 7523: the server finds the key in the client's key set; no secret is shared.
#[tokio::test]
async fn custom_proves_itself_with_a_signed_assertion() {
    let signer = key("one", SigningAlgorithm::Rs256);
    let keys = crate::harness::Provider::start().await;
    keys.json("/jwks", 200, &json!({ "keys": [signer.public_jwk().unwrap()] }));
    let mut stand = stand().await;
    stand.change(|settings| {
        settings.authentication = Authentication::PrivateKeyJwt;
        settings.jwks_url = Some(keys.url("/jwks"));
    });
    stand.connection.options.client_authentication = ClientAuthentication::PrivateKeyJwt;
    stand.federation = stand.federation.with_assertions(Arc::new(Signer(signer)));
    stand.secret = Secret::new("must not be sent");
    let tokens = stand.sign_in("ada").await.tokens;
    stand.refresh(&refresh_token(&tokens)).await.unwrap();
    let sent = stand.providers.requests();
    let requests: Vec<_> = sent.iter().filter(|seen| seen.path.ends_with("/token")).collect();
    assert!(requests.len() >= 2);
    for seen in requests {
        assert!(!seen.form.iter().any(|name| name == "client_secret"), "{:?}", seen.form);
    }
}

#[tokio::test]
async fn custom_sends_headers_commas_and_no_pkce_where_it_must() {
    let mut stand = stand().await;
    stand.change(|settings| {
        settings.required_header = Some(("x-api-version".into(), "2026-01".into()));
        settings.pkce = Pkce::Refused;
        settings.comma_scopes = true;
    });
    let options = &mut stand.connection.options;
    options.upstream_headers.insert("x-api-version".into(), "2026-01".into());
    options.without_pkce = true;
    options.scope_separator = ScopeSeparator::Comma;
    let scopes = stand.sign_in("ada").await.tokens.scopes.unwrap();
    assert!(scopes.contains("notes.read") && scopes.contains("notes.write"), "{scopes}");
}

#[tokio::test]
async fn custom_finds_the_profile_where_the_mapping_says() {
    let mut stand = stand().await;
    stand.change(|settings| settings.opaque_user_info = true);
    let answer = stand.decide(stand.request(None).await, "ada", "allow").await;
    let refused = stand.exchange(&answer).await.unwrap_err();
    assert!(refused.to_string().contains("sub || id"), "{refused}");
    stand.connection.options.profile = ProfileMapping {
        id: Some("data.user.uid".into()),
        name: Some("data.user.display".into()),
        email: Some("data.user.mail".into()),
        ..ProfileMapping::default()
    };
    let signed_in = stand.sign_in("ada").await;
    assert_eq!(signed_in.profile.name.as_deref(), Some("Ada"));
    assert!(signed_in.profile.email.unwrap().starts_with("ada@"));
    assert!(signed_in.provider_user_id.parse::<u64>().is_ok(), "a number is an id, too");
}
