//! `/authorize`, by query or by form (OpenID Connect Core section 3.1.2.1).

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    response::Response,
};
use coffer_oidc::authorize::Params;

use super::answer;
use crate::{AppState, session::HostedSession};

/// `GET /authorize`
pub(crate) async fn authorize(
    State(state): State<AppState>,
    session: HostedSession,
    RawQuery(query): RawQuery,
) -> Response {
    run(&state, &session, query.unwrap_or_default().as_bytes()).await
}

/// `POST /authorize`
pub(crate) async fn authorize_by_form(
    State(state): State<AppState>,
    session: HostedSession,
    body: Bytes,
) -> Response {
    run(&state, &session, &body).await
}

async fn run(state: &AppState, session: &HostedSession, encoded: &[u8]) -> Response {
    let (mut params, mut repeated) = (Params::new(), Vec::new());
    for (name, value) in url::form_urlencoded::parse(encoded) {
        if params.insert(name.to_string(), value.into_owned()).is_some() {
            repeated.push(name.into_owned());
        }
    }
    // Nothing is begun without a page: a frame that asks again and again leaves no sessions behind.
    let silent = params.get("prompt").is_some_and(|prompt| prompt == "none");
    let outcome = async {
        let browser = if silent { session.browser().await? } else { session.known_browser(state).await? };
        state.oidc.authorize(&params, &repeated, &browser).await
    };
    answer::next(state, session.request_id(), outcome.await)
}
