//! The sign-in page, and the way to the provider and back.

use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use coffer_app::hosted::{ConnectionButton, SignInPage};
use coffer_oidc::{authorize::Next, error::PageError, upstream::CallbackParams};
use serde::Deserialize;

use super::answer;
use crate::{AppState, session::HostedSession};

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
    let outcome = async {
        let browser = session.browser().await?;
        state.oidc.sign_in_view(&query.handle, &browser).await
    };
    match outcome.await {
        Err(error) => answer::failed(&state, session.request_id(), &error),
        Ok(view) => {
            let none = "No way to sign in is enabled for this application yet. Its administrator can enable a \
                        connection for it.";
            let page = SignInPage {
                application: view.application,
                handle: query.handle,
                error: view.connections.is_empty().then(|| none.to_owned()),
                connections: view
                    .connections
                    .into_iter()
                    .map(|c| ConnectionButton { name: c.name, label: c.label, strategy: c.strategy })
                    .collect(),
            };
            answer::html(StatusCode::OK, page.render(&answer::frame(&state)))
        }
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

/// `GET /login/callback`: the redirect URI registered at every provider.
pub(crate) async fn callback(
    State(state): State<AppState>,
    session: HostedSession,
    Query(params): Query<CallbackParams>,
) -> Response {
    let outcome: Result<Next, PageError> = async {
        let browser = session.browser().await?;
        let returned = state.oidc.callback(params, &browser).await?;
        session.sign_in(&returned.sign_in).await?;
        Ok(returned.next)
    }
    .await;
    answer::next(&state, session.request_id(), outcome)
}
