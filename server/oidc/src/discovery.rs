//! Server metadata (OpenID Connect Discovery 1.0 section 3, RFC 8414).

use coffer_contract::{
    application::{GrantType, SigningAlgorithm, TokenEndpointAuthMethod},
    registration::RegistrationMode,
};
use coffer_store::StoreError;
use serde_json::{Value, json};

use crate::{Oidc, consent::SCOPES, jose};

impl Oidc {
    /// The metadata document, the same under both well-known addresses.
    pub async fn metadata(&self) -> Result<Value, StoreError> {
        let settings = self.registration_settings().await?;
        let at = |path| self.issuer.at(path);
        let methods = TokenEndpointAuthMethod::ALL.map(TokenEndpointAuthMethod::code);
        let algorithms = jose::ALGORITHMS;
        let mut document = json!({
            "issuer": self.issuer.as_str(),
            "authorization_endpoint": at("authorize"),
            "token_endpoint": at("oauth/token"),
            "userinfo_endpoint": at("userinfo"),
            "jwks_uri": at(".well-known/jwks.json"),
            "revocation_endpoint": at("oauth/revoke"),
            "device_authorization_endpoint": at("oauth/device/code"),
            "pushed_authorization_request_endpoint": at("oauth/par"),
            "require_pushed_authorization_requests": false,
            "end_session_endpoint": at("oidc/logout"),
            "backchannel_logout_supported": true,
            "backchannel_logout_session_supported": true,
            "scopes_supported": SCOPES.iter().map(|(scope, _)| scope).collect::<Vec<_>>(),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post", "web_message"],
            "grant_types_supported": GrantType::ALL.map(GrantType::code),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": SigningAlgorithm::ALL.map(SigningAlgorithm::code),
            "token_endpoint_auth_methods_supported": methods,
            "token_endpoint_auth_signing_alg_values_supported": algorithms,
            "revocation_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
            "introspection_endpoint": at("oauth/introspect"),
            "introspection_endpoint_auth_methods_supported": methods.iter().filter(|m| **m != "none").collect::<Vec<_>>(),
            "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
            "dpop_signing_alg_values_supported": algorithms,
            "code_challenge_methods_supported": ["S256"],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "claims_supported": [
                "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "name", "given_name",
                "family_name", "nickname", "preferred_username", "picture", "locale", "email",
                "email_verified", "updated_at"
            ],
            "claims_parameter_supported": false,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
            "authorization_response_iss_parameter_supported": true,
            "client_id_metadata_document_supported": settings.documents,
        });
        if settings.mode != RegistrationMode::Off {
            document["registration_endpoint"] = json!(at("oidc/register"));
        }
        Ok(document)
    }

    /// The public signing keys that somebody may need: those of the default algorithm, and those of each other
    /// that an application or API chose. Some libraries fail on a set with a kind of key that they do not know.
    pub async fn jwks(&self) -> Result<Value, StoreError> {
        let mut document = self.keys.jwks().await;
        let mut used = self.store().signing_keys().chosen_algorithms().await?;
        used.push(SigningAlgorithm::default());
        if let Some(keys) = document["keys"].as_array_mut() {
            keys.retain(|key| used.iter().any(|alg| key["alg"] == alg.code()));
        }
        Ok(document)
    }
}
