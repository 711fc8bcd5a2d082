//! What answers while the server waits for its keys: that it lives, and what it waits for.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use tower::ServiceExt as _;

/// Seconds after which a client may ask again.
const AGAIN: &str = "5";

/// A door that is opened once.
#[derive(Clone, Default)]
pub struct Gate(Arc<OnceLock<Router>>);

impl Gate {
    /// For the listener.
    pub fn router(&self) -> Router {
        Router::new().fallback(door).with_state(self.clone())
    }

    /// Requests go to this router from now on.
    pub fn open(&self, router: Router) {
        // Opened twice, it stays as it was.
        _ = self.0.set(router);
    }
}

async fn door(State(gate): State<Gate>, request: Request) -> Response {
    if let Some(router) = gate.0.get() {
        let answer: Result<Response, Infallible> = router.clone().oneshot(request).await;
        return match answer {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
    }
    match request.uri().path() {
        "/healthz" => "ok\n".into_response(),
        _ => {
            let waits = "the key service does not answer\n";
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, AGAIN)], waits).into_response()
        }
    }
}
