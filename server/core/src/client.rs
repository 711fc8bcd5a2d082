//! Applications, as OAuth clients (RFC 6749 section 2).

use std::collections::BTreeMap;

use coffer_contract::{
    Timestamp,
    api::RefreshPolicy,
    application::{ApplicationType, GrantType, Origin, SigningAlgorithm, TokenEndpointAuthMethod},
};

use crate::ids::{ApiId, ClientId};

/// A registered client, without its secret's hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Client id.
    pub id: ClientId,
    /// Name for people.
    pub name: String,
    /// For administrators.
    pub description: String,
    /// Its kind.
    pub app_type: ApplicationType,
    /// Exact redirect URIs.
    pub callbacks: Vec<String>,
    /// Exact addresses allowed after logout.
    pub logout_urls: Vec<String>,
    /// Origins whose scripts may call the token endpoint.
    pub web_origins: Vec<String>,
    /// Grants it may use.
    pub grants: Vec<GrantType>,
    /// How it authenticates at the token endpoint.
    pub auth_method: TokenEndpointAuthMethod,
    /// Signature algorithm of its ID tokens.
    pub id_token_alg: SigningAlgorithm,
    /// Whether the consent page is skipped.
    pub first_party: bool,
    /// Whether it may connect accounts for its users, through the My Account API.
    pub connect_accounts: bool,
    /// The API whose server it is: it may exchange the access tokens that are sent to that API.
    pub resource_server: Option<ApiId>,
    /// Further APIs that it may get tokens for by exchanging a refresh token.
    pub refresh_policies: Vec<RefreshPolicy>,
    /// Its public keys (RFC 7517 section 5), for `private_key_jwt`.
    pub jwks: Option<serde_json::Value>,
    /// Where its public keys are.
    pub jwks_uri: Option<String>,
    /// Where it is told that a session ended (OpenID Connect Back-Channel Logout 1.0).
    pub backchannel_logout_uri: Option<String>,
    /// Whether its authorization requests must be pushed (RFC 9126 section 6).
    pub require_par: bool,
    /// Its picture, for the consent page.
    pub logo_uri: Option<String>,
    /// How it came to be.
    pub origin: Origin,
    /// Notes of whoever manages it, by name.
    pub metadata: BTreeMap<String, String>,
    /// When the secret was last replaced; `None` for public clients.
    pub secret_replaced_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Number of changes so far.
    pub version: i64,
}

impl Client {
    /// A new one of this kind, with everything else as it is unless somebody says otherwise.
    pub fn new(id: ClientId, name: impl Into<String>, app_type: ApplicationType, now: Timestamp) -> Self {
        Self {
            id,
            name: name.into(),
            description: String::new(),
            app_type,
            callbacks: vec![],
            logout_urls: vec![],
            web_origins: vec![],
            grants: app_type.default_grants(),
            auth_method: if app_type.confidential() {
                TokenEndpointAuthMethod::ClientSecretPost
            } else {
                TokenEndpointAuthMethod::None
            },
            id_token_alg: SigningAlgorithm::default(),
            first_party: false,
            connect_accounts: false,
            resource_server: None,
            refresh_policies: vec![],
            jwks: None,
            jwks_uri: None,
            backchannel_logout_uri: None,
            require_par: false,
            logo_uri: None,
            origin: Origin::Dashboard,
            metadata: BTreeMap::new(),
            secret_replaced_at: app_type.confidential().then_some(now),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Whether the client cannot keep a secret and must use PKCE (RFC 7636, RFC 9700 section 2.1.1).
    pub fn is_public(&self) -> bool {
        self.auth_method == TokenEndpointAuthMethod::None
    }

    /// Whether it may use `grant`.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }
}
