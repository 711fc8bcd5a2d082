//! Token and revocation endpoints.

use axum::{
    Json,
    body::Bytes,
    extract::{Extension, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_crypto::Secret;
use coffer_oidc::{
    client_auth::Credentials,
    error::EndpointError,
    grants::{TokenRequest, TokenResponse},
    revoke::RevocationRequest,
};
use serde::Serialize;

use super::{body, error};
use crate::{AppState, network::Origin};

/// `POST /oauth/token`
pub(crate) async fn token(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let outcome = async {
        let mut request: TokenRequest = body::parse(&headers, &bytes)?;
        let credentials =
            credentials(&headers, request.client_id.take(), request.client_secret.take(), origin)?;
        state.oidc.token(request, credentials).await
    };
    match outcome.await {
        Ok(response) => success(&response),
        Err(refused) => error::answer(&refused),
    }
}

/// `POST /oauth/revoke`
pub(crate) async fn revoke(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let outcome = async {
        let mut request: RevocationRequest = body::parse(&headers, &bytes)?;
        let credentials =
            credentials(&headers, request.client_id.take(), request.client_secret.take(), origin)?;
        state.oidc.revoke(request, credentials).await
    };
    match outcome.await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refused) => error::answer(&refused),
    }
}

fn credentials(
    headers: &HeaderMap,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    origin: Origin,
) -> Result<Credentials, EndpointError> {
    Ok(Credentials { basic: body::basic(headers)?, client_id, client_secret, ip: origin.ip })
}

#[derive(Serialize)]
struct Body<'a> {
    access_token: &'a str,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<i64>,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
}

fn success(response: &TokenResponse) -> Response {
    let body = Body {
        access_token: response.access_token.reveal(),
        token_type: "Bearer",
        issued_token_type: response.issued_token_type,
        expires_in: response.expires_in,
        scope: response.scopes.to_string(),
        refresh_token: response.refresh_token.as_ref().map(Secret::reveal),
        id_token: response.id_token.as_deref(),
    };
    let mut answer = Json(body).into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}
