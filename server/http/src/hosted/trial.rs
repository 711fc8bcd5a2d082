//! The window in which an administrator tries a connection.

use axum::{
    extract::{Query, State},
    response::Response,
};
use coffer_oidc::authorize::Next;

use super::{answer, sign_in::Handle};
use crate::{AppState, session::HostedSession};

/// `GET /u/try`
pub(crate) async fn open_try(
    State(state): State<AppState>,
    session: HostedSession,
    Query(query): Query<Handle>,
) -> Response {
    let outcome = async {
        let browser = session.known_browser(&state).await?;
        let url = state.oidc.open_try(&query.handle, &browser).await?;
        Ok(url.map_or(Next::Tried { worked: false }, Next::Provider))
    };
    answer::next(&state, session.request_id(), outcome.await)
}
