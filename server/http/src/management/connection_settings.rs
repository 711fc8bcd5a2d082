//! A connection's settings as the vendor's SDKs send and read them.

use std::collections::BTreeMap;

use coffer_contract::connection::{
    ClientAuthentication, ConnectionForm, ConnectionOptions, ProfileMapping, Purpose, ScopeSeparator,
};
use coffer_core::connection::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{body::strip, refusal::Refusal};

/// Members that change nothing here.
pub(crate) const IGNORED: &[&str] = &["id", "show_as_button", "realms", "provisioning_ticket_url"];
/// Members for what is not there.
pub(crate) const UNSUPPORTED: &[&str] =
    &["is_domain_connection", "cross_app_access_requesting_app", "cross_app_access_resource_app"];
/// Options that change nothing here: what they say is so in any case, or is about the vendor's own pages.
const IGNORED_OPTIONS: &[&str] = &[
    "set_user_root_attributes",
    "non_persistent_attrs",
    "icon_url",
    "freestyle_scopes",
    "gateway_authentication",
    "email_verified",
    "should_trust_email_verified_connection",
    "schema_version",
    "token_endpoint_auth_signing_alg",
    "dpop_signing_alg",
    "id_token_signed_response_algs",
    "connection_settings",
    "tenantId",
    "app_id",
    "identity_api",
    "use_wsfed",
    "waad_protocol",
    "waad_common_endpoint",
    "basic_profile",
    "ext_profile",
    "ext_groups",
    "ext_nested_groups",
    "max_groups_to_retrieve",
    "api_enable_users",
    "attribute_map",
];
/// Options for what is not there.
const UNSUPPORTED_OPTIONS: &[&str] = &[
    "scripts",
    "customScripts",
    "configuration",
    "fieldsMap",
    "oauth_version",
    "useOauthSpecScope",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "end_session_endpoint",
    "id_token_session_expiry_supported",
    "send_back_channel_nonce",
    "signature_algorithms",
    "logoutUrl",
    "allowed_audiences",
    "assertion_decryption_settings",
];

/// What the dashboard's fields are called here.
pub(crate) const NAMES: &[(&str, &str)] = &[
    ("client_id", "options.client_id"),
    ("client_secret", "options.client_secret"),
    ("scopes", "options.scope"),
    ("options.authorization_url", "options.authorizationURL"),
    ("options.token_url", "options.tokenURL"),
    ("options.refresh_url", "options.refreshURL"),
    ("options.user_info_url", "options.userInfoURL"),
    ("options.revocation_url", "options.revocationURL"),
    ("options.tenant", "options.tenant_domain"),
    ("options.upstream_headers", "options.customHeaders"),
];

/// What can be set of a connection.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ConnectionSettings {
    /// Unique name; fixed at creation.
    pub(crate) name: String,
    /// Kind of provider, such as `google-oauth2`, `github`, `oidc` or `oauth2`; fixed at creation.
    pub(crate) strategy: String,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    /// Client, scopes and addresses. Replaced as a whole when sent, but for a client secret that is left out.
    pub(crate) options: Options,
    /// Whether users sign in through it.
    authentication: Option<Active>,
    /// Whether users connect accounts through it.
    connected_accounts: Option<Active>,
    /// Client ids of the applications that may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled_clients: Option<Vec<String>>,
    /// Notes, by name.
    pub(crate) metadata: BTreeMap<String, String>,
}

/// A switch.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Active {
    /// Whether it is on.
    active: bool,
}

/// Scopes, as an array or as text.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ScopeList {
    /// One by one.
    Array(Vec<String>),
    /// Separated by spaces or commas.
    Text(String),
}

impl Default for ScopeList {
    fn default() -> Self {
        Self::Array(vec![])
    }
}

/// A connection's options.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    /// Client id at the provider.
    client_id: String,
    /// Client secret there. No answer has it; left out, the one that there is stays.
    #[serde(skip_serializing)]
    client_secret: Option<String>,
    /// Scopes to ask for.
    scope: ScopeList,
    /// Whether the token vault keeps and releases its tokens.
    federated_connections_access_tokens: Option<Active>,
    /// OpenID Connect: address of the discovery document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) discovery_url: Option<String>,
    /// OpenID Connect: the issuer, where there is no `discovery_url`.
    #[serde(skip_serializing)]
    issuer: Option<String>,
    /// OpenID Connect: `back_channel`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// Custom: authorization endpoint.
    #[serde(rename = "authorizationURL", skip_serializing_if = "Option::is_none")]
    authorization_url: Option<String>,
    /// Custom: token endpoint.
    #[serde(rename = "tokenURL", skip_serializing_if = "Option::is_none")]
    token_url: Option<String>,
    /// Custom: token endpoint for refreshes, where it differs.
    #[serde(rename = "refreshURL", skip_serializing_if = "Option::is_none")]
    refresh_url: Option<String>,
    /// Custom: address that answers JSON about the user to a bearer token.
    #[serde(rename = "userInfoURL", skip_serializing_if = "Option::is_none")]
    user_info_url: Option<String>,
    /// Custom: where tokens are revoked (RFC 7009).
    #[serde(rename = "revocationURL", skip_serializing_if = "Option::is_none")]
    revocation_url: Option<String>,
    /// Whose directory it is: a tenant id or domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_domain: Option<String>,
    /// The same, as it is called for Okta.
    #[serde(skip_serializing)]
    domain: Option<String>,
    /// Domains of e-mail addresses whose users sign in here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    domain_aliases: Vec<String>,
    /// Extra parameters of the authorization request.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_params: Option<BTreeMap<String, Param>>,
    /// Custom: extra headers of requests to the token and user-info URLs.
    #[serde(rename = "customHeaders", skip_serializing_if = "Option::is_none")]
    custom_headers: Option<BTreeMap<String, String>>,
    /// `client_secret_basic`, `client_secret_post` or `private_key_jwt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_method: Option<String>,
    /// Custom: whether PKCE is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pkce_enabled: Option<bool>,
    /// Whether the provider's answers come to `login/callback/<name>`, which nobody else's do, instead of
    /// `login/callback`.
    #[serde(skip_serializing_if = "Option::is_none")]
    own_callback: Option<bool>,
    /// Enterprise: whether administrators sign in to the dashboard through it. Such a connection cannot be changed
    /// here, nor can one be made such: owners do that in the dashboard.
    #[serde(skip_serializing_if = "Option::is_none")]
    administrator_sign_in: Option<bool>,
    /// Custom: what separates scopes, a space or a comma.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope_separator: Option<String>,
    /// Custom: where the profile stands in the answer of the user-info URL; JMESPath expressions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    profile: Option<ProfileMapping>,
}

/// An extra parameter.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Param {
    /// What it says.
    Value {
        /// The value.
        value: String,
    },
    /// The same, shorter.
    Plain(String),
}

impl Active {
    const fn new(active: bool) -> Self {
        Self { active }
    }
}

fn purpose(connection: &Connection) -> (bool, bool) {
    (connection.purpose.signs_in(), connection.purpose.connects())
}

impl ConnectionSettings {
    /// Those of a connection.
    pub(crate) fn of(
        connection: &Connection,
        enabled_clients: Vec<String>,
        metadata: BTreeMap<String, String>,
    ) -> Self {
        let (signs_in, connects) = purpose(connection);
        let own = &connection.options;
        let custom = connection.strategy == "oauth2";
        let oidc = connection.strategy == "oidc";
        let method = match own.client_authentication {
            ClientAuthentication::Basic => "client_secret_basic",
            ClientAuthentication::Post => "client_secret_post",
            ClientAuthentication::PrivateKeyJwt => "private_key_jwt",
        };
        let params = own.upstream_params.iter();
        let params: BTreeMap<String, Param> =
            params.map(|(name, value)| (name.clone(), Param::Value { value: value.clone() })).collect();
        Self {
            name: connection.name.clone(),
            strategy: connection.strategy.clone(),
            display_name: Some(connection.display_name.clone()),
            options: Options {
                client_id: connection.client_id.clone(),
                scope: ScopeList::Array(connection.scopes.to_vec()),
                federated_connections_access_tokens: Some(Active::new(connection.vault_enabled)),
                discovery_url: own.discovery_url.clone(),
                kind: oidc.then(|| "back_channel".to_owned()),
                authorization_url: own.authorization_url.clone(),
                token_url: own.token_url.clone(),
                refresh_url: own.refresh_url.clone(),
                user_info_url: own.user_info_url.clone(),
                revocation_url: own.revocation_url.clone(),
                tenant_domain: own.tenant.clone(),
                domain_aliases: own.domain_aliases.clone(),
                upstream_params: (!params.is_empty()).then_some(params),
                custom_headers: (!own.upstream_headers.is_empty()).then(|| own.upstream_headers.clone()),
                token_endpoint_auth_method: (custom || oidc).then(|| method.to_owned()),
                pkce_enabled: custom.then_some(!own.without_pkce),
                own_callback: own.own_callback.then_some(true),
                administrator_sign_in: own.administrator_sign_in.then_some(true),
                scope_separator: custom.then(|| match own.scope_separator {
                    ScopeSeparator::Space => " ".to_owned(),
                    ScopeSeparator::Comma => ",".to_owned(),
                }),
                profile: (own.profile != ProfileMapping::default()).then(|| own.profile.clone()),
                ..Options::default()
            },
            authentication: Some(Active::new(signs_in)),
            connected_accounts: Some(Active::new(connects)),
            enabled_clients: Some(enabled_clients),
            metadata,
        }
    }

    /// What means nothing here, or is not there, taken out of a body.
    pub(crate) fn strip(body: &mut Map<String, Value>) -> Result<(), Refusal> {
        strip(body, IGNORED, UNSUPPORTED)?;
        match body.get_mut("options") {
            Some(Value::Object(options)) => {
                options.retain(|_, value| !value.is_null());
                strip(options, IGNORED_OPTIONS, UNSUPPORTED_OPTIONS)
            }
            _ => Ok(()),
        }
    }

    /// As the use cases take them.
    pub(crate) fn form(self) -> Result<ConnectionForm, Refusal> {
        let active = |switch: Option<Active>| switch.is_none_or(|switch| switch.active);
        let purpose = match (active(self.authentication), active(self.connected_accounts)) {
            (true, true) => Purpose::Both,
            (true, false) => Purpose::SignIn,
            (false, true) => Purpose::ConnectedAccounts,
            (false, false) => {
                return Err(Refusal::body(
                    "authentication.active: A connection is for signing in, for connected accounts, or for both.",
                ));
            }
        };
        let options = self.options;
        if options.kind.as_deref().is_some_and(|kind| kind != "back_channel") {
            return Err(Refusal::body("options.type: Only the code flow is used here: back_channel."));
        }
        let client_authentication = match options.token_endpoint_auth_method.as_deref() {
            None => ClientAuthentication::default(),
            Some("client_secret_basic") => ClientAuthentication::Basic,
            Some("client_secret_post") => ClientAuthentication::Post,
            Some("private_key_jwt") => ClientAuthentication::PrivateKeyJwt,
            Some(_) => {
                return Err(Refusal::body(
                    "options.token_endpoint_auth_method: Use client_secret_basic, client_secret_post or private_key_jwt.",
                ));
            }
        };
        let scope_separator = match options.scope_separator.as_deref() {
            None | Some(" " | "space") => ScopeSeparator::Space,
            Some("," | "comma") => ScopeSeparator::Comma,
            Some(_) => return Err(Refusal::body("options.scope_separator: Use a space or a comma.")),
        };
        let scopes = match options.scope {
            ScopeList::Array(scopes) => scopes,
            ScopeList::Text(text) => coffer_core::Scopes::parse(&text, true).to_vec(),
        };
        let param = |(name, param)| match param {
            Param::Value { value } | Param::Plain(value) => (name, value),
        };
        Ok(ConnectionForm {
            name: self.name,
            display_name: self.display_name.unwrap_or_default(),
            client_id: options.client_id,
            client_secret: options.client_secret.unwrap_or_default(),
            scopes,
            purpose,
            vault_enabled: options.federated_connections_access_tokens.unwrap_or_default().active,
            options: ConnectionOptions {
                discovery_url: options.discovery_url.or(options.issuer),
                tenant: options.tenant_domain.or(options.domain),
                authorization_url: options.authorization_url,
                token_url: options.token_url,
                refresh_url: options.refresh_url,
                user_info_url: options.user_info_url,
                scope_separator,
                client_authentication,
                revocation_url: options.revocation_url,
                without_pkce: options.pkce_enabled == Some(false),
                profile: options.profile.unwrap_or_default(),
                upstream_params: options.upstream_params.unwrap_or_default().into_iter().map(param).collect(),
                upstream_headers: options.custom_headers.unwrap_or_default(),
                domain_aliases: options.domain_aliases,
                own_callback: options.own_callback == Some(true),
                administrator_sign_in: options.administrator_sign_in == Some(true),
            },
        })
    }
}
