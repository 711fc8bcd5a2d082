//! Browser sessions, through tower-sessions: one for administrators, one for end users.

use axum::{
    extract::{FromRequestParts, Request},
    http::{StatusCode, request::Parts},
    middleware::Next,
    response::Response,
};
use coffer_core::{authorization::SignIn, rng};
use coffer_crypto::TokenHash;
use coffer_oidc::{Browser, error::PageError};
use coffer_store::Sessions;
use time::Duration;
use tower_sessions::{Expiry, Session, SessionManagerLayer, cookie::SameSite};

use crate::{AppState, network::Origin};

/// An administrator's session ends after this long without a request.
const CONSOLE_IDLE: Duration = Duration::hours(1);
/// An end user's session ends this long after the sign-in.
const HOSTED_LIFE: Duration = Duration::days(3);

const BROWSER: &str = "browser";
const SIGN_IN: &str = "sign_in";

fn layer(state: &AppState, realm: &'static str, life: Duration) -> SessionManagerLayer<Sessions> {
    let secure = state.oidc.issuer().url().scheme() == "https";
    // The prefix makes browsers insist on Secure, no Domain and the whole site as Path.
    let prefix = if secure { "__Host-" } else { "" };
    let store = Sessions::new(state.oidc.store().clone(), state.clock.clone(), realm);
    SessionManagerLayer::new(store)
        .with_name(format!("{prefix}coffer_{realm}"))
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(life))
}

/// Sessions of the dashboard. Every request counts as activity.
pub(crate) fn console_layer(state: &AppState) -> SessionManagerLayer<Sessions> {
    layer(state, "console", CONSOLE_IDLE).with_always_save(true)
}

/// The same where hosted pages are: a session of the dashboard does not go on by them.
pub(crate) fn console_beside_layer(state: &AppState) -> SessionManagerLayer<Sessions> {
    layer(state, "console", CONSOLE_IDLE)
}

/// The browser's session of the dashboard, where the request's own is that of the hosted pages.
#[derive(Clone)]
pub(crate) struct ConsoleSession(pub(crate) Session);

/// Makes room for the session of the hosted pages.
pub(crate) async fn set_console_aside(mut request: Request, next: Next) -> Response {
    if let Some(session) = request.extensions_mut().remove::<Session>() {
        request.extensions_mut().insert(ConsoleSession(session));
    }
    next.run(request).await
}

/// Sessions of the hosted pages.
pub(crate) fn hosted_layer(state: &AppState) -> SessionManagerLayer<Sessions> {
    layer(state, "session", HOSTED_LIFE)
}

/// The end user's session, from an extractor.
pub(crate) struct HostedSession {
    session: Session,
    origin: Origin,
}

impl FromRequestParts<AppState> for HostedSession {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let session = Session::from_request_parts(parts, state).await?;
        let origin = parts.extensions.get::<Origin>().cloned();
        let origin = origin.ok_or((StatusCode::INTERNAL_SERVER_ERROR, "the request has no origin"))?;
        Ok(Self { session, origin })
    }
}

fn inside(error: tower_sessions::session::Error) -> PageError {
    PageError::Inside(format!("session: {error}"))
}

impl HostedSession {
    /// Number under which the log knows the request.
    pub(crate) fn request_id(&self) -> &str {
        &self.origin.request_id
    }

    /// Where the request came from.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The browser, as far as it is known; one without a session matches no interaction.
    pub(crate) async fn browser(&self) -> Result<Browser, PageError> {
        let secret: Option<String> = self.session.get(BROWSER).await.map_err(inside)?;
        self.describe(&secret.unwrap_or_default()).await
    }

    /// The browser, which must have a session already: what begins now is bound to it.
    pub(crate) async fn begun_browser(&self) -> Result<Browser, PageError> {
        let secret: Option<String> = self.session.get(BROWSER).await.map_err(inside)?;
        self.describe(&secret.ok_or(PageError::Gone)?).await
    }

    /// The browser, with a session from now on.
    pub(crate) async fn known_browser(&self, state: &AppState) -> Result<Browser, PageError> {
        let secret = match self.session.get::<String>(BROWSER).await.map_err(inside)? {
            Some(secret) => secret,
            None => {
                let secret = rng::token(state.rng.as_ref());
                self.session.insert(BROWSER, &secret).await.map_err(inside)?;
                secret
            }
        };
        self.describe(&secret).await
    }

    async fn describe(&self, secret: &str) -> Result<Browser, PageError> {
        Ok(Browser {
            hash: TokenHash::of(secret),
            sign_in: self.session.get(SIGN_IN).await.map_err(inside)?,
            ip: self.origin.ip.clone(),
        })
    }

    /// Somebody signed in: the session gets a new id, so that one planted before is worth nothing.
    pub(crate) async fn sign_in(&self, sign_in: &SignIn) -> Result<(), PageError> {
        self.session.cycle_id().await.map_err(inside)?;
        self.session.insert(SIGN_IN, sign_in).await.map_err(inside)
    }

    /// The session ends.
    pub(crate) async fn sign_out(&self) -> Result<(), PageError> {
        self.session.flush().await.map_err(inside)
    }
}
