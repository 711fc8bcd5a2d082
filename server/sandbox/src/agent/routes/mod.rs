//! The agent's addresses.

mod ending;
mod sign_in;
mod steps;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    middleware::from_fn_with_state,
    response::{Html, IntoResponse as _, Response},
    routing::{get, post},
};

use super::{Agent, guard, pages, visit::Visit};

/// Longest form that is read, in bytes: a note of the longest kind, percent-encoded.
const LONGEST_FORM: usize = 16 * 1024;

pub(super) fn router(agent: Arc<Agent>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/agent.css", get(stylesheet))
        .route("/sign-in", get(sign_in::begin))
        .route("/callback", get(sign_in::finish))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/signed-out", get(signed_out))
        .route("/exchange", post(steps::exchange))
        .route("/notes", post(steps::notes))
        .route("/notes/add", post(steps::add_note))
        .route("/renew", post(ending::renew))
        .route("/revoke", post(ending::revoke))
        .route("/retry", post(ending::retry))
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
        .layer(from_fn_with_state(agent.clone(), guard::guard))
        .with_state(agent)
}

async fn home(State(agent): State<Arc<Agent>>, visit: Visit) -> Html<String> {
    let Some(adopted) = agent.adopted() else { return pages::not_set_up(&agent.at("console")) };
    let now = agent.now();
    let story =
        visit.person(&agent, |person| pages::story(&adopted, &agent.at("console"), Some(&*person), now));
    story.unwrap_or_else(|| pages::story(&adopted, &agent.at("console"), None, now))
}

async fn stylesheet() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, pages::stylesheet()).into_response()
}

async fn signed_out(State(agent): State<Arc<Agent>>) -> Html<String> {
    pages::signed_out(&agent.at("oidc/logout"))
}

async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, pages::notice("Not found", "The agent has no such page.")).into_response()
}
