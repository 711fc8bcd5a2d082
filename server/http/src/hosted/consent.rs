//! The consent page.

use axum::{
    Form,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use coffer_app::hosted::{ConsentPage, DeviceLine, ScopeLine, VaultLine};
use serde::Deserialize;

use super::{answer, sign_in::Handle};
use crate::{AppState, session::HostedSession};

/// `GET /u/consent`
pub(crate) async fn consent_page(
    State(state): State<AppState>,
    session: HostedSession,
    Query(query): Query<Handle>,
) -> Response {
    let outcome = async {
        let browser = session.browser().await?;
        state.oidc.consent_view(&query.handle, &browser).await
    };
    match outcome.await {
        Err(error) => answer::failed(&state, session.request_id(), &error),
        Ok(view) => {
            let page = ConsentPage {
                application: view.application,
                note: view.note,
                person: view.person,
                email: view.email,
                handle: query.handle,
                scopes: view.scopes.into_iter().map(|(value, words)| ScopeLine { value, words }).collect(),
                vault: view
                    .vault
                    .into_iter()
                    .map(|(connection, scopes)| VaultLine { connection, scopes })
                    .collect(),
                device: view.device.map(|device| DeviceLine { connects: device.connects }),
            };
            answer::html(StatusCode::OK, page.render(&answer::frame(&state)))
        }
    }
}

/// What the consent page sends.
#[derive(Deserialize)]
pub(crate) struct Decision {
    #[serde(default)]
    handle: String,
    #[serde(default)]
    decision: String,
}

/// `POST /u/consent`
pub(crate) async fn decide(
    State(state): State<AppState>,
    session: HostedSession,
    Form(form): Form<Decision>,
) -> Response {
    let outcome = async {
        let browser = session.browser().await?;
        state.oidc.decide(&form.handle, form.decision == "allow", &browser).await
    };
    answer::next(&state, session.request_id(), outcome.await)
}
