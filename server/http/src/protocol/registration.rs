//! Registration of applications (RFC 7591, RFC 7592).

use axum::{
    Json,
    body::Bytes,
    extract::{Extension, Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_oidc::error::DATABASE_RETRY;
use coffer_oidc::registration::{Registered, RegistrationError};
use serde_json::json;

use crate::{AppState, network::Origin, presented::Access};

/// `POST /oidc/register`
pub(crate) async fn register(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    Access(access): Access,
    bytes: Bytes,
) -> Response {
    match state.oidc.register(&bytes, access.token.as_ref(), origin.ip.as_deref()).await {
        Ok(registered) => answer(StatusCode::CREATED, registered),
        Err(refused) => refuse(&refused),
    }
}

/// `GET /oidc/register/{client_id}`
pub(crate) async fn registration(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Access(access): Access,
) -> Response {
    match state.oidc.registration(&id, access.token.as_ref()).await {
        Ok(registered) => answer(StatusCode::OK, registered),
        Err(refused) => refuse(&refused),
    }
}

/// `PUT /oidc/register/{client_id}`
pub(crate) async fn change_registration(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    Path(id): Path<String>,
    Access(access): Access,
    bytes: Bytes,
) -> Response {
    let changed = state.oidc.change_registration(&id, access.token.as_ref(), &bytes, origin.ip.as_deref());
    match changed.await {
        Ok(registered) => answer(StatusCode::OK, registered),
        Err(refused) => refuse(&refused),
    }
}

/// `DELETE /oidc/register/{client_id}`
pub(crate) async fn delete_registration(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    Path(id): Path<String>,
    Access(access): Access,
) -> Response {
    match state.oidc.delete_registration(&id, access.token.as_ref(), origin.ip.as_deref()).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refused) => refuse(&refused),
    }
}

fn answer(status: StatusCode, registered: Registered) -> Response {
    let Registered { mut metadata, client_secret, token, uri } = registered;
    if let Some(secret) = client_secret {
        metadata.insert("client_secret".into(), json!(secret.reveal()));
    }
    metadata.insert("registration_access_token".into(), json!(token.reveal()));
    metadata.insert("registration_client_uri".into(), json!(uri));
    let mut response = (status, Json(metadata)).into_response();
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

fn refuse(error: &RegistrationError) -> Response {
    let (status, code) = error.status_and_code();
    match error {
        RegistrationError::Database(reason) => {
            tracing::error!(%reason, "a registration was turned away: the database cannot do its work")
        }
        RegistrationError::Inside(reason) => tracing::error!(%reason, "a registration failed"),
        other => tracing::info!(code, reason = %other, "a registration was refused"),
    }
    let body = Json(json!({ "error": code, "error_description": error.description() }));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body).into_response();
    match error {
        RegistrationError::Token(_) => {
            let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        RegistrationError::Database(_) => {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(DATABASE_RETRY));
        }
        RegistrationError::TooMany { retry_after } => {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*retry_after));
        }
        _ => {}
    }
    response
}
