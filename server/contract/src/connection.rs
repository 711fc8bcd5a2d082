//! Connections: what the lists, the forms and the enablement toggles exchange.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    FieldError, Timestamp,
    catalogue::{CatalogueEntry, ConnectionGroup, OptionField, ScopeInfo},
    validate,
};

/// What a connection is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Users sign in with it.
    SignIn,
    /// Signed-in users connect an account of theirs.
    ConnectedAccounts,
    /// Both.
    #[default]
    Both,
}

impl Purpose {
    /// Whether the sign-in page may offer the connection.
    pub fn signs_in(self) -> bool {
        matches!(self, Self::SignIn | Self::Both)
    }

    /// Whether signed-in users may connect an account through it.
    pub fn connects(self) -> bool {
        matches!(self, Self::ConnectedAccounts | Self::Both)
    }
}

/// What separates scopes in a request to the provider. RFC 6749 section 3.3 says a space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeSeparator {
    /// As in RFC 6749.
    #[default]
    Space,
    /// As some providers want it.
    Comma,
}

/// How Coffer authenticates at the provider's token endpoint (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// `Authorization: Basic`.
    #[default]
    Basic,
    /// `client_id` and `client_secret` in the form.
    Post,
    /// An assertion signed with a key of this server's key set (RFC 7523 section 2.2). No secret is shared.
    PrivateKeyJwt,
}

/// Where a profile stands in what the provider says of the user: JMESPath expressions, empty for the claim
/// of OpenID Connect of that name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProfileMapping {
    /// What identifies the user for good; `sub || id` when absent.
    pub id: Option<String>,
    /// Name for people.
    pub name: Option<String>,
    /// Short name.
    pub nickname: Option<String>,
    /// Address of a picture.
    pub picture: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the provider verified that address.
    pub email_verified: Option<String>,
}

impl ProfileMapping {
    /// Each member with its name in the form.
    pub fn members(&self) -> [(&'static str, &Option<String>); 6] {
        [
            ("options.profile.id", &self.id),
            ("options.profile.name", &self.name),
            ("options.profile.nickname", &self.nickname),
            ("options.profile.picture", &self.picture),
            ("options.profile.email", &self.email),
            ("options.profile.email_verified", &self.email_verified),
        ]
    }
}

/// What a profile mapping makes of an answer of the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedProfile {
    /// The user's id at the provider.
    pub id: String,
    /// Name for people.
    pub name: Option<String>,
    /// Short name.
    pub nickname: Option<String>,
    /// Address of a picture.
    pub picture: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the provider verified that address.
    pub email_verified: bool,
}

/// Settings that only some strategies have. Empty strings never stand here; absent means "the catalogue's".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionOptions {
    /// OpenID Connect: the issuer, or the full address of its discovery document.
    pub discovery_url: Option<String>,
    /// Microsoft: `common`, `organizations`, `consumers` or a tenant id.
    pub tenant: Option<String>,
    /// Custom: authorization endpoint.
    pub authorization_url: Option<String>,
    /// Custom: token endpoint.
    pub token_url: Option<String>,
    /// Custom: token endpoint for refreshes, where it differs.
    pub refresh_url: Option<String>,
    /// Custom: address answering JSON about the user to a bearer token.
    pub user_info_url: Option<String>,
    /// Custom: scope separator.
    pub scope_separator: ScopeSeparator,
    /// Custom and OpenID Connect: client authentication.
    pub client_authentication: ClientAuthentication,
    /// Custom: where tokens are revoked (RFC 7009).
    pub revocation_url: Option<String>,
    /// Custom: whether the provider refuses PKCE, so that it is left out.
    pub without_pkce: bool,
    /// Custom: where the profile stands in the user-info answer.
    pub profile: ProfileMapping,
    /// Extra parameters of the authorization request.
    pub upstream_params: BTreeMap<String, String>,
    /// Custom: extra headers of requests to the token and user-info URLs.
    pub upstream_headers: BTreeMap<String, String>,
    /// Enterprise: domains of e-mail addresses whose users sign in here, lower case.
    pub domain_aliases: Vec<String>,
    /// Whether the provider's answers come to an address of this connection's own: then no other provider's
    /// answer is taken for this one's, nor the other way round (mix-up, RFC 9700 section 4.4).
    pub own_callback: bool,
    /// Enterprise: whether administrators sign in to the dashboard through it, with accounts that they linked to
    /// theirs. Owners alone change such a connection.
    pub administrator_sign_in: bool,
}

impl ConnectionOptions {
    /// Where the provider's answers come, below the issuer: what is registered there as redirect URI.
    pub fn callback_path(&self, name: &str) -> String {
        callback_path(self.own_callback.then_some(name))
    }
}

/// Where the answers of every provider come, below the issuer.
pub const CALLBACK_PATH: &str = "login/callback";

/// The same, or, where the name of a connection is given, where the answers of its provider alone come. Names of
/// connections are slugs, and stay.
pub fn callback_path(own: Option<&str>) -> String {
    own.map_or_else(|| CALLBACK_PATH.to_owned(), |name| format!("{CALLBACK_PATH}/{name}"))
}

/// A row of a connection list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionSummary {
    /// `con_...`
    pub id: String,
    /// Unique name, the `connection` of the wire contract.
    pub name: String,
    /// Name for people.
    pub display_name: String,
    /// Strategy id.
    pub strategy: String,
    /// Strategy's name for people.
    pub strategy_name: String,
    /// Whether the token vault is on.
    pub vault_enabled: bool,
    /// How many applications it is enabled for.
    pub applications: u64,
}

/// A connection's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionDetail {
    /// `con_...`
    pub id: String,
    /// Unique name.
    pub name: String,
    /// Name for people.
    pub display_name: String,
    /// Its kind.
    pub entry: CatalogueEntry,
    /// Client id at the provider.
    pub client_id: String,
    /// When the client secret was last replaced; absent when there is none.
    pub client_secret_replaced_at: Option<Timestamp>,
    /// Scopes asked for.
    pub scopes: Vec<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether the token vault is on.
    pub vault_enabled: bool,
    /// Strategy-specific settings.
    pub options: ConnectionOptions,
    /// What to register at the provider as redirect URI.
    pub callback_url: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Number of changes so far; sent back with an update so that nobody overwrites another's change.
    pub version: i64,
}

/// What the Settings form sends, for a new connection and for a changed one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionForm {
    /// Unique name; cannot change later.
    pub name: String,
    /// Name for people; the provider's when empty.
    pub display_name: String,
    /// Client id at the provider.
    pub client_id: String,
    /// New client secret; empty keeps the one there is.
    pub client_secret: String,
    /// Scopes to ask for.
    pub scopes: Vec<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether the token vault is on.
    pub vault_enabled: bool,
    /// Strategy-specific settings.
    pub options: ConnectionOptions,
}

/// What a discovery document said (OpenID Connect Discovery 1.0).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscoverySummary {
    /// `issuer`
    pub issuer: String,
    /// `authorization_endpoint`
    pub authorization_endpoint: String,
    /// `token_endpoint`
    pub token_endpoint: Option<String>,
    /// `userinfo_endpoint`
    pub userinfo_endpoint: Option<String>,
    /// `scopes_supported`
    pub scopes_supported: Vec<String>,
}

/// What came of trying a connection: the administrator signed in through it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum TryResult {
    /// The browser has not come back yet.
    Waiting,
    /// It worked.
    Worked {
        /// Who signed in.
        profile: Box<MappedProfile>,
        /// Scopes asked for that the provider did not grant.
        missing: Vec<String>,
        /// What the provider granted.
        granted: Vec<String>,
        /// Seconds that the access token lives, where the provider says so.
        access_seconds: Option<i64>,
        /// Whether a refresh token came.
        refresh_token: bool,
        /// Seconds that the refresh token lives unused, where that is known.
        refresh_seconds: Option<i64>,
        /// What to change although it worked.
        advice: Option<String>,
    },
    /// It failed.
    Failed {
        /// What the provider, or Coffer, said.
        error: String,
        /// What to change.
        advice: String,
    },
}

/// A try that began: the window to open, and the name under which its result is asked for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TryStart {
    /// Where the new window goes.
    pub url: String,
    /// Names the try.
    pub handle: String,
}

/// One toggle: a connection and an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enablement {
    /// `con_...`
    pub connection_id: String,
    /// The connection's name for people.
    pub connection_name: String,
    /// Strategy id of the connection.
    pub strategy: String,
    /// Where the dashboard lists the connection.
    pub group: ConnectionGroup,
    /// Whether the connection's vault is on.
    pub vault_enabled: bool,
    /// The application's client id.
    pub client_id: String,
    /// The application's name.
    pub application_name: String,
    /// Whether the application may use the connection.
    pub enabled: bool,
    /// The most that tokens released to the application may allow; absent is no limit.
    pub scope_ceiling: Option<Vec<String>>,
    /// Scopes of the connection, in words where they are known, to choose the ceiling from.
    pub scopes: Vec<ScopeInfo>,
    /// Whether the provider can narrow a token to the ceiling; where it cannot, a wider one is refused.
    pub narrows: bool,
}

impl ConnectionForm {
    /// Everything that can be said about the form without asking a provider or the database.
    /// `creating` demands a name and a client secret.
    pub fn validate(&self, entry: &CatalogueEntry, creating: bool) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if creating && !validate::is_slug(&self.name) {
            errors.push(FieldError::new(
                "name",
                "Use 1 to 64 letters, digits and hyphens, beginning and ending with a letter or digit.",
            ));
        }
        if self.display_name.chars().count() > 100 {
            errors.push(FieldError::new("display_name", "Use at most 100 characters."));
        }
        if self.client_id.trim().is_empty() {
            errors.push(FieldError::new("client_id", "Paste the client id that the provider gave you."));
        } else if self.client_id.chars().any(|c| c.is_control() || c.is_whitespace()) {
            errors.push(FieldError::new("client_id", "A client id has no spaces or line breaks in it."));
        }
        let secretless = entry.fields.contains(&OptionField::ClientAuthentication)
            && self.options.client_authentication == ClientAuthentication::PrivateKeyJwt;
        if creating && self.client_secret.is_empty() && !secretless {
            errors.push(FieldError::new(
                "client_secret",
                "Paste the client secret that the provider gave you.",
            ));
        } else if self.client_secret.chars().any(char::is_control) {
            errors.push(FieldError::new("client_secret", "A client secret has no line breaks in it."));
        }
        for scope in &self.scopes {
            if !validate::is_scope_token(scope) {
                errors.push(FieldError::new(
                    "scopes",
                    format!("“{scope}” is not a scope: a scope has no spaces, quotes or backslashes."),
                ));
            }
        }
        self.validate_options(entry, &mut errors);
        errors
    }

    fn validate_options(&self, entry: &CatalogueEntry, errors: &mut Vec<FieldError>) {
        let options = &self.options;
        for field in &entry.fields {
            let (name, value, required) = match field {
                OptionField::DiscoveryUrl => ("options.discovery_url", &options.discovery_url, true),
                OptionField::AuthorizationUrl => {
                    ("options.authorization_url", &options.authorization_url, true)
                }
                OptionField::TokenUrl => ("options.token_url", &options.token_url, true),
                OptionField::RefreshUrl => ("options.refresh_url", &options.refresh_url, false),
                OptionField::UserInfoUrl => ("options.user_info_url", &options.user_info_url, true),
                OptionField::RevocationUrl => ("options.revocation_url", &options.revocation_url, false),
                OptionField::Tenant => {
                    errors.extend(validate_tenant(options.tenant.as_deref(), entry));
                    continue;
                }
                OptionField::ScopeSeparator
                | OptionField::ClientAuthentication
                | OptionField::Pkce
                | OptionField::Profile
                | OptionField::UpstreamParams
                | OptionField::UpstreamHeaders => continue,
            };
            match value {
                None if required => {
                    errors.push(FieldError::new(name, "Enter the address, beginning with https://."))
                }
                None => {}
                Some(url) => {
                    if let Err(message) = validate::provider_url(url) {
                        errors.push(FieldError::new(name, message));
                    }
                }
            }
        }
        for key in options.upstream_params.keys() {
            if RESERVED_PARAMS.contains(&key.as_str()) {
                errors.push(FieldError::new(
                    "options.upstream_params",
                    format!("“{key}” is set by Coffer itself and cannot be an extra parameter."),
                ));
            }
        }
        for (name, value) in &options.upstream_headers {
            if let Some(message) = wrong_header(name, value) {
                errors.push(FieldError::new("options.upstream_headers", message));
            }
        }
        for domain in &options.domain_aliases {
            if !validate::is_domain(domain) {
                let message = format!(
                    "“{domain}” is not a domain: enter what stands after the @, such as example.com."
                );
                errors.push(FieldError::new("options.domain_aliases", message));
            }
        }
    }
}

fn validate_tenant(tenant: Option<&str>, entry: &CatalogueEntry) -> Option<FieldError> {
    let info = entry.tenant.as_ref()?;
    let fits = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
    match tenant {
        None if info.default.is_none() => Some(FieldError::new("options.tenant", format!("{}.", info.hint))),
        Some(text) if !fits(text) => Some(FieldError::new(
            "options.tenant",
            format!("Use letters, digits, hyphens and dots alone. {}.", info.hint),
        )),
        _ => None,
    }
}

/// What is wrong with an extra header (RFC 9110 section 5), if anything is.
fn wrong_header(name: &str, value: &str) -> Option<String> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(token) {
        return Some(format!("“{name}” is not the name of a header."));
    }
    if RESERVED_HEADERS.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
        return Some(format!("“{name}” is set by Coffer itself and cannot be an extra header."));
    }
    let visible = value.bytes().all(|b| (0x20..0x7f).contains(&b));
    (!visible).then(|| format!("The value of “{name}” has characters that a header cannot have."))
}

/// Headers that an administrator may not override.
const RESERVED_HEADERS: &[&str] = &[
    "accept",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "transfer-encoding",
];

/// Authorization request parameters that an administrator may not override.
const RESERVED_PARAMS: &[&str] = &[
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];
