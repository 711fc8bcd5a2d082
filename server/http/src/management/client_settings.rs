//! An application's settings as the vendor's SDKs send and read them.

use std::collections::BTreeMap;

use coffer_admin::WholeApplication;
use coffer_contract::{
    api::RefreshPolicy,
    application::{ApplicationForm, ApplicationType, GrantType, SigningAlgorithm, TokenEndpointAuthMethod},
    my_account,
};
use coffer_core::{
    client::Client,
    refresh::{ABSOLUTE_SECONDS, IDLE_SECONDS, OVERLAP_SECONDS},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    client_keys::{self, AuthenticationMethods},
    refusal::Refusal,
};

/// The kind of an application that is an API's server.
const RESOURCE_SERVER: &str = "resource_server";

/// Members that change nothing here: how the vendor's own pages look and behave.
pub(crate) const IGNORED: &[&str] = &[
    "client_id",
    "tenant",
    "global",
    "callback_url_template",
    "sso",
    "sso_disabled",
    "custom_login_page_on",
    "custom_login_page",
    "custom_login_page_preview",
    "form_template",
    "initiate_login_uri",
    "is_token_endpoint_ip_header_trusted",
    "cross_origin_loc",
    "organization_usage",
    "organization_require_behavior",
    "skip_non_verifiable_callback_uri_confirmation_prompt",
    "third_party_security_mode",
    "redirection_policy",
    "signing_keys",
    "created_at",
    "updated_at",
];

/// Members for what is not there: refused by name unless they say that it is not wanted.
pub(crate) const UNSUPPORTED: &[&str] = &[
    "addons",
    "allowed_clients",
    "anonymous_sessions",
    "async_approval_notification_channels",
    "b2b_integration_configuration",
    "client_aliases",
    "compliance_level",
    "cross_origin_auth",
    "cross_origin_authentication",
    "default_organization",
    "encryption_key",
    "express_configuration",
    "fedcm_login",
    "identity_assertion_authorization_grant",
    "mobile",
    "my_organization_configuration",
    "native_social_login",
    "oidc_backchannel_logout",
    "organization_discovery_methods",
    "par_request_expiry",
    "require_proof_of_possession",
    "session_transfer",
    "signed_request_object",
    "token_exchange",
    "token_quota",
    "token_vault_privileged_access",
];

/// What the dashboard's fields are called here.
pub(crate) const NAMES: &[(&str, &str)] = &[
    ("logout_urls", "allowed_logout_urls"),
    ("grants", "grant_types"),
    ("auth_method", "token_endpoint_auth_method"),
    ("id_token_alg", "jwt_configuration.alg"),
    ("first_party", "is_first_party"),
    ("resource_server", "resource_server_identifier"),
    ("refresh_policies", "refresh_token.policies"),
    ("jwks", "client_authentication_methods"),
    ("backchannel_logout_uri", "oidc_logout.backchannel_logout_urls"),
    ("metadata", "client_metadata"),
];

/// What can be set of an application.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ClientSettings {
    /// Name for people; end users see it on the consent page.
    pub(crate) name: String,
    /// For administrators.
    description: String,
    /// Address of its picture, for the consent page.
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_uri: Option<String>,
    /// `regular_web`, `spa`, `native`, `non_interactive`, or `resource_server` for the server of an API. Fixed
    /// at creation.
    app_type: String,
    /// Exact redirect URIs.
    callbacks: Vec<String>,
    /// Exact addresses allowed after logout.
    allowed_logout_urls: Vec<String>,
    /// Origins whose scripts may call the token endpoint.
    web_origins: Vec<String>,
    /// Further ones; they are kept with `web_origins`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed_origins: Vec<String>,
    /// Grants that it may use, as in `grant_type`.
    grant_types: Vec<String>,
    /// `client_secret_post`, `client_secret_basic` or `none`; left out where it proves itself with a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_method: Option<String>,
    /// The keys that it proves itself with.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_authentication_methods: Option<AuthenticationMethods>,
    /// Whether the consent page is skipped.
    is_first_party: bool,
    /// Always true: everything here is as OpenID Connect says.
    oidc_conformant: Option<bool>,
    /// Its ID tokens.
    jwt_configuration: JwtConfiguration,
    /// Its refresh tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<RefreshTokens>,
    /// Where it is told that a session ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    oidc_logout: Option<OidcLogout>,
    /// Whether its authorization requests must be pushed (RFC 9126).
    require_pushed_authorization_requests: bool,
    /// Identifier of the API whose server it is: it may exchange the access tokens that are sent there.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_server_identifier: Option<String>,
    /// Address of its public keys, instead of the keys themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    /// Notes, by name.
    client_metadata: BTreeMap<String, String>,
}

/// An application's ID tokens.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct JwtConfiguration {
    /// `RS256`, `ES256` or `EdDSA`.
    alg: Option<String>,
    /// Taken, and of no effect.
    #[serde(skip_serializing)]
    lifetime_in_seconds: Option<i64>,
    /// Taken, and of no effect.
    #[serde(skip_serializing)]
    secret_encoded: Option<bool>,
    /// Taken, and of no effect.
    #[serde(skip_serializing)]
    #[schema(value_type = Object)]
    scopes: Option<Value>,
}

/// An application's refresh tokens. They always rotate and end; the lifetimes are the server's.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RefreshTokens {
    /// `rotating`
    rotation_type: String,
    /// `expiring`
    expiration_type: String,
    /// Seconds in which a token that was exchanged still works.
    leeway: i64,
    /// Seconds after the sign-in in which all of them end.
    token_lifetime: i64,
    /// Seconds after which one that is not used ends.
    idle_token_lifetime: i64,
    /// Whether they never end.
    infinite_token_lifetime: bool,
    /// Whether one that is not used never ends.
    infinite_idle_token_lifetime: bool,
    /// Further APIs that they can be exchanged for, and scopes there. The My Account API among them lets the
    /// application connect accounts for its users.
    policies: Vec<Policy>,
}

/// An API that refresh tokens can be exchanged for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    /// Its identifier.
    audience: String,
    /// Scopes.
    #[serde(default)]
    scope: Vec<String>,
}

/// Where an application is told that a session ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct OidcLogout {
    /// One address, or none.
    backchannel_logout_urls: Vec<String>,
}

impl Default for RefreshTokens {
    fn default() -> Self {
        Self {
            rotation_type: "rotating".to_owned(),
            expiration_type: "expiring".to_owned(),
            leeway: OVERLAP_SECONDS,
            token_lifetime: ABSOLUTE_SECONDS,
            idle_token_lifetime: IDLE_SECONDS,
            infinite_token_lifetime: false,
            infinite_idle_token_lifetime: false,
            policies: vec![],
        }
    }
}

impl ClientSettings {
    /// Those of an application. `api` is the identifier of the API whose server it is.
    pub(crate) fn of(client: &Client, api: Option<String>, my_account: &str) -> Self {
        let key = client.auth_method == TokenEndpointAuthMethod::PrivateKeyJwt;
        let mut policies: Vec<Policy> = client
            .refresh_policies
            .iter()
            .map(|p| Policy { audience: p.audience.clone(), scope: p.scope.clone() })
            .collect();
        if client.connect_accounts {
            let scope = my_account::SCOPES.iter().map(|(scope, _)| (*scope).to_owned()).collect();
            policies.push(Policy { audience: my_account.to_owned(), scope });
        }
        let refreshes = client.may_use(GrantType::RefreshToken) || !policies.is_empty();
        let logout = client.backchannel_logout_uri.iter().cloned().collect::<Vec<_>>();
        let app_type = match (client.app_type, &api) {
            (ApplicationType::MachineToMachine, Some(_)) => RESOURCE_SERVER,
            (kind, _) => kind.code(),
        };
        Self {
            name: client.name.clone(),
            description: client.description.clone(),
            logo_uri: client.logo_uri.clone(),
            app_type: app_type.to_owned(),
            callbacks: client.callbacks.clone(),
            allowed_logout_urls: client.logout_urls.clone(),
            web_origins: client.web_origins.clone(),
            allowed_origins: vec![],
            grant_types: client.grants.iter().map(|grant| grant.code().to_owned()).collect(),
            token_endpoint_auth_method: (!key).then(|| client.auth_method.code().to_owned()),
            client_authentication_methods: client.jwks.as_ref().map(client_keys::view),
            is_first_party: client.first_party,
            oidc_conformant: Some(true),
            jwt_configuration: JwtConfiguration {
                alg: Some(client.id_token_alg.code().to_owned()),
                ..JwtConfiguration::default()
            },
            refresh_token: refreshes.then(|| RefreshTokens { policies, ..RefreshTokens::default() }),
            oidc_logout: (!logout.is_empty()).then_some(OidcLogout { backchannel_logout_urls: logout }),
            require_pushed_authorization_requests: client.require_par,
            resource_server_identifier: api,
            jwks_uri: client.jwks_uri.clone(),
            client_metadata: client.metadata.clone(),
        }
    }

    /// What a new application with this body begins with.
    pub(crate) fn blank(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let code = text("app_type");
        let kind = match code {
            Some(RESOURCE_SERVER) => ApplicationType::MachineToMachine,
            Some(code) => ApplicationType::from_code(code).ok_or_else(unknown_type)?,
            None if text("token_endpoint_auth_method") == Some("none") => ApplicationType::Native,
            None => ApplicationType::RegularWeb,
        };
        let grants = match code {
            Some(RESOURCE_SERVER) => vec![GrantType::TokenExchange, GrantType::TokenVault],
            _ => kind.default_grants(),
        };
        let method = match kind.confidential() {
            true => TokenEndpointAuthMethod::ClientSecretPost,
            false => TokenEndpointAuthMethod::None,
        };
        let key = body.get("client_authentication_methods").is_some_and(|value| !value.is_null());
        Ok(Self {
            app_type: code.unwrap_or(kind.code()).to_owned(),
            grant_types: grants.iter().map(|grant| grant.code().to_owned()).collect(),
            token_endpoint_auth_method: (!key).then(|| method.code().to_owned()),
            ..Self::default()
        })
    }

    /// The kind of application that this is.
    pub(crate) fn kind(&self) -> Result<ApplicationType, Refusal> {
        match self.app_type.as_str() {
            RESOURCE_SERVER if self.resource_server_identifier.is_none() => Err(Refusal::body(
                "resource_server_identifier: Give the identifier of the API whose server it is.",
            )),
            RESOURCE_SERVER => Ok(ApplicationType::MachineToMachine),
            code => ApplicationType::from_code(code).ok_or_else(unknown_type),
        }
    }

    /// As the use cases take them. `jwks` is the keys that there are already.
    pub(crate) fn whole(self, jwks: Option<&Value>, my_account: &str) -> Result<WholeApplication, Refusal> {
        if self.oidc_conformant == Some(false) {
            return Err(Refusal::body(
                "oidc_conformant: Everything here is as OpenID Connect says; leave it out.",
            ));
        }
        let jwks =
            self.client_authentication_methods.map(|methods| client_keys::read(methods, jwks)).transpose()?;
        let auth_method = match self.token_endpoint_auth_method.as_deref() {
            None if jwks.is_some() || self.jwks_uri.is_some() => TokenEndpointAuthMethod::PrivateKeyJwt,
            None => TokenEndpointAuthMethod::ClientSecretPost,
            Some(code) => TokenEndpointAuthMethod::from_code(code).ok_or_else(|| {
                Refusal::body(
                    "token_endpoint_auth_method: Use client_secret_post, client_secret_basic or none.",
                )
            })?,
        };
        let refresh = self.refresh_token.unwrap_or_default();
        if refresh.rotation_type != "rotating" || refresh.expiration_type != "expiring" {
            return Err(Refusal::body(
                "refresh_token: Refresh tokens rotate and end here; use rotation_type rotating and \
                 expiration_type expiring.",
            ));
        }
        let same = |audience: &str| audience.trim_end_matches('/') == my_account.trim_end_matches('/');
        let (mine, others): (Vec<Policy>, Vec<Policy>) =
            refresh.policies.into_iter().partition(|policy| same(&policy.audience));
        let mut logout = self.oidc_logout.unwrap_or_default().backchannel_logout_urls.into_iter();
        let backchannel_logout_uri = logout.next();
        if logout.next().is_some() {
            return Err(Refusal::body("oidc_logout.backchannel_logout_urls: Give one address."));
        }
        let mut web_origins = self.web_origins;
        web_origins.extend(self.allowed_origins);
        Ok(WholeApplication {
            form: ApplicationForm {
                name: self.name,
                description: self.description,
                callbacks: self.callbacks,
                logout_urls: self.allowed_logout_urls,
                backchannel_logout_uri,
                web_origins,
                grants: grants(&self.grant_types)?,
                auth_method,
                id_token_alg: algorithm(self.jwt_configuration.alg.as_deref())?,
                require_par: self.require_pushed_authorization_requests,
                first_party: self.is_first_party,
                connect_accounts: !mine.is_empty(),
            },
            resource_server: self.resource_server_identifier,
            refresh_policies: others
                .into_iter()
                .map(|p| RefreshPolicy { audience: p.audience, scope: p.scope })
                .collect(),
            jwks,
            jwks_uri: self.jwks_uri,
            logo_uri: self.logo_uri,
            metadata: self.client_metadata,
        })
    }
}

fn unknown_type() -> Refusal {
    Refusal::body("app_type: Use regular_web, spa, native, non_interactive or resource_server.")
}

fn grants(codes: &[String]) -> Result<Vec<GrantType>, Refusal> {
    let read = |code: &String| {
        GrantType::from_code(code).ok_or_else(|| {
            let known: Vec<&str> = GrantType::ALL.iter().map(|grant| grant.code()).collect();
            Refusal::body(format!("grant_types: {code} is not supported here; use {}.", known.join(", ")))
        })
    };
    codes.iter().map(read).collect()
}

/// A signature algorithm, by its name in JOSE.
pub(crate) fn algorithm(code: Option<&str>) -> Result<SigningAlgorithm, Refusal> {
    let Some(code) = code else { return Ok(SigningAlgorithm::default()) };
    SigningAlgorithm::from_code(code).ok_or_else(|| {
        Refusal::body(format!(
            "Signatures with {code} are not made here; use RS256, ES256 or EdDSA, which anybody can check and nobody else can make."
        ))
    })
}
