//! The authorization endpoint (RFC 6749 section 3.1, OpenID Connect Core section 3.1.2).

pub(crate) mod checks;
mod request;
mod response;

use std::collections::HashMap;

use coffer_core::{
    authorization::{AnswerTo, AuthorizationRequest, INTERACTION_SECONDS, Interaction, SignIn, Stage},
    client::Client,
    connection::Connection,
    rng,
    user::User,
};
use coffer_crypto::TokenHash;
use url::Url;

pub(crate) use request::{Valid, once};
pub use response::AuthorizationResponse;

use crate::{Browser, Oidc, error::PageError};

/// Parameters of an authorization request, each at most once (RFC 6749 section 3.1).
pub type Params = HashMap<String, String>;

/// What the browser is shown next.
#[derive(Debug)]
pub enum Next {
    /// The sign-in page, for this interaction.
    SignIn(String),
    /// The provider.
    Provider(Url),
    /// The consent page, for this interaction.
    Consent(String),
    /// The page that asks before an account is connected, for this session.
    Connect(String),
    /// The person's own page.
    MyAccount,
    /// The end of a window in which an administrator tried a connection.
    Tried {
        /// Whether it works.
        worked: bool,
    },
    /// The client's redirect URI.
    Client(AuthorizationResponse),
    /// The end of letting a device in.
    DeviceDone {
        /// Name of the application on the device.
        application: String,
        /// Whether it was let in.
        allowed: bool,
    },
    /// One of the client's redirect URIs, at the end of a connect session.
    Application(Url),
}

impl Oidc {
    /// Handles an authorization request. `repeated` names parameters that came more than once.
    pub async fn authorize(
        &self,
        params: &Params,
        repeated: &[String],
        browser: &Browser,
    ) -> Result<Next, PageError> {
        let pushed = self.pushed(params, repeated).await?;
        let Valid { request, client, named } = match &pushed {
            Some(params) => self.validated(params, &[], true).await?,
            None => self.validated(params, repeated, false).await?,
        };
        let known = self.known_user(&request, &client, named.as_ref(), browser).await?;
        if !request.prompt.none {
            return self.begin(request, &client, known, named, browser).await;
        }
        let refused = |code, text| self.refused(&request, &client, code, text, browser);
        let Some(sign_in) = known else {
            return refused("login_required", "Nobody is signed in.").await;
        };
        if self.needs_consent(&request, &client, &sign_in).await? {
            return refused("consent_required", "The user has not consented yet.").await;
        }
        match &request.answer {
            AnswerTo::Client(to) => self.issue_code(&request, to, sign_in).await.map(Next::Client),
            AnswerTo::Device { .. } => Err(PageError::Gone),
        }
    }

    /// Keeps a request for this browser, and begins to answer it: by who is `known`, else `through` one
    /// connection, else through the one that the person chooses.
    pub(crate) async fn begin(
        &self,
        request: AuthorizationRequest,
        client: &Client,
        known: Option<SignIn>,
        through: Option<Connection>,
        browser: &Browser,
    ) -> Result<Next, PageError> {
        let stage = match &known {
            Some(sign_in) => Stage::Consent { sign_in: sign_in.clone() },
            None => Stage::SignIn,
        };
        let handle = rng::token(self.rng.as_ref());
        let interaction = Interaction {
            request,
            stage,
            browser_hash: *browser.hash.as_bytes(),
            expires_at: self.clock.now().plus_seconds(INTERACTION_SECONDS),
        };
        self.store.interactions().create(&TokenHash::of(&handle), &interaction).await?;
        match (known, through) {
            (Some(_), _) => self.after_sign_in(&handle, &interaction, client, browser).await,
            (None, Some(connection)) => self
                .to_provider(&handle, &interaction, client, &connection, None, browser)
                .await
                .map(Next::Provider),
            (None, None) => Ok(Next::SignIn(handle)),
        }
    }

    /// The user of a sign-in that still counts: neither deleted nor signed out everywhere since.
    pub(crate) async fn present_user(&self, sign_in: &SignIn) -> Result<Option<User>, PageError> {
        let user = self.store.users().get(&sign_in.user_id).await?;
        Ok(user.filter(|user| user.signed_out_at.is_none_or(|at| sign_in.auth_time > at)))
    }

    /// The browser's sign-in, if it is good enough for this request.
    async fn known_user(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        named: Option<&Connection>,
        browser: &Browser,
    ) -> Result<Option<SignIn>, PageError> {
        let prompt = request.prompt;
        // A named connection with prompt=consent, or further scopes for it, is a question to the provider.
        let ask_provider = named.is_some() && (prompt.consent || !request.connection_scopes.is_empty());
        if prompt.login || prompt.select_account || ask_provider && !prompt.none {
            return Ok(None);
        }
        let Some(sign_in) = browser.recent(request.max_age, self.clock.now()) else { return Ok(None) };
        let Some(user) = self.present_user(sign_in).await? else { return Ok(None) };
        if request.person.as_ref().is_some_and(|person| *person != user.id) {
            return Ok(None);
        }
        if named.is_some_and(|connection| connection.id != user.connection_id) {
            return Ok(None);
        }
        let enabled = self.store.connections().is_enabled(&user.connection_id, &client.id).await?;
        Ok(enabled.then(|| sign_in.clone()))
    }
}
