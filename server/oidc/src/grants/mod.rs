//! The token endpoint (RFC 6749 section 3.2): one file per grant.

mod code;
mod refresh;
mod vault;

use coffer_contract::application::GrantType;
use coffer_core::{
    Scopes, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    authorization::{AccessGrant, SignIn},
    client::Client,
    ids::{FamilyId, UserId},
    refresh::{ABSOLUTE_SECONDS, IDLE_SECONDS, RefreshToken},
    rng,
};
use coffer_crypto::{Secret, TokenHash};
use serde::Deserialize;

use crate::{Oidc, client_auth::Credentials, error::EndpointError};

/// Seconds that an access token of this server lives.
pub const ACCESS_SECONDS: i64 = 3600;

/// The parameters of a token request, from a form or from JSON. Secrets do not print.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TokenRequest {
    /// `grant_type`
    pub grant_type: Option<String>,
    /// `client_id`
    pub client_id: Option<String>,
    /// `client_secret`
    pub client_secret: Option<Secret>,
    /// `code`
    pub code: Option<Secret>,
    /// `redirect_uri`
    pub redirect_uri: Option<String>,
    /// `code_verifier`
    pub code_verifier: Option<Secret>,
    /// `refresh_token`
    pub refresh_token: Option<Secret>,
    /// `scope`
    pub scope: Option<String>,
    /// `audience`
    pub audience: Option<String>,
    /// `subject_token`
    pub subject_token: Option<Secret>,
    /// `subject_token_type`
    pub subject_token_type: Option<String>,
    /// `requested_token_type`
    pub requested_token_type: Option<String>,
    /// `connection`
    pub connection: Option<String>,
    /// `login_hint`
    pub login_hint: Option<String>,
}

/// A successful answer (RFC 6749 section 5.1, RFC 8693 section 2.2.1).
#[derive(Debug)]
pub struct TokenResponse {
    /// `access_token`
    pub access_token: Secret,
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
    /// Handles a token request.
    pub async fn token(
        &self,
        request: TokenRequest,
        credentials: Credentials,
    ) -> Result<TokenResponse, EndpointError> {
        let Some(grant_type) = request.grant_type.as_deref().filter(|text| !text.is_empty()) else {
            return Err(EndpointError::InvalidRequest("The parameter grant_type is missing.".into()));
        };
        let grant = GrantType::from_code(grant_type).ok_or(EndpointError::UnsupportedGrantType)?;
        let client = self.authenticate(&credentials).await?;
        let ip = credentials.ip.as_deref();
        match grant {
            GrantType::AuthorizationCode => self.by_code(&client, request, ip).await,
            GrantType::RefreshToken => self.by_refresh_token(&client, request, ip).await,
            GrantType::TokenVault => self.by_vault(&client, request, ip).await,
        }
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
    match oidc.store.audit().append(&[event.from_ip(ip)]).await {
        Ok(()) => error,
        Err(failed) => failed.into(),
    }
}

fn required<'a, T>(value: &'a Option<T>, name: &str) -> Result<&'a T, EndpointError> {
    value.as_ref().ok_or_else(|| EndpointError::InvalidRequest(format!("The parameter {name} is missing.")))
}

/// The grant must be switched on for the client.
fn allowed(client: &Client, grant: GrantType) -> Result<(), EndpointError> {
    if client.may_use(grant) {
        return Ok(());
    }
    Err(EndpointError::UnauthorizedClient(format!(
        "This application may not use the grant “{}”. An administrator can switch it on in its settings.",
        grant.label()
    )))
}

/// An access or refresh token that is about to be issued.
struct Minted<T> {
    token: Secret,
    hash: TokenHash,
    grant: T,
}

fn mint<T>(oidc: &Oidc, prefix: &str, grant: T) -> Minted<T> {
    let token = format!("{prefix}{}", rng::token(oidc.rng.as_ref()));
    Minted { hash: TokenHash::of(&token), token: Secret::new(token), grant }
}

fn mint_access(
    oidc: &Oidc,
    client: &Client,
    user_id: &UserId,
    family_id: &FamilyId,
    scopes: &Scopes,
    audience: Option<&str>,
    now: Timestamp,
) -> Minted<AccessGrant> {
    let grant = AccessGrant {
        client_id: client.id.clone(),
        user_id: user_id.clone(),
        family_id: family_id.clone(),
        scopes: scopes.clone(),
        audience: audience.map(str::to_owned),
        expires_at: now.plus_seconds(ACCESS_SECONDS),
    };
    mint(oidc, "cfa_", grant)
}

/// A family's state as its first refresh token; stored with the family even where none is handed out.
fn mint_refresh(
    oidc: &Oidc,
    client: &Client,
    family_id: &FamilyId,
    scopes: &Scopes,
    sign_in: &SignIn,
    now: Timestamp,
) -> Minted<RefreshToken> {
    let grant = RefreshToken {
        family_id: family_id.clone(),
        client_id: client.id.clone(),
        user_id: sign_in.user_id.clone(),
        scopes: scopes.clone(),
        auth_time: sign_in.auth_time,
        session_id: sign_in.session_id.clone(),
        issued_at: now,
        rotated_at: None,
        idle_expires_at: now.plus_seconds(IDLE_SECONDS),
        family_expires_at: now.plus_seconds(ABSOLUTE_SECONDS),
        revoked_at: None,
    };
    mint(oidc, "cfr_", grant)
}
