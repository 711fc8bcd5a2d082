//! The token endpoint (RFC 6749 section 3.2): one file per grant.

mod client_credentials;
mod code;
mod device;
mod exchange;
mod first;
mod known;
mod refresh;
mod subject;
mod vault;

use coffer_contract::application::GrantType;
use coffer_core::{
    Scopes,
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    ids::UserId,
    refresh::RefreshToken,
    rng,
};
use coffer_crypto::Secret;
use serde::Deserialize;

pub(crate) use known::Known;

use known::Question;

use crate::{
    Oidc, access_token::Minted, client_auth::Credentials, dpop::Proofs, error::EndpointError,
    presented::Scheme,
};

/// Seconds that an access token of this server lives.
pub const ACCESS_SECONDS: i64 = 3600;

/// The parameters of a token request, from a form or from JSON. Secrets do not print.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TokenRequest {
    /// `grant_type`
    pub grant_type: Option<String>,
    /// `code`
    pub code: Option<Secret>,
    /// `redirect_uri`
    pub redirect_uri: Option<String>,
    /// `code_verifier`
    pub code_verifier: Option<Secret>,
    /// `refresh_token`
    pub refresh_token: Option<Secret>,
    /// `device_code`
    pub device_code: Option<Secret>,
    /// `scope`
    pub scope: Option<String>,
    /// `audience`
    pub audience: Option<String>,
    /// `resource` (RFC 8707)
    pub resource: Option<String>,
    /// `subject_token`
    pub subject_token: Option<Secret>,
    /// `subject_token_type`
    pub subject_token_type: Option<String>,
    /// `actor_token`
    pub actor_token: Option<Secret>,
    /// `actor_token_type`
    pub actor_token_type: Option<String>,
    /// `requested_token_type`
    pub requested_token_type: Option<String>,
    /// `connection`
    pub connection: Option<String>,
    /// `login_hint`
    pub login_hint: Option<String>,
    /// The key that the request proves to have, for tokens to be bound to: set once the proof was checked.
    #[serde(skip)]
    pub(crate) jkt: Option<String>,
}

/// A successful answer (RFC 6749 section 5.1, RFC 8693 section 2.2.1).
#[derive(Debug)]
pub struct TokenResponse {
    /// `access_token`
    pub access_token: Secret,
    /// `token_type`: how the token is presented.
    pub scheme: Scheme,
    /// `issued_token_type`, of exchanges.
    pub issued_token_type: Option<&'static str>,
    /// `expires_in`, in seconds.
    pub expires_in: Option<i64>,
    /// `scope`
    pub scopes: Scopes,
    /// `refresh_token`
    pub refresh_token: Option<Secret>,
    /// `id_token`
    pub id_token: Option<String>,
}

impl Oidc {
    /// Handles a token request. With a proof of possession, the tokens are bound to its key (RFC 9449
    /// section 5).
    pub async fn token(
        &self,
        mut request: TokenRequest,
        credentials: Credentials,
        proofs: &Proofs,
    ) -> Result<TokenResponse, EndpointError> {
        let Some(grant_type) = request.grant_type.as_deref().filter(|text| !text.is_empty()) else {
            return Err(EndpointError::InvalidRequest("The parameter grant_type is missing.".into()));
        };
        let grant = GrantType::from_code(grant_type).ok_or(EndpointError::UnsupportedGrantType)?;
        let ip = credentials.ip.as_deref();
        let mut question = None;
        if grant == GrantType::TokenVault
            && let Some(asked) = Question::of(&request, &credentials, proofs)
        {
            if let Some(response) = self.once_more(&asked, ip).await? {
                return Ok(response);
            }
            question = self.basis(&asked).await?.map(|basis| (asked, basis));
        }
        let client = self.authenticate(&credentials).await?;
        request.jkt = self.proven_key(proofs, None).await?;
        let response = match grant {
            GrantType::AuthorizationCode => self.by_code(&client, request, ip).await,
            GrantType::RefreshToken => self.by_refresh_token(&client, request, ip).await,
            GrantType::DeviceCode => self.by_device_code(&client, request, ip).await,
            GrantType::ClientCredentials => self.by_client_credentials(&client, request, ip).await,
            GrantType::TokenExchange => self.by_exchange(&client, request, ip).await,
            GrantType::TokenVault => self.by_vault(&client, request, ip, question).await,
        }?;
        self.note_use(&client).await?;
        Ok(response)
    }
}

/// A refused request that must be told apart in the log.
async fn refuse(
    oidc: &Oidc,
    code: EventCode,
    client: &Client,
    user: Option<&UserId>,
    connection: Option<&str>,
    ip: Option<&str>,
    error: EndpointError,
) -> EndpointError {
    let actor = Actor::Client(client.id.clone());
    let mut event =
        AuditEvent::new(oidc.clock.now(), code, actor, format!("Refused: {error}.")).client(&client.id);
    event.user_id = user.cloned();
    event.connection = connection.map(|name| name.chars().take(64).collect());
    match oidc.store.audit().record(event.from_ip(ip)).await {
        Ok(()) => error,
        Err(failed) => failed.into(),
    }
}

fn required<'a, T>(value: &'a Option<T>, name: &str) -> Result<&'a T, EndpointError> {
    value.as_ref().ok_or_else(|| EndpointError::InvalidRequest(format!("The parameter {name} is missing.")))
}

/// The scopes asked for, which may not be more than those granted (RFC 6749 section 6).
fn narrowed(granted: &Scopes, asked: Option<&str>) -> Result<Scopes, EndpointError> {
    let Some(asked) = asked.filter(|text| !text.trim().is_empty()) else { return Ok(granted.clone()) };
    let asked = Scopes::parse(asked, false);
    if let Some(scope) = asked.iter().find(|scope| !granted.contains(scope)) {
        return Err(EndpointError::InvalidScope(format!("The scope {scope} was not granted.")));
    }
    Ok(asked)
}

/// The API that a request names: `audience` or `resource` (RFC 8707 section 2.2), which must agree.
fn wanted_api(request: &TokenRequest) -> Result<Option<&str>, EndpointError> {
    match (request.audience.as_deref(), request.resource.as_deref()) {
        (Some(audience), Some(resource)) if audience != resource => Err(EndpointError::InvalidTarget(
            "The parameters audience and resource name different APIs; send one of them.".into(),
        )),
        (audience, resource) => Ok(audience.or(resource)),
    }
}

/// The API of a stored audience was deleted.
fn api_gone() -> EndpointError {
    EndpointError::InvalidTarget("The API that this was issued for does not exist any more.".into())
}

/// The grant must be switched on for the client.
pub(crate) fn allowed(client: &Client, grant: GrantType) -> Result<(), EndpointError> {
    if client.may_use(grant) {
        return Ok(());
    }
    Err(EndpointError::UnauthorizedClient(format!(
        "This application may not use the grant “{}”. An administrator can switch it on in its settings.",
        grant.label()
    )))
}

fn mint(oidc: &Oidc, token: RefreshToken) -> Minted<RefreshToken> {
    Minted::new(format!("cfr_{}", rng::token(oidc.rng.as_ref())), token)
}
