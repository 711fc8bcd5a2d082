//! Applications, as OAuth clients (RFC 6749 section 2).

use coffer_contract::{
    Timestamp,
    application::{ApplicationType, GrantType, SigningAlgorithm, TokenEndpointAuthMethod},
};

use crate::ids::ClientId;

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
    /// Whether the client cannot keep a secret and must use PKCE (RFC 7636, RFC 9700 section 2.1.1).
    pub fn is_public(&self) -> bool {
        self.auth_method == TokenEndpointAuthMethod::None
    }

    /// Whether it may use `grant`.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }
}
