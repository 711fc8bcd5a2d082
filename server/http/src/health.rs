//! Health checks.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use coffer_store::Trouble;

use crate::AppState;

/// How long an answer about writing holds: each costs a commit.
const WRITING: Duration = Duration::from_secs(10);

/// When writing was last tried, and what came of it.
#[derive(Debug, Default)]
pub(crate) struct Writing(Mutex<Option<(Instant, Result<(), Trouble>)>>);

impl Writing {
    /// What came of it, if that was a moment ago. An outage is looked at anew each time.
    fn known(&self) -> bool {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|(at, outcome)| outcome.is_ok() && at.elapsed() < WRITING)
    }

    fn keep(&self, outcome: Result<(), Trouble>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), outcome));
    }
}

/// The process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// The process can do its work: the database is there, and can be read and written.
pub(crate) async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    let store = state.oidc.store();
    let mut outcome = store.can_read().await;
    if outcome.is_ok() && !state.1.known() {
        outcome = store.can_write(state.clock.now()).await;
        state.1.keep(outcome);
    }
    match outcome {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(trouble) => {
            tracing::error!(%trouble, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, format!("{trouble}\n"))
        }
    }
}
