//! The authorization endpoint (RFC 6749 section 3.1, OpenID Connect Core section 3.1.2).

mod checks;
mod response;

use std::collections::HashMap;

use coffer_contract::application::GrantType;
use coffer_core::{
    authorization::{AuthorizationRequest, INTERACTION_SECONDS, Interaction, SignIn, Stage},
    client::Client,
    connection::Connection,
    ids::ClientId,
    rng,
    user::User,
};
use coffer_crypto::TokenHash;
use url::Url;

pub use response::AuthorizationResponse;

use crate::{Browser, Oidc, apis::InvalidTarget, error::PageError, redirect, registration::DocumentError};

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
        let (client, redirect_uri) = self.trusted_client(params, repeated).await?;
        let fail = |code: &'static str, description: &str| {
            let mode = checks::response_mode(params).unwrap_or_default();
            let state = params.get("state").map(String::as_str);
            let answer =
                AuthorizationResponse::error(self.issuer(), &redirect_uri, mode, state, code, description);
            PageError::ToClient(Box::new(answer))
        };
        let refuse = |fault: checks::Fault| fail(fault.code, &fault.description);
        let wanted = checks::wanted_api(params).map_err(refuse)?;
        let found = self.user_target(&client, wanted.as_deref(), &checks::asked(params)).await?;
        let (target, mut scopes) = found.map_err(|InvalidTarget(text)| fail("invalid_target", &text))?;
        if !(target.offline_access() && client.may_use(GrantType::RefreshToken)) {
            scopes.remove("offline_access");
        }
        let for_api = (self.audience_of(&target), scopes);
        let request = checks::validate(params, repeated, &client, &redirect_uri, for_api).map_err(refuse)?;
        if !client.may_use(GrantType::AuthorizationCode) {
            return Err(fail(
                "unauthorized_client",
                "This application may not use the authorization code grant.",
            ));
        }
        let named =
            self.named_connection(&request, &client).await?.map_err(|text| fail("invalid_request", text))?;
        let known = self.known_user(&request, &client, named.as_ref(), browser).await?;
        if request.prompt.none {
            let Some(sign_in) = known else {
                return Err(fail("login_required", "Nobody is signed in."));
            };
            if self.needs_consent(&request, &client, &sign_in).await? {
                return Err(fail("consent_required", "The user has not consented yet."));
            }
            return Ok(Next::Client(self.issue_code(&request, sign_in).await?));
        }
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
        match (known, named) {
            (Some(_), _) => self.after_sign_in(&handle, &interaction, &client).await,
            (None, Some(connection)) => self
                .to_provider(&handle, &interaction, &client, &connection, None, browser)
                .await
                .map(Next::Provider),
            (None, None) => Ok(Next::SignIn(handle)),
        }
    }

    /// Client and redirect URI, exactly as registered: errors before this point are shown, never sent
    /// (RFC 6749 section 4.1.2.1, RFC 9700 section 2.1).
    async fn trusted_client(
        &self,
        params: &Params,
        repeated: &[String],
    ) -> Result<(Client, String), PageError> {
        let once = |name: &str| {
            params.get(name).filter(|value| !value.is_empty() && !repeated.iter().any(|r| r == name))
        };
        let Some(id) = once("client_id") else {
            return Err(PageError::refused(
                "invalid_request",
                "The address lacks the application's client_id.",
            ));
        };
        let found = self.client(&ClientId::from_text(id)).await.map_err(|error| match error {
            DocumentError::Refused(text) => PageError::refused("invalid_client", text),
            DocumentError::Store(error) => error.into(),
        })?;
        let Some(client) = found else {
            return Err(PageError::refused("invalid_client", "No application has this client_id."));
        };
        let Some(redirect_uri) = once("redirect_uri") else {
            return Err(PageError::refused(
                "invalid_request",
                "The address lacks the application's redirect_uri.",
            ));
        };
        if !redirect::is_registered(&client, redirect_uri) {
            tracing::info!(client = %client.id, "an authorization request named a redirect URI that is not registered");
            return Err(PageError::refused(
                "invalid_request",
                "The address to return to is not one of the application's callback URLs. An administrator \
                 can add it under Applications > Settings > Allowed callback URLs.",
            ));
        }
        Ok((client, redirect_uri.clone()))
    }

    /// The connection that the request names, if it names one.
    async fn named_connection(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
    ) -> Result<Result<Option<Connection>, &'static str>, PageError> {
        let Some(name) = &request.connection else { return Ok(Ok(None)) };
        let Some(connection) = self.store.connections().by_name(name).await? else {
            return Ok(Err("The connection does not exist."));
        };
        if !self.store.connections().is_enabled(&connection.id, &client.id).await? {
            return Ok(Err("The connection is not enabled for this application."));
        }
        if !connection.purpose.signs_in() {
            return Ok(Err("The connection is not for signing in."));
        }
        Ok(Ok(Some(connection)))
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
        if named.is_some_and(|connection| connection.id != user.connection_id) {
            return Ok(None);
        }
        let enabled = self.store.connections().is_enabled(&user.connection_id, &client.id).await?;
        Ok(enabled.then(|| sign_in.clone()))
    }
}
