//! User-info endpoint.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};

use super::error;
use crate::{AppState, presented::Access};

/// `GET|POST /userinfo`
pub(crate) async fn userinfo(State(state): State<AppState>, Access(access): Access) -> Response {
    match state.oidc.userinfo(&access).await {
        Ok(claims) => Json(claims).into_response(),
        Err(refused) => error::answer(&refused),
    }
}
