//! What the dashboard shows of the provider catalogue.

use serde::{Deserialize, Serialize};

/// The two groups of the dashboard's Authentication section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionGroup {
    /// Sign-in with a consumer platform's account.
    Social,
    /// Sign-in against a company's directory or identity provider.
    Enterprise,
}

impl ConnectionGroup {
    /// The word used in dashboard addresses and headings.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Social => "social",
            Self::Enterprise => "enterprise",
        }
    }

    /// The group that an address names.
    pub fn from_slug(slug: &str) -> Option<Self> {
        match slug {
            "social" => Some(Self::Social),
            "enterprise" => Some(Self::Enterprise),
            _ => None,
        }
    }
}

/// One kind of connection that can be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueEntry {
    /// The strategy id of the wire contract (`google-oauth2`, `oidc`, `oauth2`).
    pub strategy: String,
    /// Where the dashboard lists it.
    pub group: ConnectionGroup,
    /// Name for people ("Google").
    pub name: String,
    /// One sentence for the catalogue page.
    pub description: String,
    /// Address of the provider's own console, where the client is registered.
    pub console_url: Option<String>,
    /// Address of the provider's own guide.
    pub guide_url: Option<String>,
    /// Scopes offered as checkboxes.
    pub scopes: Vec<ScopeInfo>,
    /// Scopes switched on in a new connection.
    pub default_scopes: Vec<String>,
    /// Which options the Settings form asks for.
    pub fields: Vec<OptionField>,
    /// What the tenant field is called and means here, where `fields` has one.
    pub tenant: Option<TenantInfo>,
    /// Shown in the form when something about this provider surprises people.
    pub note: Option<String>,
    /// Whether a test runs against a server that behaves as the provider's documentation says.
    pub tested: bool,
}

/// What stands for `{tenant}` in a provider's addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantInfo {
    /// The field's label ("Subdomain").
    pub label: String,
    /// What to enter.
    pub hint: String,
    /// What applies when it is left empty; the field must be filled where there is none.
    pub default: Option<String>,
}

/// A provider scope in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeInfo {
    /// What is sent to the provider.
    pub value: String,
    /// What it allows, in a few words.
    pub name: String,
    /// Product it belongs to, for grouping ("Gmail"); empty for the basic ones.
    #[serde(default)]
    pub product: String,
}

impl ScopeInfo {
    /// Product and words together ("Gmail: Read mail").
    pub fn words(&self) -> String {
        if self.product.is_empty() { self.name.clone() } else { format!("{}: {}", self.product, self.name) }
    }
}

/// An option that the Settings form asks for, beyond client id, secret and scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptionField {
    /// `options.discovery_url`
    DiscoveryUrl,
    /// `options.tenant`
    Tenant,
    /// `options.authorization_url`
    AuthorizationUrl,
    /// `options.token_url`
    TokenUrl,
    /// `options.refresh_url`
    RefreshUrl,
    /// `options.user_info_url`
    UserInfoUrl,
    /// `options.scope_separator`
    ScopeSeparator,
    /// `options.client_authentication`
    ClientAuthentication,
    /// `options.revocation_url`
    RevocationUrl,
    /// `options.pkce`
    Pkce,
    /// `options.profile`
    Profile,
    /// `options.upstream_params`
    UpstreamParams,
    /// `options.upstream_headers`
    UpstreamHeaders,
}
