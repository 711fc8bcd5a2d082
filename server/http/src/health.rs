//! Health checks.

use axum::{extract::State, http::StatusCode, response::IntoResponse};

use crate::AppState;

/// The process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// The process can do its work: the database answers.
pub(crate) async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    match state.oidc.store().ping().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::error!(%error, "not ready: the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}
