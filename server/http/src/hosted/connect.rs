//! Connecting an account: the ticket, and the page that asks first.

use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use coffer_app::hosted::ConnectPage;
use serde::Deserialize;

use super::answer;
use crate::{AppState, session::HostedSession};

/// What an application sends the browser with.
#[derive(Deserialize)]
pub(crate) struct Ticket {
    #[serde(default)]
    ticket: String,
}

/// `GET /connect`
pub(crate) async fn open_ticket(
    State(state): State<AppState>,
    session: HostedSession,
    Query(query): Query<Ticket>,
) -> Response {
    let outcome = async {
        let browser = session.known_browser(&state).await?;
        state.oidc.open_ticket(&query.ticket, &browser).await
    };
    answer::next(&state, session.request_id(), outcome.await)
}

/// Names a connect session.
#[derive(Deserialize)]
pub(crate) struct Session {
    #[serde(default)]
    session: String,
    #[serde(default)]
    decision: String,
}

/// `GET /u/connect`
pub(crate) async fn connect_page(
    State(state): State<AppState>,
    session: HostedSession,
    Query(query): Query<Session>,
) -> Response {
    let outcome = async {
        let browser = session.browser().await?;
        state.oidc.connect_view(&query.session, &browser).await
    };
    match outcome.await {
        Err(error) => answer::failed(&state, session.request_id(), &error),
        Ok(view) => {
            let page = ConnectPage {
                session: view.session,
                application: view.application,
                person: view.person,
                connection: view.connection,
                scopes: view.scopes,
            };
            answer::html(StatusCode::OK, page.render(&answer::frame(&state)))
        }
    }
}

/// `POST /u/connect`
pub(crate) async fn decide_connect(
    State(state): State<AppState>,
    session: HostedSession,
    Form(form): Form<Session>,
) -> Response {
    let outcome = async {
        let browser = session.browser().await?;
        state.oidc.decide_connect(&form.session, form.decision == "allow", &browser).await
    };
    answer::next(&state, session.request_id(), outcome.await)
}
