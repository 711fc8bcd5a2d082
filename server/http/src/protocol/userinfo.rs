//! User-info endpoint.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use coffer_crypto::Secret;

use super::error;
use crate::AppState;

/// `GET|POST /userinfo`
pub(crate) async fn userinfo(State(state): State<AppState>, headers: HeaderMap) -> Response {
    match state.oidc.userinfo(bearer(&headers).as_ref()).await {
        Ok(claims) => Json(claims).into_response(),
        Err(refused) => error::answer(&refused),
    }
}

/// The token of `Authorization: Bearer` (RFC 6750 section 2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token.trim()))
}
