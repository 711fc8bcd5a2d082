//! Endpoints that clients call.

mod body;
mod error;
mod token;
mod userinfo;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use crate::AppState;

pub(crate) use token::{revoke, token};
pub(crate) use userinfo::userinfo;

/// Server metadata (RFC 8414, OpenID Connect Discovery 1.0).
pub(crate) async fn metadata(State(state): State<AppState>) -> Response {
    cached(Json(state.oidc.metadata()))
}

/// Public signing keys (RFC 7517).
pub(crate) async fn jwks(State(state): State<AppState>) -> Response {
    cached(Json(state.oidc.jwks().await))
}

fn cached(document: impl IntoResponse) -> Response {
    let mut response = document.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
