//! The browser's part of connecting an account: it brings the ticket, the person agrees and goes to the
//! provider, and carries a connect code back to the application.

use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    connect::{ConnectRequest, ConnectSession, ConnectStage, ConnectedAccount, TICKET_SECONDS},
    connection::Connection,
    ids::ConnectSessionId,
    rng,
};
use coffer_crypto::{Context, Sealed, TokenHash};
use coffer_store::FoundSession;
use coffer_vault::{Tokens, TokensError};
use url::Url;

use crate::{
    Browser, Oidc,
    authorize::Next,
    consent::vault_consent,
    error::PageError,
    trip::{DepartError, Errand, Return, Trip, TripError},
    upstream::account_label,
};

/// What the page shows that asks the person before the provider does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectView {
    /// Names the session.
    pub session: String,
    /// The application's name.
    pub application: String,
    /// The person's name.
    pub person: String,
    /// The connection's name for people.
    pub connection: String,
    /// What the application may then do there, in words.
    pub scopes: Vec<String>,
}

/// Where tokens stand between the provider's answer and the application's completion.
fn context(id: &ConnectSessionId) -> Context<'_> {
    Context { table: "connect_sessions", row: id.as_str(), column: "tokens" }
}

impl Oidc {
    /// `GET /connect`: the browser brings the ticket, which works once, within five minutes.
    pub async fn open_ticket(&self, ticket: &str, browser: &Browser) -> Result<Next, PageError> {
        let now = self.clock.now();
        let found = self.store.connect_sessions().by_ticket(&TokenHash::of(ticket), now).await?;
        let found = found.ok_or(PageError::Gone)?;
        let opened = found.session.stage.opened().map_err(|_| PageError::Gone)?;
        if now >= found.session.created_at.plus_seconds(TICKET_SECONDS) {
            return Err(PageError::Gone);
        }
        self.same_person(&found.session.request, browser)?;
        let sessions = self.store.connect_sessions();
        if !sessions.open(&found.id, &found.session.stage, &opened, &browser.hash).await? {
            return Err(PageError::Gone);
        }
        let (client, connection) = self.parties(&found.session.request).await?;
        let granted = self.store.consents().get(&found.session.request.user_id, &client.id).await?;
        if client.first_party || granted.contains(&vault_consent(&connection)) {
            return self.leave(&found.id, &found.session.request, &client, &connection, browser).await;
        }
        Ok(Next::Connect(found.id.to_string()))
    }

    /// Somebody else is signed in here: the account would be connected to a stranger (or by one).
    fn same_person(&self, request: &ConnectRequest, browser: &Browser) -> Result<(), PageError> {
        match &browser.sign_in {
            Some(sign_in) if sign_in.user_id != request.user_id => Err(PageError::refused(
                "access_denied",
                "You are signed in here as somebody else than the person this application asks for. Sign out of \
                 one of them, then start again from the application.",
            )),
            _ => Ok(()),
        }
    }

    async fn parties(&self, request: &ConnectRequest) -> Result<(Client, Connection), PageError> {
        let client = self.store.clients().get(&request.client_id).await?.ok_or(PageError::Gone)?;
        let connection =
            self.store.connections().get(&request.connection_id).await?.ok_or(PageError::Gone)?;
        Ok((client, connection))
    }

    /// The session, if it is this browser's and stands where the person is asked.
    async fn connect_session(&self, id: &str, browser: &Browser) -> Result<FoundSession, PageError> {
        let id = ConnectSessionId::from_text(id);
        let found = self.store.connect_sessions().get(&id, self.clock.now()).await?;
        found
            .filter(|found| found.session.browser_hash.map(TokenHash::from_bytes) == Some(browser.hash))
            .filter(|found| found.session.stage == ConnectStage::Browser)
            .ok_or(PageError::Gone)
    }

    /// The page that asks the person.
    pub async fn connect_view(&self, id: &str, browser: &Browser) -> Result<ConnectView, PageError> {
        let found = self.connect_session(id, browser).await?;
        let request = &found.session.request;
        let (client, connection) = self.parties(request).await?;
        let user = self.store.users().get(&request.user_id).await?.ok_or(PageError::Gone)?;
        let (name, scopes) = self.vault_view(&connection, &request.scopes);
        Ok(ConnectView {
            session: id.to_owned(),
            application: client.name,
            person: user.profile.label().unwrap_or(&user.provider_user_id).to_owned(),
            connection: name,
            scopes,
        })
    }

    /// The person's answer.
    pub async fn decide_connect(&self, id: &str, allow: bool, browser: &Browser) -> Result<Next, PageError> {
        let found = self.connect_session(id, browser).await?;
        let request = &found.session.request;
        let (client, connection) = self.parties(request).await?;
        let now = self.clock.now();
        if !allow {
            let failed = TripError::Refused { code: "access_denied".into(), description: None };
            return self.connect_failed(&found, &client, &connection, &failed, browser).await;
        }
        let asked = std::iter::once(vault_consent(&connection)).collect();
        let text = format!("Consented to the use of {} by {}.", connection.display_name, client.name);
        let event =
            AuditEvent::new(now, EventCode::UserConsented, Actor::User(request.user_id.clone()), text)
                .client(&client.id)
                .connection(&connection.name)
                .user(&request.user_id)
                .from_ip(browser.ip.as_deref());
        self.store.consents().grant(&request.user_id, &client.id, &asked, now, event).await?;
        self.leave(&found.id, request, &client, &connection, browser).await
    }

    async fn leave(
        &self,
        id: &ConnectSessionId,
        request: &ConnectRequest,
        client: &Client,
        connection: &Connection,
        browser: &Browser,
    ) -> Result<Next, PageError> {
        let hint = request.login_hint.as_deref();
        let further = self.with_granted(&request.user_id, connection, hint, request.scopes.clone()).await?;
        let trip = Trip {
            connection,
            errand: Errand::Connect { session: id.clone() },
            scopes: self.federation.scopes_for(connection, &further),
            login_hint: hint,
            prompt: request.prompt.as_deref(),
        };
        match self.depart(trip, browser).await {
            Ok(url) => Ok(Next::Provider(url)),
            Err(DepartError::Page(error)) => Err(error),
            Err(DepartError::Upstream(error)) => {
                let found =
                    self.store.connect_sessions().get(id, self.clock.now()).await?.ok_or(PageError::Gone)?;
                self.connect_failed(&found, client, connection, &error.into(), browser).await
            }
        }
    }

    /// The provider sent the browser back: the tokens are held, and a connect code goes to the application.
    pub(crate) async fn back_to_connect(
        &self,
        id: &ConnectSessionId,
        back: Return,
        browser: &Browser,
    ) -> Result<Next, PageError> {
        let found = self.connect_session(id.as_str(), browser).await?;
        let (client, connection) = self.parties(&found.session.request).await?;
        let signed_in = match back.outcome {
            Ok(signed_in) => signed_in,
            Err(error) => return self.connect_failed(&found, &client, &connection, &error, browser).await,
        };
        let account = ConnectedAccount {
            label: account_label(&signed_in.profile),
            provider_user_id: signed_in.provider_user_id,
            asked: back.asked,
            granted: signed_in.tokens.scopes.clone(),
            expires_in: signed_in.tokens.expires_in,
            refresh_expires_in: signed_in.tokens.refresh_expires_in,
            obtained_at: back.at,
        };
        let connected =
            found.session.stage.connected(account, self.clock.now()).map_err(|_| PageError::Gone)?;
        let tokens = Tokens {
            access_token: signed_in.tokens.access_token,
            refresh_token: signed_in.tokens.refresh_token,
        };
        let sealed = tokens.seal(&self.keyring, self.rng.as_ref(), context(id));
        let sealed = sealed.map_err(|error| PageError::Inside(error.to_string()))?;
        let code = rng::token(self.rng.as_ref());
        let sessions = self.store.connect_sessions();
        if !sessions.connected(id, &found.session.stage, &connected, &TokenHash::of(&code), &sealed).await? {
            return Err(PageError::Gone);
        }
        to_application(&found.session.request, &[("connect_code", &code)])
    }

    /// The tokens that a session holds.
    pub(crate) async fn open_held(
        &self,
        id: &ConnectSessionId,
        sealed: &Sealed,
    ) -> Result<Tokens, TokensError> {
        Tokens::open(&self.keyring, context(id), sealed).await
    }

    /// Ends the session and tells the application why.
    async fn connect_failed(
        &self,
        found: &FoundSession,
        client: &Client,
        connection: &Connection,
        error: &TripError,
        browser: &Browser,
    ) -> Result<Next, PageError> {
        let ConnectSession { request, stage, .. } = &found.session;
        let text = format!("Connecting {} failed: {error}.", connection.display_name);
        let actor = Actor::User(request.user_id.clone());
        let event = AuditEvent::new(self.clock.now(), EventCode::AccountConnectFailed, actor, text)
            .client(&client.id)
            .connection(&connection.name)
            .user(&request.user_id)
            .from_ip(browser.ip.as_deref());
        self.store.audit().record(event).await?;
        self.store.connect_sessions().end(&found.id, stage).await?;
        let (code, description) = match error.declined() {
            true => ("access_denied", "The user declined."),
            false => ("server_error", "The provider did not connect the account. The server's log says why."),
        };
        to_application(request, &[("error", code), ("error_description", description)])
    }
}

fn to_application(request: &ConnectRequest, params: &[(&str, &str)]) -> Result<Next, PageError> {
    let mut url = Url::parse(&request.redirect_uri).map_err(|error| PageError::Inside(error.to_string()))?;
    url.query_pairs_mut().extend_pairs(params);
    if let Some(state) = &request.state {
        url.query_pairs_mut().append_pair("state", state);
    }
    Ok(Next::Application(url))
}
