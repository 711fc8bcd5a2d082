//! Endpoints that clients call.

mod body;
mod error;
mod registration;
mod requests;
mod token;
mod unique;
mod userinfo;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use coffer_oidc::error::EndpointError;
use coffer_store::StoreError;

use crate::AppState;

pub(crate) use registration::{change_registration, delete_registration, register, registration};
pub(crate) use requests::{device_code, push};
pub(crate) use token::{introspect, revoke, token};
pub(crate) use userinfo::userinfo;

/// Server metadata (RFC 8414, OpenID Connect Discovery 1.0).
pub(crate) async fn metadata(State(state): State<AppState>) -> Response {
    match state.oidc.metadata().await {
        Ok(document) => cached(Json(document)),
        Err(error) => failed(&error),
    }
}

/// Public signing keys (RFC 7517).
pub(crate) async fn jwks(State(state): State<AppState>) -> Response {
    match state.oidc.jwks().await {
        Ok(document) => cached_for(state.oidc.keys().cache_seconds(), Json(document)),
        Err(error) => failed(&error),
    }
}

/// What a registered API tells its clients about this server (RFC 9728).
pub(crate) async fn protected_resource(State(state): State<AppState>, Path(id): Path<String>) -> Response {
    match state.oidc.protected_resource(&id).await {
        Ok(Some(document)) => cached(Json(document)),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => failed(&error),
    }
}

/// The answer to a request of which no endpoint can make sense.
pub(crate) fn invalid_request(description: &str) -> Response {
    error::answer(&EndpointError::InvalidRequest(description.to_owned()))
}

fn failed(error: &StoreError) -> Response {
    tracing::error!(%error, "a document could not be made");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// An answer that nobody may keep (RFC 6749 section 5.1).
fn fresh(status: StatusCode, body: impl IntoResponse) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn cached(document: impl IntoResponse) -> Response {
    cached_for(300, document)
}

fn cached_for(seconds: u32, document: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, format!("public, max-age={seconds}"))], document).into_response()
}
