//! Connect and complete: the two calls of an application that connects an account for its user.
//! What the browser does between them stands in [`crate::connect`].

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_core::{
    Scopes, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    connect::{CONNECT_SECONDS, ConnectRequest, ConnectSession, ConnectStage, ConnectedAccount},
    connection::Connection,
    ids::ConnectSessionId,
    rng,
};
use coffer_crypto::{Secret, TokenHash};
use coffer_federation::ProviderTokens;
use coffer_vault::{Consented, Tokens};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{CREATE, Caller, ConnectedAccountView, FieldProblem, MyAccountError, accounts::view};
use crate::{Oidc, presented::Presented, redirect};

/// The body of a connect request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConnectParams {
    /// `connection`: its name.
    pub connection: Option<String>,
    /// `redirect_uri`: one of the application's callback URLs.
    pub redirect_uri: Option<String>,
    /// `state`
    pub state: Option<String>,
    /// `code_challenge`
    pub code_challenge: Option<String>,
    /// `code_challenge_method`: `S256`
    pub code_challenge_method: Option<String>,
    /// `scopes`: further ones to ask of the provider.
    pub scopes: Vec<String>,
    /// `authorization_params`: of these `scope`, `login_hint` and `prompt` travel to the provider.
    pub authorization_params: Map<String, Value>,
}

/// The answer to a connect request.
#[derive(Debug)]
pub struct Connecting {
    /// `auth_session`
    pub auth_session: Secret,
    /// `connect_uri`
    pub connect_uri: String,
    /// `connect_params.ticket`
    pub ticket: Secret,
    /// `expires_in`, in seconds.
    pub expires_in: i64,
}

/// The body of a complete request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CompleteRequest {
    /// `auth_session`
    pub auth_session: Option<Secret>,
    /// `connect_code`
    pub connect_code: Option<Secret>,
    /// `redirect_uri`, the same as before.
    pub redirect_uri: Option<String>,
    /// `code_verifier`
    pub code_verifier: Option<Secret>,
}

/// The account that was connected.
pub type Completed = ConnectedAccountView;

impl Oidc {
    /// `POST /me/v1/connected-accounts/connect`. The body is read once it is known who asks.
    pub async fn begin_connect(
        &self,
        access: &Presented,
        params: impl FnOnce() -> Result<ConnectParams, MyAccountError>,
    ) -> Result<Connecting, MyAccountError> {
        let caller = self.caller(access, &[CREATE]).await?;
        let request = self.checked(&caller, params()?).await?;
        let now = self.clock.now();
        let [auth_session, ticket] = std::array::from_fn(|_| rng::token(self.rng.as_ref()));
        let session = ConnectSession {
            request,
            stage: ConnectStage::Ticket,
            browser_hash: None,
            created_at: now,
            expires_at: now.plus_seconds(CONNECT_SECONDS),
        };
        let id = ConnectSessionId::generate(self.rng.as_ref());
        let sessions = self.store.connect_sessions();
        sessions.create(&id, &TokenHash::of(&auth_session), &TokenHash::of(&ticket), &session).await?;
        Ok(Connecting {
            auth_session: Secret::new(auth_session),
            connect_uri: self.issuer.at("connect"),
            ticket: Secret::new(ticket),
            expires_in: CONNECT_SECONDS,
        })
    }

    /// The request, once every member of it holds; all that is wrong is said at once.
    async fn checked(
        &self,
        caller: &Caller,
        params: ConnectParams,
    ) -> Result<ConnectRequest, MyAccountError> {
        let mut problems = Vec::new();
        let mut wrong =
            |field, detail: &str| problems.push(FieldProblem { field, detail: detail.to_owned() });
        let given = |value: Option<String>| value.filter(|text| !text.is_empty());
        let connection = match given(params.connection) {
            None => {
                wrong("connection", "Name the connection.");
                None
            }
            Some(name) => match self.connectable(caller, &name).await? {
                Ok(connection) => Some(connection),
                Err(text) => {
                    wrong("connection", text);
                    None
                }
            },
        };
        let redirect_uri = given(params.redirect_uri).unwrap_or_default();
        if !redirect::is_registered(&caller.client, &redirect_uri) {
            wrong(
                "redirect_uri",
                "The redirect_uri must be one of the application's callback URLs, exactly.",
            );
        }
        let code_challenge = given(params.code_challenge).unwrap_or_default();
        let base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if code_challenge.len() != 43 || !code_challenge.bytes().all(base64url) {
            wrong("code_challenge", "Send an S256 code_challenge: 43 base64url characters.");
        }
        if params.code_challenge_method.as_deref() != Some("S256") {
            wrong("code_challenge_method", "Use code_challenge_method S256.");
        }
        let text =
            |name: &str| params.authorization_params.get(name).and_then(Value::as_str).map(str::to_owned);
        let scopes: Scopes = params
            .scopes
            .iter()
            .flat_map(|scope| scope.split_ascii_whitespace())
            .map(str::to_owned)
            .chain(text("scope").iter().flat_map(|scope| scope.split_ascii_whitespace()).map(str::to_owned))
            .collect();
        if scopes.iter().any(|scope| !coffer_contract::validate::is_scope_token(scope)) {
            wrong("scopes", "A scope has no spaces, quotes or backslashes.");
        }
        match connection {
            Some(connection) if problems.is_empty() => Ok(ConnectRequest {
                user_id: caller.user.id.clone(),
                client_id: caller.client.id.clone(),
                connection_id: connection.id,
                redirect_uri,
                state: params.state,
                code_challenge,
                scopes,
                login_hint: text("login_hint"),
                prompt: text("prompt"),
            }),
            _ => Err(MyAccountError::Invalid(problems)),
        }
    }

    /// The connection, if accounts can be connected through it for this application.
    pub(super) async fn connectable(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<Result<Connection, &'static str>, MyAccountError> {
        let Some(connection) = self.store.connections().by_name(name).await? else {
            return Ok(Err("There is no connection of this name."));
        };
        if !self.store.connections().is_enabled(&connection.id, &caller.client.id).await? {
            return Ok(Err("The connection is not enabled for this application."));
        }
        Ok(match (connection.purpose.connects(), connection.vault_enabled) {
            (false, _) => {
                Err("The connection is for signing in alone; its purpose can be changed in its settings.")
            }
            (_, false) => Err("The token vault is not enabled for the connection."),
            _ => Ok(connection),
        })
    }

    /// `POST /me/v1/connected-accounts/complete`
    pub async fn complete_connect(
        &self,
        access: &Presented,
        request: impl FnOnce() -> Result<CompleteRequest, MyAccountError>,
        ip: Option<&str>,
    ) -> Result<Completed, MyAccountError> {
        let caller = self.caller(access, &[CREATE]).await?;
        let request = request()?;
        let missing: Vec<_> = [
            ("auth_session", request.auth_session.is_none()),
            ("connect_code", request.connect_code.is_none()),
            ("redirect_uri", request.redirect_uri.is_none()),
            ("code_verifier", request.code_verifier.is_none()),
        ]
        .into_iter()
        .filter(|(_, missing)| *missing)
        .map(|(field, _)| FieldProblem { field, detail: format!("The member {field} is missing.") })
        .collect();
        let (Some(auth_session), Some(code), Some(redirect_uri), Some(verifier)) =
            (request.auth_session, request.connect_code, request.redirect_uri, request.code_verifier)
        else {
            return Err(MyAccountError::Invalid(missing));
        };
        let now = self.clock.now();
        let found =
            self.store.connect_sessions().by_auth_session(&TokenHash::of(auth_session.reveal()), now).await?;
        let found = found.ok_or(MyAccountError::InvalidSession("the auth session is unknown or ended"))?;
        let asked = &found.session.request;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.reveal().as_bytes()));
        let checks = [
            (asked.user_id == caller.user.id, "the access token is another user's"),
            (asked.client_id == caller.client.id, "the access token is another application's"),
            (asked.redirect_uri == redirect_uri, "the redirect URI is another one"),
            (
                Secret::new(challenge) == Secret::new(asked.code_challenge.as_str()),
                "the code verifier is wrong",
            ),
            (
                found.code.as_deref().and_then(TokenHash::from_slice) == Some(TokenHash::of(code.reveal())),
                "the connect code is wrong",
            ),
        ];
        if let Some((_, reason)) = checks.into_iter().find(|(holds, _)| !holds) {
            return Err(self.refuse_connect(&caller, &found.session, reason, ip).await);
        }
        let Ok((_, account)) = found.session.stage.completed(now) else {
            return Err(self.refuse_connect(&caller, &found.session, "the connect code has ended", ip).await);
        };
        let Some(sealed) = &found.tokens else {
            return Err(MyAccountError::Inside(format!("connect session {} holds no tokens", found.id)));
        };
        let held = self
            .open_held(&found.id, sealed)
            .await
            .map_err(|error| MyAccountError::Inside(error.to_string()))?;
        if !self.store.connect_sessions().end(&found.id, &found.session.stage).await? {
            return Err(MyAccountError::InvalidSession("the session was completed before"));
        }
        self.keep_account(&caller, &found.session, account, held, now, ip).await
    }

    async fn keep_account(
        &self,
        caller: &Caller,
        session: &ConnectSession,
        account: ConnectedAccount,
        held: Tokens,
        now: Timestamp,
        ip: Option<&str>,
    ) -> Result<Completed, MyAccountError> {
        let connection = self.store.connections().get(&session.request.connection_id).await?;
        let connection = connection.ok_or(MyAccountError::InvalidSession("the connection was deleted"))?;
        let consented = Consented {
            user_id: &caller.user.id,
            connection: &connection,
            provider_user_id: &account.provider_user_id,
            label: account.label.as_deref(),
            tokens: ProviderTokens {
                access_token: held.access_token,
                refresh_token: held.refresh_token,
                scopes: account.granted.clone(),
                expires_in: account.expires_in,
                refresh_expires_in: account.refresh_expires_in,
            },
            asked: &account.asked,
            obtained_at: account.obtained_at,
            ip,
        };
        let id = self.vault.keep(consented).await?;
        let text = format!(
            "{} connected the account {} for its user.",
            caller.client.name,
            account.label.as_deref().unwrap_or(&account.provider_user_id)
        );
        let event =
            AuditEvent::new(now, EventCode::AccountConnected, Actor::User(caller.user.id.clone()), text)
                .client(&caller.client.id)
                .connection(&connection.name)
                .user(&caller.user.id)
                .account(&id)
                .from_ip(ip);
        self.store.audit().record(event).await?;
        let set = self.store.token_sets().get(&id).await?.ok_or(MyAccountError::NotFound)?;
        Ok(view(set, &connection))
    }

    async fn refuse_connect(
        &self,
        caller: &Caller,
        session: &ConnectSession,
        reason: &'static str,
        ip: Option<&str>,
    ) -> MyAccountError {
        let actor = Actor::Client(caller.client.id.clone());
        let text = format!("Refused to complete a connection: {reason}.");
        let event = AuditEvent::new(self.clock.now(), EventCode::AccountConnectFailed, actor, text)
            .client(&caller.client.id)
            .user(&session.request.user_id)
            .from_ip(ip);
        match self.store.audit().record(event).await {
            Ok(()) => MyAccountError::InvalidSession(reason),
            Err(error) => error.into(),
        }
    }
}
