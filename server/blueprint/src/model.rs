//! What stands in the file. The same types say what there is, so that the two can be compared.

use std::collections::BTreeMap;

use coffer_contract::{
    api::{ApiScope, DEFAULT_TOKEN_SECONDS, GrantSubject, RefreshPolicy, UserAccess},
    application::{ApplicationType, GrantType, SigningAlgorithm, TokenEndpointAuthMethod},
    connection::{ConnectionOptions, Purpose},
};
use serde::{Deserialize, Serialize};

use crate::secret::SecretRef;

/// The file. A kind of thing that it does not mention at all is none of its business.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blueprint {
    /// APIs, known by their identifiers.
    pub api: Option<Vec<Api>>,
    /// Connections, known by their names.
    pub connection: Option<Vec<Connection>>,
    /// Applications, known by their client ids, or else by their names.
    pub application: Option<Vec<Application>>,
}

/// `[[api]]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    pub identifier: String,
    pub name: String,
    #[serde(default)]
    pub scopes: Vec<Scope>,
    #[serde(default)]
    pub signing_alg: SigningAlgorithm,
    #[serde(default = "token_seconds")]
    pub token_seconds: i64,
    #[serde(default = "yes")]
    pub offline_access: bool,
    #[serde(default = "yes")]
    pub skip_consent: bool,
    #[serde(default)]
    pub user_access: UserAccess,
}

/// A scope of an API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    pub value: String,
    #[serde(default)]
    pub description: String,
}

/// `[[connection]]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    pub name: String,
    pub strategy: String,
    #[serde(default)]
    pub display_name: String,
    pub client_id: String,
    #[serde(default, skip_serializing)]
    pub client_secret: Option<SecretRef>,
    /// The catalogue's default scopes where there are none.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    #[serde(default)]
    pub purpose: Purpose,
    #[serde(default)]
    pub vault_enabled: bool,
    #[serde(default)]
    pub options: ConnectionOptions,
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

/// `[[application]]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    #[serde(default)]
    pub client_id: Option<String>,
    #[serde(default, skip_serializing)]
    pub client_secret: Option<SecretRef>,
    pub name: String,
    #[serde(rename = "type")]
    pub app_type: ApplicationType,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub callbacks: Vec<String>,
    #[serde(default)]
    pub logout_urls: Vec<String>,
    #[serde(default)]
    pub web_origins: Vec<String>,
    /// Those of its kind where there are none.
    #[serde(default)]
    pub grants: Option<Vec<GrantType>>,
    /// That of its kind where there is none.
    #[serde(default)]
    pub auth_method: Option<TokenEndpointAuthMethod>,
    #[serde(default)]
    pub id_token_alg: SigningAlgorithm,
    #[serde(default)]
    pub first_party: bool,
    #[serde(default)]
    pub connect_accounts: bool,
    #[serde(default)]
    pub resource_server: Option<String>,
    #[serde(default)]
    pub refresh_policies: Vec<Policy>,
    #[serde(default)]
    pub jwks: Option<serde_json::Value>,
    #[serde(default)]
    pub jwks_uri: Option<String>,
    #[serde(default)]
    pub backchannel_logout_uri: Option<String>,
    #[serde(default)]
    pub require_par: bool,
    #[serde(default)]
    pub logo_uri: Option<String>,
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Exactly these where there is a list.
    #[serde(default, skip_serializing)]
    pub connections: Option<Vec<Enablement>>,
    /// Exactly these where there is a list.
    #[serde(default, skip_serializing)]
    pub apis: Option<Vec<Grant>>,
}

/// An API that an application may get tokens for by exchanging a refresh token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub audience: String,
    #[serde(default)]
    pub scope: Vec<String>,
}

/// A connection that is enabled for an application.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enablement {
    pub name: String,
    #[serde(default)]
    pub scope_ceiling: Option<Vec<String>>,
}

/// What an application may do at an API.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    pub identifier: String,
    pub subject: GrantSubject,
    #[serde(default)]
    pub scopes: Vec<String>,
}

impl From<ApiScope> for Scope {
    fn from(ApiScope { value, description }: ApiScope) -> Self {
        Self { value, description }
    }
}

impl From<Scope> for ApiScope {
    fn from(Scope { value, description }: Scope) -> Self {
        Self { value, description }
    }
}

impl From<RefreshPolicy> for Policy {
    fn from(RefreshPolicy { audience, scope }: RefreshPolicy) -> Self {
        Self { audience, scope }
    }
}

impl From<Policy> for RefreshPolicy {
    fn from(Policy { audience, scope }: Policy) -> Self {
        Self { audience, scope }
    }
}

fn token_seconds() -> i64 {
    DEFAULT_TOKEN_SECONDS
}

fn yes() -> bool {
    true
}
