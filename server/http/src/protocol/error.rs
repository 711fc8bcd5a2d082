//! Error answers (RFC 6749 section 5.2, RFC 6750 section 3).

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_oidc::{error::EndpointError, presented::TokenError};
use serde_json::json;

/// The answer to a refused request of a client, which is challenged only where it came with `Authorization`
/// (RFC 6749 section 5.2).
pub(super) fn to_client(error: &EndpointError, request: &HeaderMap) -> Response {
    let mut response = answer(error);
    if matches!(error, EndpointError::InvalidClient(_)) && !request.contains_key(header::AUTHORIZATION) {
        response.headers_mut().remove(header::WWW_AUTHENTICATE);
    }
    response
}

/// The answer to a refused request. The inside reason goes to the log alone.
pub(super) fn answer(error: &EndpointError) -> Response {
    let (status, code) = error.status_and_code();
    match error {
        EndpointError::Inside(reason) | EndpointError::Token(TokenError::Inside(reason)) => {
            tracing::error!(%reason, "a request failed")
        }
        EndpointError::Database(reason) | EndpointError::Token(TokenError::Database(reason)) => {
            tracing::error!(%reason, "a request was turned away: the database cannot do its work")
        }
        other => tracing::info!(code, reason = %other, "a request was refused"),
    }
    let body = Json(json!({ "error": code, "error_description": error.description() }));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = error.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    let challenge = match error {
        EndpointError::InvalidClient(_) => Some("Basic realm=\"coffer\"".to_owned()),
        EndpointError::Token(error) => error.challenge(),
        EndpointError::InsufficientScope(_) => {
            Some(format!("Bearer error=\"{code}\", error_description=\"{}\"", error.description()))
        }
        _ => None,
    };
    if let Some(Ok(challenge)) = challenge.map(|text| HeaderValue::from_str(&text)) {
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
