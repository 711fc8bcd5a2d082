//! To the provider and back.

use coffer_core::{
    Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    authorization::{Interaction, SignIn, Stage, UPSTREAM_SECONDS, UpstreamLogin},
    client::Client,
    connection::Connection,
    ids::UserId,
    rng,
    user::User,
};
use coffer_crypto::{Context, Secret, TokenHash};
use coffer_federation::{AuthorizationExtras, SignedIn, Upstream, UpstreamError};
use coffer_vault::Consented;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Browser, Oidc, authorize::Next, error::PageError};

/// What only this server may know of a user on the way: sealed beside the row.
#[derive(Serialize, Deserialize)]
struct Sealed {
    handle: String,
    nonce: String,
    code_verifier: String,
}

/// What the provider's redirect carried (RFC 6749 section 4.1.2, RFC 9207).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CallbackParams {
    /// `state`
    pub state: Option<String>,
    /// `code`
    pub code: Option<Secret>,
    /// `error`
    pub error: Option<String>,
    /// `error_description`
    pub error_description: Option<String>,
    /// `iss`
    pub iss: Option<String>,
}

/// Somebody signed in at the provider.
#[derive(Debug)]
pub struct Returned {
    /// Who: the browser session is renewed with it.
    pub sign_in: SignIn,
    /// What the browser is shown next.
    pub next: Next,
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
        self.to_provider(handle, &interaction, &client, &chosen, browser).await
    }

    /// Sends the browser to the provider, with a state, nonce and PKCE verifier of its own.
    pub(crate) async fn to_provider(
        &self,
        handle: &str,
        interaction: &Interaction,
        client: &Client,
        connection: &Connection,
        browser: &Browser,
    ) -> Result<Url, PageError> {
        if interaction.stage != Stage::SignIn {
            return Err(PageError::Gone);
        }
        let request = &interaction.request;
        let [state, nonce, code_verifier] = std::array::from_fn(|_| rng::token(self.rng.as_ref()));
        let scopes = self.federation.scopes_for(connection, &request.connection_scopes);
        let prompt = request.prompt;
        let asked = match (prompt.consent, prompt.select_account, prompt.login) {
            (true, ..) => Some("consent"),
            (_, true, _) => Some("select_account"),
            (.., true) => Some("login"),
            _ => None,
        };
        let verifier = Secret::new(code_verifier.clone());
        let secret = self.vault.client_secret(connection).await?;
        let callback_url = self.issuer.callback_url();
        let upstream = Upstream { connection, client_secret: secret.as_ref(), redirect_uri: &callback_url };
        let extras = AuthorizationExtras {
            scopes: &scopes,
            login_hint: request.login_hint.as_deref(),
            prompt: asked,
            state: &state,
            nonce: &nonce,
            code_verifier: &verifier,
        };
        let url = match self.federation.authorization(&upstream, extras).await {
            Ok(url) => url,
            Err(error) => return Err(self.failed_sign_in(client, connection, &error, browser).await),
        };
        let state_hash = TokenHash::of(&state);
        let login = UpstreamLogin {
            interaction_hash: *TokenHash::of(handle).as_bytes(),
            connection_id: connection.id.clone(),
            browser_hash: *browser.hash.as_bytes(),
            scopes,
            expires_at: self.clock.now().plus_seconds(UPSTREAM_SECONDS),
        };
        let inside = |error: serde_json::Error| PageError::Inside(error.to_string());
        let plain = serde_json::to_vec(&Sealed { handle: handle.to_owned(), nonce, code_verifier })
            .map_err(inside)?;
        let row = hex(state_hash.as_bytes());
        let sealed = self.keyring.seal(self.rng.as_ref(), context(&row), &plain);
        self.store.upstream_logins().create(&state_hash, &login, &sealed).await?;
        Ok(url)
    }

    /// The provider sent the browser back.
    pub async fn callback(&self, params: CallbackParams, browser: &Browser) -> Result<Returned, PageError> {
        let state = params.state.as_deref().ok_or(PageError::Gone)?;
        let state_hash = TokenHash::of(state);
        let now = self.clock.now();
        let (login, sealed) =
            self.store.upstream_logins().take(&state_hash, now).await?.ok_or(PageError::Gone)?;
        // Another browser's answer: somebody tries to sign this person in to an account not theirs.
        if TokenHash::from_bytes(login.browser_hash) != browser.hash {
            tracing::warn!("a provider's answer came back in another browser than the one that asked");
            return Err(PageError::Gone);
        }
        let row = hex(state_hash.as_bytes());
        let plain =
            self.keyring.open(context(&row), &sealed).map_err(|e| PageError::Inside(e.to_string()))?;
        let Sealed { handle, nonce, code_verifier } =
            serde_json::from_slice(&plain).map_err(|e| PageError::Inside(e.to_string()))?;
        let (interaction, client) = self.interaction(&handle, browser).await?;
        let connection = self.store.connections().get(&login.connection_id).await?.ok_or(PageError::Gone)?;

        if let Some(error) = params.error {
            return Err(self
                .provider_refused(
                    &interaction,
                    &client,
                    &connection,
                    &error,
                    params.error_description,
                    browser,
                )
                .await);
        }
        let secret = self.vault.client_secret(&connection).await?;
        let callback_url = self.issuer.callback_url();
        let upstream =
            Upstream { connection: &connection, client_secret: secret.as_ref(), redirect_uri: &callback_url };
        let exchanged = match params.code {
            Some(code) => match self.federation.check_issuer(&connection, params.iss.as_deref()).await {
                Ok(()) => {
                    let verifier = Secret::new(code_verifier);
                    self.federation
                        .exchange_code(&upstream, &code, &verifier, &nonce, &login.scopes, now)
                        .await
                }
                Err(error) => Err(error),
            },
            None => return Err(PageError::Gone),
        };
        let signed_in = match exchanged {
            Ok(signed_in) => signed_in,
            Err(error) => return Err(self.failed_sign_in(&client, &connection, &error, browser).await),
        };
        let sign_in = self.admit(&connection, &client, signed_in, &login, now, browser).await?;
        let stage = interaction.stage.signed_in(sign_in.clone()).map_err(|_| PageError::Gone)?;
        if !self.store.interactions().advance(&TokenHash::of(&handle), &interaction.stage, &stage).await? {
            return Err(PageError::Gone);
        }
        let interaction = Interaction { stage, ..interaction };
        let next = self.after_sign_in(&handle, &interaction, &client).await?;
        Ok(Returned { sign_in, next })
    }

    /// Stores the user and, where the vault is on, the provider's tokens.
    async fn admit(
        &self,
        connection: &Connection,
        client: &Client,
        signed_in: SignedIn,
        login: &UpstreamLogin,
        now: Timestamp,
        browser: &Browser,
    ) -> Result<SignIn, PageError> {
        let SignedIn { tokens, provider_user_id, profile } = signed_in;
        let user = User {
            id: user_id(connection, &provider_user_id),
            connection_id: connection.id.clone(),
            provider_user_id: provider_user_id.clone(),
            profile,
            created_at: now,
            updated_at: now,
            last_sign_in_at: now,
        };
        let event = AuditEvent::new(
            now,
            EventCode::UserSignedIn,
            Actor::User(user.id.clone()),
            format!("Signed in to {} through {}.", client.name, connection.display_name),
        )
        .client(&client.id)
        .connection(&connection.name)
        .user(&user.id)
        .from_ip(browser.ip.as_deref());
        self.store.users().sign_in(&user, event).await?;
        if connection.vault_enabled {
            let consented = Consented {
                user_id: &user.id,
                connection,
                provider_user_id: &provider_user_id,
                tokens,
                asked: &login.scopes,
                obtained_at: now,
                ip: browser.ip.as_deref(),
            };
            self.vault.keep(consented).await?;
        }
        Ok(SignIn { user_id: user.id, auth_time: now, session_id: rng::alphanumeric(self.rng.as_ref(), 22) })
    }

    /// The provider's redirect carried an error. Declining goes back to the client; the rest is shown.
    async fn provider_refused(
        &self,
        interaction: &Interaction,
        client: &Client,
        connection: &Connection,
        error: &str,
        description: Option<String>,
        browser: &Browser,
    ) -> PageError {
        // The text comes from outside: shortened, and without control characters.
        let clean = |text: &str| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
        let reason = match description.as_deref().filter(|text| !text.is_empty()) {
            Some(text) => format!("{}: {}", clean(error), clean(text)),
            None => clean(error),
        };
        let text = format!("{} answered {reason}.", connection.display_name);
        if let Err(error) = self.record_failure(client, connection, text, browser).await {
            return error;
        }
        if error == "access_denied" {
            let answer =
                self.refusal(&interaction.request, "access_denied", "The user declined at the provider.");
            return PageError::ToClient(Box::new(answer));
        }
        PageError::Provider {
            outside: format!("{} could not sign you in ({}).", connection.display_name, clean(error)),
        }
    }

    async fn failed_sign_in(
        &self,
        client: &Client,
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

    async fn record_failure(
        &self,
        client: &Client,
        connection: &Connection,
        text: String,
        browser: &Browser,
    ) -> Result<(), PageError> {
        let actor = Actor::Anonymous(String::new());
        let event = AuditEvent::new(self.clock.now(), EventCode::UserSignInFailed, actor, text)
            .client(&client.id)
            .connection(&connection.name)
            .from_ip(browser.ip.as_deref());
        Ok(self.store.audit().append(&[event]).await?)
    }
}

fn context(row: &str) -> Context<'_> {
    Context { table: "upstream_logins", row, column: "secrets" }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `strategy|subject` for the connection named like its strategy, else `strategy|name|subject`.
/// Names hold no bar, and the short form is used only for subjects without one, so no two users of
/// different connections share an id.
fn user_id(connection: &Connection, subject: &str) -> UserId {
    UserId::from_text(if connection.name == connection.strategy && !subject.contains('|') {
        format!("{}|{subject}", connection.strategy)
    } else {
        format!("{}|{}|{subject}", connection.strategy, connection.name)
    })
}
