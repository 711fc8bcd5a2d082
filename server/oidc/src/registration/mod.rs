//! Applications that register themselves: dynamic client registration (RFC 7591) with its management
//! (RFC 7592), and client id metadata documents. Off unless an administrator switches it on.
//!
//! 1. `POST /oidc/register`: the settings say who may; then what the application says is checked
//!    ([`metadata`]), registered and answered, with a token that reads and changes it.
//! 2. `GET`, `PUT` and `DELETE` at the registration's own address, with that token ([`manage`]).
//! 3. A client id that is an address: its document is fetched and registered ([`documents`]).

mod documents;
mod error;
mod manage;
mod metadata;

use coffer_contract::{
    application::{Origin, TokenEndpointAuthMethod},
    registration::{RegistrationMode, RegistrationSettings},
};
use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    ids::{ClientId, ConnectionId},
    network::network,
    rng,
};
use coffer_crypto::{KeptSecret, Secret, TokenHash};
use coffer_store::{NewRegistration, StoreError};
use serde_json::{Map, Value, json};

pub use documents::DocumentError;
pub(crate) use documents::document_address;
pub use error::RegistrationError;

use crate::Oidc;
use metadata::Metadata;

/// The setting's name in the store.
pub const SETTING: &str = "registration";
/// Begins every client secret.
const SECRET_PREFIX: &str = "cfs_";
/// Begins every registration access token.
const TOKEN_PREFIX: &str = "cfx_";
/// Seconds of the window in which registrations of one address are counted.
const WINDOW_SECONDS: i64 = 3600;

/// A registration, as it is answered (RFC 7591 section 3.2.1). Has secrets in it.
pub struct Registered {
    /// The metadata.
    pub metadata: Map<String, Value>,
    /// `client_secret`
    pub client_secret: Option<Secret>,
    /// `registration_access_token`
    pub token: Secret,
    /// `registration_client_uri`
    pub uri: String,
}

impl Oidc {
    pub(crate) async fn registration_settings(&self) -> Result<RegistrationSettings, StoreError> {
        Ok(self.store.settings().get(SETTING).await?.0)
    }

    /// Registers an application. `initial` is the bearer token of the request.
    pub async fn register(
        &self,
        body: &[u8],
        initial: Option<&Secret>,
        ip: Option<&str>,
    ) -> Result<Registered, RegistrationError> {
        let settings = self.registration_settings().await?;
        let via = self.may_register(&settings, initial, ip).await?;
        let body = object(body)?;
        let id = ClientId::generate(self.rng.as_ref());
        let usual = TokenEndpointAuthMethod::ClientSecretBasic;
        let described = Metadata(&body).client(id, usual, &settings, self.clock.now())?;
        let client = Client { origin: Origin::Registered, ..described };
        let (secret, token) = (self.client_secret(&client), self.registration_token());
        let client = Client { secret_replaced_at: secret.as_ref().map(|_| client.created_at), ..client };
        let kept = secret.as_ref().map(|secret| self.keep(&client, secret));
        let token_hash = TokenHash::of(token.reveal());
        let connections: Vec<ConnectionId> =
            settings.connections.iter().map(|id| ConnectionId::from_text(id.as_str())).collect();
        let new = NewRegistration {
            client: &client,
            secret: kept.as_ref(),
            token: Some(&token_hash),
            ip,
            via: via.as_deref(),
            connections: &connections,
        };
        let how =
            via.as_ref().map_or(String::new(), |name| format!(" with the initial access token “{name}”"));
        let text = format!("“{}” registered itself{how}.", client.name);
        if !self.store.registrations().create(new, self.registration_event(&client.id, text, ip)).await? {
            return Err(RegistrationError::Inside("a new client id is taken".into()));
        }
        Ok(self.registered(&client, secret, token))
    }

    /// Who may register: everybody, or whoever has an initial access token (section 3), and not too often.
    /// The token's name.
    async fn may_register(
        &self,
        settings: &RegistrationSettings,
        initial: Option<&Secret>,
        ip: Option<&str>,
    ) -> Result<Option<String>, RegistrationError> {
        let now = self.clock.now();
        if settings.mode == RegistrationMode::Off {
            return Err(RegistrationError::Off);
        }
        let key = TokenHash::of(&format!("registration {}", ip.map_or("unknown".into(), network)));
        let (before, until) = self.store.throttles().standing(&key, now).await?;
        if before >= settings.per_hour
            || self.store.throttles().record(&key, now, WINDOW_SECONDS).await? > settings.per_hour
        {
            let seconds = until.seconds().saturating_sub(now.seconds()).max(1);
            return Err(RegistrationError::TooMany { retry_after: u64::try_from(seconds).unwrap_or(1) });
        }
        if settings.mode == RegistrationMode::Open {
            return Ok(None);
        }
        let token =
            initial.ok_or(RegistrationError::Token("Send an initial access token as a bearer token."))?;
        let found = self.store.registrations().use_token(&TokenHash::of(token.reveal()), now).await?;
        match found {
            Some(token) => Ok(Some(token.name)),
            None => {
                let text = "An application tried to register itself with an unknown initial access token.";
                let actor = Actor::Anonymous(String::new());
                let event = AuditEvent::new(now, EventCode::RegistrationRefused, actor, text).from_ip(ip);
                self.store.audit().record(event).await?;
                Err(RegistrationError::Token("The initial access token is unknown or has ended."))
            }
        }
    }

    /// What is kept of a client's secret.
    fn keep(&self, client: &Client, secret: &Secret) -> KeptSecret {
        KeptSecret::of(&self.keyring, self.rng.as_ref(), &client.id, secret.reveal())
    }

    fn client_secret(&self, client: &Client) -> Option<Secret> {
        let new = || Secret::new(format!("{SECRET_PREFIX}{}", rng::token(self.rng.as_ref())));
        client.auth_method.has_secret().then(new)
    }

    fn registration_token(&self) -> Secret {
        Secret::new(format!("{TOKEN_PREFIX}{}", rng::token(self.rng.as_ref())))
    }

    fn registered(&self, client: &Client, client_secret: Option<Secret>, token: Secret) -> Registered {
        let mut metadata = metadata::describe(client);
        if client_secret.is_some() {
            metadata.insert("client_secret_expires_at".into(), json!(0));
        }
        Registered {
            metadata,
            client_secret,
            token,
            uri: self.issuer.at(&format!("oidc/register/{}", client.id)),
        }
    }

    fn registration_event(&self, client: &ClientId, text: String, ip: Option<&str>) -> AuditEvent {
        let actor = Actor::Client(client.clone());
        AuditEvent::new(self.clock.now(), EventCode::ApplicationRegistered, actor, text)
            .client(client)
            .from_ip(ip)
    }

    /// Notes that a client which nobody made in the dashboard is in use: those that are not, go.
    pub(crate) async fn note_use(&self, client: &Client) -> Result<(), StoreError> {
        match client.origin {
            Origin::Dashboard => Ok(()),
            Origin::Registered | Origin::Document => {
                self.store.registrations().used(&client.id, self.clock.now()).await
            }
        }
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, RegistrationError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(RegistrationError::Metadata("The body is not a JSON object.".into())),
    }
}
