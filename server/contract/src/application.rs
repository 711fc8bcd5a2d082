//! Applications: OAuth clients as the dashboard shows them.

use serde::{Deserialize, Serialize};

use crate::{FieldError, Timestamp, api::RefreshPolicy, validate};

/// What kind of program it is; decides whether it can keep a secret (RFC 6749 section 2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// A server-side web application: confidential.
    #[default]
    RegularWeb,
    /// Runs in the browser: public.
    SinglePage,
    /// Runs on the user's device: public.
    Native,
    /// Runs without a user: confidential.
    MachineToMachine,
}

impl ApplicationType {
    /// All, in the order the dashboard offers them.
    pub const ALL: [Self; 4] = [Self::RegularWeb, Self::SinglePage, Self::Native, Self::MachineToMachine];

    /// The `app_type` of the wire contract.
    pub fn code(self) -> &'static str {
        match self {
            Self::RegularWeb => "regular_web",
            Self::SinglePage => "spa",
            Self::Native => "native",
            Self::MachineToMachine => "non_interactive",
        }
    }

    /// From the `app_type` of the wire contract.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.code() == code)
    }

    /// Name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::RegularWeb => "Regular web application",
            Self::SinglePage => "Single-page application",
            Self::Native => "Native",
            Self::MachineToMachine => "Machine to machine",
        }
    }

    /// One sentence for the form that creates one.
    pub fn description(self) -> &'static str {
        match self {
            Self::RegularWeb => {
                "Runs on a server and can keep a secret, such as an AI agent with a web front end."
            }
            Self::SinglePage => "Runs in the browser, so it proves itself with PKCE instead of a secret.",
            Self::Native => {
                "Runs on a phone, desktop or terminal, so it proves itself with PKCE instead of a secret."
            }
            Self::MachineToMachine => "A service or script that acts for itself, without a user.",
        }
    }

    /// Whether it can keep a client secret.
    pub fn confidential(self) -> bool {
        matches!(self, Self::RegularWeb | Self::MachineToMachine)
    }

    /// Grants a new application of this kind gets.
    pub fn default_grants(self) -> Vec<GrantType> {
        match self {
            Self::RegularWeb | Self::SinglePage | Self::Native => {
                vec![GrantType::AuthorizationCode, GrantType::RefreshToken]
            }
            Self::MachineToMachine => vec![GrantType::ClientCredentials],
        }
    }
}

/// A grant that an application may use at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 section 4.1.
    AuthorizationCode,
    /// RFC 6749 section 6.
    RefreshToken,
    /// RFC 8628.
    DeviceCode,
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// RFC 8693.
    TokenExchange,
    /// The token vault's grant.
    TokenVault,
}

impl GrantType {
    /// All, in the order the dashboard offers them.
    pub const ALL: [Self; 6] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::DeviceCode,
        Self::ClientCredentials,
        Self::TokenExchange,
        Self::TokenVault,
    ];

    /// The `grant_type` value on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::ClientCredentials => "client_credentials",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
            Self::TokenVault => {
                "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token"
            }
        }
    }

    /// From the `grant_type` value on the wire.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.code() == code)
    }

    /// Name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "Authorization code",
            Self::RefreshToken => "Refresh token",
            Self::DeviceCode => "Device code",
            Self::ClientCredentials => "Client credentials",
            Self::TokenExchange => "Token exchange",
            Self::TokenVault => "Token vault",
        }
    }

    /// One sentence for the form.
    pub fn description(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "Sign users in through the hosted pages.",
            Self::RefreshToken => "Stay signed in without asking the user again.",
            Self::DeviceCode => {
                "Sign users in from a terminal, container or device that shows them an address and a code."
            }
            Self::ClientCredentials => "Act for itself at an API, without a user.",
            Self::TokenExchange => {
                "Exchange a user's token for one that allows less, for another API's or for a provider's (RFC 8693)."
            }
            Self::TokenVault => "Exchange a user's token for a provider's access token.",
        }
    }
}

/// How an application authenticates at the token endpoint (RFC 7591 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuthMethod {
    /// `client_secret_post`
    ClientSecretPost,
    /// `client_secret_basic`
    ClientSecretBasic,
    /// `private_key_jwt`: a statement signed with a key of its own (RFC 7523).
    PrivateKeyJwt,
    /// `none`: a public client.
    None,
}

impl TokenEndpointAuthMethod {
    /// All.
    pub const ALL: [Self; 4] =
        [Self::ClientSecretPost, Self::ClientSecretBasic, Self::PrivateKeyJwt, Self::None];

    /// Whether the application proves itself with a client secret.
    pub fn has_secret(self) -> bool {
        matches!(self, Self::ClientSecretPost | Self::ClientSecretBasic)
    }

    /// The value on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }

    /// From the value on the wire.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.code() == code)
    }
}

/// How an application came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// An administrator made it, in the dashboard or through the management API.
    #[default]
    Dashboard,
    /// It registered itself (RFC 7591).
    Registered,
    /// Its client id is the address of a document about it.
    Document,
}

impl Origin {
    /// As stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Dashboard => "dashboard",
            Self::Registered => "registered",
            Self::Document => "document",
        }
    }

    /// From its code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Dashboard, Self::Registered, Self::Document].into_iter().find(|origin| origin.code() == code)
    }

    /// A few words for the list; nothing where an administrator made it.
    pub fn label(self) -> Option<&'static str> {
        match self {
            Self::Dashboard => None,
            Self::Registered => Some("Registered itself"),
            Self::Document => Some("Client ID document"),
        }
    }
}

/// Signature algorithm of an application's ID tokens (RFC 7518 section 3.1, RFC 8037).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl SigningAlgorithm {
    /// All, the default first.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// The JOSE `alg` value.
    pub fn code(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// From the JOSE `alg` value.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.code() == code)
    }
}

/// A row of the application list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationSummary {
    /// Client id.
    pub client_id: String,
    /// Name for people.
    pub name: String,
    /// Its kind.
    pub app_type: ApplicationType,
    /// How many connections are enabled for it.
    pub connections: u64,
    /// How it came to be.
    pub origin: Origin,
}

/// An application's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationDetail {
    /// Client id.
    pub client_id: String,
    /// What the Settings form edits.
    pub form: ApplicationForm,
    /// What it may exchange tokens for.
    pub exchange: ApplicationExchange,
    /// Its kind; fixed at creation.
    pub app_type: ApplicationType,
    /// When the client secret was last replaced; absent for public clients.
    pub client_secret_replaced_at: Option<Timestamp>,
    /// Its public keys.
    pub keys: KeysForm,
    /// How it came to be.
    pub origin: Origin,
    /// More on that, where no administrator made it.
    pub registration: Option<RegistrationView>,
    /// The server's issuer, for the application's own configuration.
    pub issuer: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Number of changes so far.
    pub version: i64,
}

/// Public keys of an application that proves itself with one, as the Settings form has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysForm {
    /// The keys: a JWKS document; a JWK or PEM is taken too.
    pub jwks: String,
    /// Where they are, instead.
    pub jwks_uri: String,
}

/// How an application that no administrator made came to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationView {
    /// When.
    pub created_at: Timestamp,
    /// Where the request came from.
    pub ip: Option<String>,
    /// The name of the initial access token, or the host of the document.
    pub via: Option<String>,
    /// When it last got a token, to the day.
    pub last_used_at: Option<Timestamp>,
    /// When it goes, unless it gets a token before.
    pub ends_at: Timestamp,
}

/// What the Settings form sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationForm {
    /// Name for people; end users see it on the consent page.
    pub name: String,
    /// For administrators.
    pub description: String,
    /// Exact redirect URIs.
    pub callbacks: Vec<String>,
    /// Exact addresses allowed after logout.
    pub logout_urls: Vec<String>,
    /// Where it is told that a session ended (OpenID Connect Back-Channel Logout 1.0).
    pub backchannel_logout_uri: Option<String>,
    /// Origins whose scripts may call the token endpoint (CORS), and get answers by message.
    pub web_origins: Vec<String>,
    /// Grants it may use.
    pub grants: Vec<GrantType>,
    /// How it authenticates.
    pub auth_method: TokenEndpointAuthMethod,
    /// Signature algorithm of its ID tokens.
    pub id_token_alg: SigningAlgorithm,
    /// Whether its authorization requests must be pushed (RFC 9126 section 6).
    pub require_par: bool,
    /// Whether the consent page is skipped, for applications of the same organisation.
    pub first_party: bool,
    /// Whether it may connect accounts for its users, through the My Account API.
    pub connect_accounts: bool,
}

/// What an application may exchange tokens for; saved together with the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationExchange {
    /// Identifier of the API whose server it is.
    pub resource_server: Option<String>,
    /// Further APIs that it may get tokens for by exchanging a refresh token.
    pub refresh_policies: Vec<RefreshPolicy>,
}

/// What the form that creates an application sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewApplication {
    /// Name for people.
    pub name: String,
    /// Its kind.
    pub app_type: ApplicationType,
}

/// A client secret, in the one answer that shows it. Not kept anywhere in clear.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedSecret {
    /// Client id.
    pub client_id: String,
    /// The secret; absent for public clients.
    pub client_secret: Option<String>,
}

impl std::fmt::Debug for IssuedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedSecret")
            .field("client_id", &self.client_id)
            .field("client_secret", &"[redacted]")
            .finish()
    }
}

impl NewApplication {
    /// Checks the name.
    pub fn validate(&self) -> Vec<FieldError> {
        validate_name(&self.name).into_iter().collect()
    }
}

impl ApplicationForm {
    /// Everything that can be said about the form without the database.
    pub fn validate(&self, app_type: ApplicationType) -> Vec<FieldError> {
        let mut errors: Vec<_> = validate_name(&self.name).into_iter().collect();
        for callback in &self.callbacks {
            if let Err(message) = validate::redirect_uri(callback, app_type) {
                errors.push(FieldError::new("callbacks", format!("{callback}: {message}")));
            }
        }
        for url in &self.logout_urls {
            if let Err(message) = validate::redirect_uri(url, app_type) {
                errors.push(FieldError::new("logout_urls", format!("{url}: {message}")));
            }
        }
        let wrong = self.backchannel_logout_uri.as_deref().and_then(|url| validate::provider_url(url).err());
        errors.extend(wrong.map(|message| FieldError::new("backchannel_logout_uri", message)));
        for origin in &self.web_origins {
            if let Err(message) = validate::origin(origin) {
                errors.push(FieldError::new("web_origins", format!("{origin}: {message}")));
            }
        }
        if app_type.confidential() == (self.auth_method == TokenEndpointAuthMethod::None) {
            errors.push(FieldError::new(
                "auth_method",
                if app_type.confidential() {
                    "This kind of application has a client secret and must authenticate with it."
                } else {
                    "This kind of application cannot keep a secret; its method is none."
                },
            ));
        }
        let secret = [GrantType::ClientCredentials, GrantType::TokenExchange, GrantType::TokenVault];
        for grant in secret.into_iter().filter(|grant| self.grants.contains(grant)) {
            if !app_type.confidential() {
                let text =
                    format!("The grant “{}” needs an application that can keep a secret.", grant.label());
                errors.push(FieldError::new("grants", text));
            }
        }
        errors
    }
}

fn validate_name(name: &str) -> Option<FieldError> {
    let length = name.trim().chars().count();
    (length == 0 || length > 100 || name.chars().any(char::is_control)).then(|| {
        FieldError::new("name", "Enter a name of at most 100 characters; users see it when they consent.")
    })
}
