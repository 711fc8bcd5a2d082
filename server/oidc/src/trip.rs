//! A browser's trip to a provider and back, whatever it is for: every trip has a state, a nonce and a
//! PKCE verifier of its own, is bound to the browser, and ends once.

use coffer_core::{
    Scopes, Timestamp,
    authorization::{UPSTREAM_SECONDS, UpstreamLogin},
    connection::Connection,
    hex::hex,
    ids::ConnectSessionId,
    rng,
};
use coffer_crypto::{Context, Secret, TokenHash};
use coffer_federation::{AuthorizationExtras, SignedIn, Upstream, UpstreamError};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Browser, Oidc, error::PageError};

/// What a trip is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "errand", rename_all = "snake_case")]
pub(crate) enum Errand {
    /// The interaction of an authorization request, by its handle.
    SignIn { handle: String },
    /// An application's connect session.
    Connect { session: ConnectSessionId },
    /// The person's own page.
    MyAccount,
    /// The person connects an account of theirs again, on their own page.
    Reconnect { user_id: String, account: String },
    /// A further account for a device, by the handle of its interaction.
    Further { handle: String },
    /// An administrator tries the connection; names the try.
    Try { handle: String },
    /// An administrator signs in to the dashboard, or links an account. The dashboard's session knows which.
    Administrator,
}

/// What only this server may know of a trip: sealed beside the row.
#[derive(Serialize, Deserialize)]
struct Sealed {
    errand: Errand,
    nonce: String,
    code_verifier: String,
}

/// A trip about to begin.
pub(crate) struct Trip<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) errand: Errand,
    pub(crate) scopes: Scopes,
    pub(crate) login_hint: Option<&'a str>,
    pub(crate) prompt: Option<&'a str>,
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
    /// The connection whose own callback it came to, from the path.
    #[serde(skip)]
    pub through: Option<String>,
}

/// A browser that came back.
pub(crate) struct Return {
    pub(crate) errand: Errand,
    pub(crate) connection: Connection,
    /// What was asked of the provider.
    pub(crate) asked: Scopes,
    /// When the code was sent to the provider.
    pub(crate) at: Timestamp,
    /// Who signed in there, or why nobody did.
    pub(crate) outcome: Result<SignedIn, TripError>,
}

/// A trip did not bring anybody back.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum TripError {
    /// The provider's redirect carried an error.
    #[error("the provider answered {code}{}", description.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Refused { code: String, description: Option<String> },
    /// The provider, or what it answered, was not as it must be.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
}

impl TripError {
    /// The provider's OAuth error code, if there is one.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } | Self::Upstream(UpstreamError::Provider { code, .. }) => Some(code),
            Self::Upstream(_) => None,
        }
    }

    /// The person, or somebody for them, said no.
    pub(crate) fn declined(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "access_denied")
    }
}

/// A trip could not begin.
pub(crate) enum DepartError {
    Upstream(UpstreamError),
    Page(PageError),
}

impl<E: Into<PageError>> From<E> for DepartError {
    fn from(error: E) -> Self {
        Self::Page(error.into())
    }
}

impl Oidc {
    /// Where to send the browser.
    pub(crate) async fn depart(&self, trip: Trip<'_>, browser: &Browser) -> Result<Url, DepartError> {
        self.depart_bound(trip, &browser.hash).await
    }

    /// The same; whoever comes back must have what hashes to `bound_to`.
    pub(crate) async fn depart_bound(
        &self,
        trip: Trip<'_>,
        bound_to: &TokenHash,
    ) -> Result<Url, DepartError> {
        let Trip { connection, errand, scopes, login_hint, prompt } = trip;
        let [state, nonce, code_verifier] = std::array::from_fn(|_| rng::token(self.rng.as_ref()));
        let verifier = Secret::new(code_verifier.clone());
        let secret = self.vault.client_secret(connection).await?;
        let callback_url = self.issuer.callback_of(connection);
        let upstream = Upstream { connection, client_secret: secret.as_ref(), redirect_uri: &callback_url };
        let extras = AuthorizationExtras {
            scopes: &scopes,
            login_hint,
            prompt,
            state: &state,
            nonce: &nonce,
            code_verifier: &verifier,
        };
        let url = self.federation.authorization(&upstream, extras).await.map_err(DepartError::Upstream)?;
        let state_hash = TokenHash::of(&state);
        let login = UpstreamLogin {
            connection_id: connection.id.clone(),
            browser_hash: *bound_to.as_bytes(),
            scopes,
            expires_at: self.clock.now().plus_seconds(UPSTREAM_SECONDS),
        };
        let inside = |error: serde_json::Error| PageError::Inside(error.to_string());
        let plain = serde_json::to_vec(&Sealed { errand, nonce, code_verifier }).map_err(inside)?;
        let row = hex(state_hash.as_bytes());
        let sealed = self.keyring.seal(self.rng.as_ref(), context(&row), &plain);
        self.store.upstream_logins().create(&state_hash, &login, &sealed).await?;
        Ok(url)
    }

    /// Takes the trip of a browser that came back, and exchanges its code. `console` binds the trip that the browser's
    /// session of the dashboard is on, if it is on one.
    pub(crate) async fn come_back(
        &self,
        params: CallbackParams,
        browser: &Browser,
        console: Option<&TokenHash>,
    ) -> Result<Return, PageError> {
        let state = params.state.as_deref().ok_or(PageError::Gone)?;
        let state_hash = TokenHash::of(state);
        let now = self.clock.now();
        let (login, sealed) =
            self.store.upstream_logins().take(&state_hash, now).await?.ok_or(PageError::Gone)?;
        let row = hex(state_hash.as_bytes());
        let plain =
            self.keyring.open(context(&row), &sealed).await.map_err(|e| PageError::Inside(e.to_string()))?;
        let sealed: Sealed = serde_json::from_slice(&plain).map_err(|e| PageError::Inside(e.to_string()))?;
        let began = match sealed.errand {
            Errand::Administrator => console,
            _ => Some(&browser.hash),
        };
        // Another browser's answer: somebody tries to sign this person in to an account not theirs.
        if began.is_none_or(|hash| TokenHash::from_bytes(login.browser_hash) != *hash) {
            tracing::warn!("a provider's answer came back in another browser than the one that asked");
            return Err(PageError::Gone);
        }
        let connection = self.store.connections().get(&login.connection_id).await?.ok_or(PageError::Gone)?;
        // Another provider's answer: the one that was asked may have sent the browser on to it, to be handed its
        // code (mix-up, RFC 9700 section 4.4).
        if params.through.as_deref() != connection.options.own_callback.then_some(&*connection.name) {
            tracing::warn!(connection = %connection.name, "a provider's answer came to another connection's callback");
            return Err(PageError::Gone);
        }
        let outcome = self.exchange_at(&connection, params, &sealed, &login.scopes, now).await?;
        Ok(Return { errand: sealed.errand, connection, asked: login.scopes, at: now, outcome })
    }

    async fn exchange_at(
        &self,
        connection: &Connection,
        params: CallbackParams,
        sealed: &Sealed,
        asked: &Scopes,
        now: Timestamp,
    ) -> Result<Result<SignedIn, TripError>, PageError> {
        if let Some(code) = params.error {
            // The text comes from outside: shortened, and without control characters.
            let clean = |text: &str| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
            let description =
                params.error_description.as_deref().map(clean).filter(|text| !text.trim().is_empty());
            return Ok(Err(TripError::Refused { code: clean(&code), description }));
        }
        let Some(code) = params.code else { return Err(PageError::Gone) };
        let secret = self.vault.client_secret(connection).await?;
        let callback_url = self.issuer.callback_of(connection);
        let upstream = Upstream { connection, client_secret: secret.as_ref(), redirect_uri: &callback_url };
        if let Err(error) = self.federation.check_issuer(connection, params.iss.as_deref()).await {
            return Ok(Err(error.into()));
        }
        let verifier = Secret::new(sealed.code_verifier.clone());
        let exchanged =
            self.federation.exchange_code(&upstream, &code, &verifier, &sealed.nonce, asked, now).await;
        Ok(exchanged.map_err(Into::into))
    }
}

fn context(row: &str) -> Context<'_> {
    Context { table: "upstream_logins", row, column: "secrets" }
}
