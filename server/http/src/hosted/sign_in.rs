//! The sign-in page, and the way to the provider and back.

use axum::{
    Form,
    extract::{Extension, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use coffer_app::hosted::{ConnectionButton, SignInPage};
use coffer_oidc::{CallbackParams, error::PageError, pages::Choice as Way, upstream::Returned};
use serde::Deserialize;

use super::answer;
use crate::{
    AppState,
    session::{ConsoleSession, HostedSession},
    through,
};

/// Names an interaction.
#[derive(Deserialize)]
pub(crate) struct Handle {
    #[serde(default)]
    pub(super) handle: String,
}

/// `GET /u/sign-in`
pub(crate) async fn sign_in_page(
    State(state): State<AppState>,
    session: HostedSession,
    Query(query): Query<Handle>,
) -> Response {
    show(&state, &session, query.handle, None).await
}

/// The page, after an address that leads nowhere with what was entered.
async fn show(
    state: &AppState,
    session: &HostedSession,
    handle: String,
    unknown: Option<String>,
) -> Response {
    let outcome = async {
        let browser = session.browser().await?;
        state.oidc.sign_in_view(&handle, &browser).await
    };
    match outcome.await {
        Err(error) => answer::failed(state, session.request_id(), &error),
        Ok(view) => {
            let button = |c: Way| ConnectionButton { name: c.name, label: c.label, strategy: c.strategy };
            let address_error = unknown.as_ref().map(|address| no_company(address));
            let page = SignInPage {
                application: view.application,
                handle,
                connections: view.connections.into_iter().map(button).collect(),
                by_address: view.by_address,
                address: unknown.or(view.login_hint).unwrap_or_default(),
                address_error,
            };
            let status =
                if page.address_error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            answer::html(status, page.render(&answer::frame(state)))
        }
    }
}

fn no_company(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((_, domain)) if !domain.is_empty() => {
            format!("No company sign-in is set up for {domain}. Check the address, or choose another way.")
        }
        _ => "Enter your whole e-mail address, such as ada@example.com.".to_owned(),
    }
}

/// What the sign-in page sends.
#[derive(Deserialize)]
pub(crate) struct Choice {
    #[serde(default)]
    handle: String,
    #[serde(default)]
    connection: String,
}

/// `POST /u/sign-in`
pub(crate) async fn choose(
    State(state): State<AppState>,
    session: HostedSession,
    Form(form): Form<Choice>,
) -> Response {
    let outcome = async {
        let browser = session.browser().await?;
        state.oidc.choose(&form.handle, &form.connection, &browser).await
    };
    match outcome.await {
        Ok(url) => Redirect::to(url.as_str()).into_response(),
        Err(error) => answer::failed(&state, session.request_id(), &error),
    }
}

/// An e-mail address, entered on the sign-in page.
#[derive(Deserialize)]
pub(crate) struct Address {
    #[serde(default)]
    handle: String,
    #[serde(default)]
    address: String,
}

/// `POST /u/identify`
pub(crate) async fn identify(
    State(state): State<AppState>,
    session: HostedSession,
    Form(form): Form<Address>,
) -> Response {
    let outcome = async {
        let browser = session.browser().await?;
        state.oidc.identify(&form.handle, &form.address, &browser).await
    };
    match outcome.await {
        Ok(Some(url)) => Redirect::to(url.as_str()).into_response(),
        Ok(None) => show(&state, &session, form.handle, Some(form.address)).await,
        Err(error) => answer::failed(&state, session.request_id(), &error),
    }
}

/// `GET /login/callback`: the redirect URI registered at providers.
pub(crate) async fn callback(
    State(state): State<AppState>,
    session: HostedSession,
    Extension(console): Extension<ConsoleSession>,
    Query(params): Query<CallbackParams>,
) -> Response {
    come_back(&state, &session, console, params).await
}

/// `GET /login/callback/{connection}`: that of a connection which has one of its own.
pub(crate) async fn own_callback(
    State(state): State<AppState>,
    session: HostedSession,
    Extension(console): Extension<ConsoleSession>,
    Path(connection): Path<String>,
    Query(params): Query<CallbackParams>,
) -> Response {
    come_back(&state, &session, console, CallbackParams { through: Some(connection), ..params }).await
}

async fn come_back(
    state: &AppState,
    session: &HostedSession,
    console: ConsoleSession,
    params: CallbackParams,
) -> Response {
    let visit = through::visit(state, console.0, session.origin());
    let outcome: Result<Response, PageError> = async {
        let browser = session.browser().await?;
        let awaited = visit.awaited().await.map_err(through::inside)?;
        let next = match state.oidc.callback(params, &browser, awaited.as_ref()).await? {
            Returned::SignedIn { sign_in, next } => {
                session.sign_in(&sign_in).await?;
                next
            }
            Returned::Next(next) => next,
            Returned::Administrator { connection, outcome } => {
                return through::arrive(&visit, &connection, outcome).await;
            }
        };
        Ok(answer::next(state, session.request_id(), Ok(next)))
    }
    .await;
    outcome.unwrap_or_else(|error| answer::failed(state, session.request_id(), &error))
}
