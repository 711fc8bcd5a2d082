//! Signing in through a provider.

use coffer_core::{
    Scopes, Timestamp,
    administrator::AccountThere,
    audit::{Actor, AuditEvent, EventCode},
    authorization::{AnswerTo, Interaction, SignIn, Stage},
    client::Client,
    connection::Connection,
    ids::{ConnectionId, UserId},
    rng,
    user::User,
};
use coffer_crypto::TokenHash;
use coffer_federation::{SignedIn, UpstreamError};
use coffer_vault::Consented;
use url::Url;

use crate::{
    Browser, Oidc,
    authorize::Next,
    error::PageError,
    trip::{CallbackParams, DepartError, Errand, Return, Trip, TripError},
};

/// Where a trip to a provider ends.
#[derive(Debug)]
pub enum Returned {
    /// Somebody signed in: the browser session is renewed with it.
    SignedIn {
        /// Who.
        sign_in: SignIn,
        /// What the browser is shown next.
        next: Next,
    },
    /// Nothing changes for the browser but where it goes.
    Next(Next),
    /// An administrator is back: the dashboard's session says for what.
    Administrator {
        /// Through which connection.
        connection: ConnectionId,
        /// Whom its provider named, or why nobody.
        outcome: Result<AccountThere, String>,
    },
}

impl Oidc {
    /// The person chose a connection on the sign-in page.
    pub async fn choose(&self, handle: &str, connection: &str, browser: &Browser) -> Result<Url, PageError> {
        let (interaction, client) = self.interaction(handle, browser).await?;
        let connections = self.store.connections().enabled_for(&client.id).await?;
        let chosen = connections.into_iter().find(|c| c.name == connection && c.purpose.signs_in());
        let chosen = chosen.ok_or_else(|| {
            PageError::refused(
                "invalid_request",
                "This way to sign in is not available for the application any more.",
            )
        })?;
        self.to_provider(handle, &interaction, &client, &chosen, None, browser).await
    }

    /// Sends the browser to the provider. `address` is what the person entered to be recognised by.
    pub(crate) async fn to_provider(
        &self,
        handle: &str,
        interaction: &Interaction,
        client: &Client,
        connection: &Connection,
        address: Option<&str>,
        browser: &Browser,
    ) -> Result<Url, PageError> {
        if interaction.stage != Stage::SignIn {
            return Err(PageError::Gone);
        }
        let request = &interaction.request;
        // What a device asks of the connection it named is no question to the one that is signed in through.
        let meant = request.connection.as_ref().is_none_or(|name| *name == connection.name);
        let prompt = request.prompt;
        let asked = match (prompt.consent && meant, prompt.select_account, prompt.login) {
            (true, ..) => Some("consent"),
            (_, true, _) => Some("select_account"),
            (.., true) => Some("login"),
            _ => None,
        };
        let mut further = if meant { request.connection_scopes.clone() } else { Scopes::default() };
        if let Some(sign_in) = &browser.sign_in {
            // Asking for more keeps what was granted before.
            further = self.with_granted(&sign_in.user_id, connection, None, further).await?;
        }
        let trip = Trip {
            connection,
            errand: Errand::SignIn { handle: handle.to_owned() },
            scopes: self.federation.scopes_for(connection, &further),
            login_hint: address.or(request.login_hint.as_deref()),
            prompt: asked,
        };
        match self.depart(trip, browser).await {
            Ok(url) => Ok(url),
            Err(DepartError::Page(error)) => Err(error),
            Err(DepartError::Upstream(error)) => {
                Err(self.failed_sign_in(Some(client), connection, &error, browser).await)
            }
        }
    }

    /// `further`, and what the account that `login_hint` names (or the user's only one) was granted.
    pub(crate) async fn with_granted(
        &self,
        user: &UserId,
        connection: &Connection,
        login_hint: Option<&str>,
        mut further: Scopes,
    ) -> Result<Scopes, PageError> {
        let accounts = self.store.token_sets().for_user(user, &connection.id).await?;
        let only = accounts.len() == 1;
        let same = accounts.iter().find(|set| match login_hint {
            Some(hint) => hint == set.provider_user_id || Some(hint) == set.label.as_deref(),
            None => only,
        });
        for scope in same.iter().flat_map(|set| set.scopes.iter()) {
            further.insert(scope);
        }
        Ok(further)
    }

    /// The provider sent the browser back. `console` binds the trip that the browser's session of the dashboard is on,
    /// if it is on one.
    pub async fn callback(
        &self,
        params: CallbackParams,
        browser: &Browser,
        console: Option<&TokenHash>,
    ) -> Result<Returned, PageError> {
        let back = self.come_back(params, browser, console).await?;
        match back.errand.clone() {
            Errand::SignIn { handle } => self.back_to_sign_in(&handle, back, browser).await,
            Errand::Connect { session } => {
                self.back_to_connect(&session, back, browser).await.map(Returned::Next)
            }
            Errand::Further { handle } => {
                self.back_to_further(&handle, back, browser).await.map(Returned::Next)
            }
            Errand::MyAccount => self.back_to_my_account(back, browser).await,
            Errand::Reconnect { user_id, account } => {
                let user_id = UserId::from_text(user_id);
                self.reconnected(&user_id, &account, back, browser).await.map(Returned::Next)
            }
            Errand::Administrator => Ok(Returned::Administrator {
                connection: back.connection.id,
                outcome: back.outcome.map(account_there).map_err(|error| error.to_string()),
            }),
            Errand::Try { handle } => {
                self.back_from_try(&handle, back).await.map(|worked| Returned::Next(Next::Tried { worked }))
            }
        }
    }

    async fn back_to_sign_in(
        &self,
        handle: &str,
        back: Return,
        browser: &Browser,
    ) -> Result<Returned, PageError> {
        let (interaction, client) = self.interaction(handle, browser).await?;
        let Return { connection, asked, at, outcome, .. } = back;
        let signed_in = match outcome {
            Ok(signed_in) => signed_in,
            Err(error) => {
                let next = self.sign_in_refused(&interaction, &client, &connection, error, browser).await;
                return next.map(Returned::Next);
            }
        };
        let person = user_id(&connection, &signed_in.provider_user_id);
        if interaction.request.person.as_ref().is_some_and(|expected| *expected != person) {
            return self.somebody_else(&interaction, &client, browser).await.map(Returned::Next);
        }
        let text = format!("Signed in to {} through {}.", client.name, connection.display_name);
        let sign_in = self.admit(&connection, Some(&client), signed_in, &asked, at, text, browser).await?;
        let stage = interaction.stage.signed_in(sign_in.clone()).map_err(|_| PageError::Gone)?;
        if !self.store.interactions().advance(&TokenHash::of(handle), &interaction.stage, &stage).await? {
            return Err(PageError::Gone);
        }
        let interaction = Interaction { stage, ..interaction };
        let next = self.after_sign_in(handle, &interaction, &client, browser).await?;
        Ok(Returned::SignedIn { sign_in, next })
    }

    /// Stores the user and, where the vault is on, the provider's tokens.
    #[expect(clippy::too_many_arguments, reason = "each is a fact about one sign-in")]
    pub(crate) async fn admit(
        &self,
        connection: &Connection,
        client: Option<&Client>,
        signed_in: SignedIn,
        asked: &Scopes,
        now: Timestamp,
        text: String,
        browser: &Browser,
    ) -> Result<SignIn, PageError> {
        let SignedIn { tokens, provider_user_id, profile } = signed_in;
        let label = account_label(&profile);
        let user = User {
            id: user_id(connection, &provider_user_id),
            connection_id: connection.id.clone(),
            provider_user_id: provider_user_id.clone(),
            profile,
            created_at: now,
            updated_at: now,
            last_sign_in_at: now,
            signed_out_at: None,
        };
        let mut event = AuditEvent::new(now, EventCode::UserSignedIn, Actor::User(user.id.clone()), text)
            .connection(&connection.name)
            .user(&user.id)
            .from_ip(browser.ip.as_deref());
        event.client_id = client.map(|client| client.id.clone());
        let session_id = self.session_of(&user, browser).await?;
        self.store.users().sign_in(&user, event).await?;
        if connection.vault_enabled {
            let consented = Consented {
                user_id: &user.id,
                connection,
                provider_user_id: &provider_user_id,
                label: label.as_deref(),
                tokens,
                asked,
                obtained_at: now,
                ip: browser.ip.as_deref(),
            };
            self.vault.keep(consented).await?;
        }
        Ok(SignIn { user_id: user.id, auth_time: now, session_id })
    }

    /// The session that a sign-in belongs to: the same person signing in again goes on with theirs; anybody
    /// else ends it.
    async fn session_of(&self, user: &User, browser: &Browser) -> Result<String, PageError> {
        if let Some(before) = &browser.sign_in {
            let present = self.present_user(before).await?;
            if present.is_some_and(|known| known.id == user.id) {
                return Ok(before.session_id.clone());
            }
            self.end_session(before, "Somebody else signed in in the same browser.", browser).await?;
        }
        Ok(rng::alphanumeric(self.rng.as_ref(), 22))
    }

    /// The trip brought nobody back. Declining goes back to the client; the rest is shown.
    async fn sign_in_refused(
        &self,
        interaction: &Interaction,
        client: &Client,
        connection: &Connection,
        error: TripError,
        browser: &Browser,
    ) -> Result<Next, PageError> {
        let code = match &error {
            TripError::Upstream(error) => {
                return Err(self.failed_sign_in(Some(client), connection, error, browser).await);
            }
            TripError::Refused { code, .. } => code.clone(),
        };
        let text = format!("Sign-in through {} failed: {error}.", connection.display_name);
        self.record_failure(Some(client), connection, text, browser).await?;
        if error.declined() {
            let text = "The user declined at the provider.";
            return self.refused(&interaction.request, client, "access_denied", text, browser).await;
        }
        Err(PageError::Provider {
            outside: format!("{} could not sign you in ({code}).", connection.display_name),
        })
    }

    /// The request is for one person (`id_token_hint`), and another came back: nothing of theirs is kept.
    async fn somebody_else(
        &self,
        interaction: &Interaction,
        client: &Client,
        browser: &Browser,
    ) -> Result<Next, PageError> {
        match &interaction.request.answer {
            AnswerTo::Client(_) => {
                let text = "Another person signed in than the one of id_token_hint.";
                self.refused(&interaction.request, client, "login_required", text, browser).await
            }
            // The device goes on waiting: the right person can enter its code once more.
            AnswerTo::Device { .. } => Err(PageError::refused(
                "access_denied",
                "You signed in as another person than the one this device is for. Enter its code once more, and \
                 sign in with the account that you used before.",
            )),
        }
    }

    pub(crate) async fn failed_sign_in(
        &self,
        client: Option<&Client>,
        connection: &Connection,
        error: &UpstreamError,
        browser: &Browser,
    ) -> PageError {
        let text = format!("Sign-in through {} failed: {error}", connection.display_name);
        tracing::warn!(connection = %connection.name, %error, "a sign-in through a provider failed");
        if let Err(error) = self.record_failure(client, connection, text, browser).await {
            return error;
        }
        let outside = format!(
            "{} did not complete the sign-in. Try again; if it keeps failing, tell the people who run this \
             service. Their log says why.",
            connection.display_name
        );
        PageError::Provider { outside }
    }

    pub(crate) async fn record_failure(
        &self,
        client: Option<&Client>,
        connection: &Connection,
        text: String,
        browser: &Browser,
    ) -> Result<(), PageError> {
        let actor = Actor::Anonymous(String::new());
        let mut event = AuditEvent::new(self.clock.now(), EventCode::UserSignInFailed, actor, text)
            .connection(&connection.name)
            .from_ip(browser.ip.as_deref());
        event.client_id = client.map(|client| client.id.clone());
        Ok(self.store.audit().record(event).await?)
    }
}

fn account_there(signed_in: SignedIn) -> AccountThere {
    AccountThere { label: account_label(&signed_in.profile), provider_user_id: signed_in.provider_user_id }
}

/// What people call an account: its address, else its name.
pub(crate) fn account_label(profile: &coffer_core::user::Profile) -> Option<String> {
    profile.email.as_deref().or_else(|| profile.label()).map(str::to_owned)
}

/// `strategy|subject` for the connection named like its strategy, else `strategy|name|subject`.
/// Names hold no bar, and the short form is used only for subjects without one, so no two users of
/// different connections share an id.
pub(crate) fn user_id(connection: &Connection, subject: &str) -> UserId {
    UserId::from_text(if connection.name == connection.strategy && !subject.contains('|') {
        format!("{}|{subject}", connection.strategy)
    } else {
        format!("{}|{}|{subject}", connection.strategy, connection.name)
    })
}
