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
    client_auth::{ClientParams, Credentials},
    error::EndpointError,
    grants::{TokenRequest, TokenResponse},
    introspect::IntrospectionRequest,
    revoke::RevocationRequest,
};
use serde::Serialize;

use super::{body, error};
use crate::{AppState, network::Origin, presented::Possession};

/// `POST /oauth/token`
pub(crate) async fn token(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    Possession(proofs): Possession,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let outcome = async {
        let (request, params): (TokenRequest, _) = body::parse_both(&headers, &bytes)?;
        let credentials = credentials(&headers, params, origin, "oauth/token")?;
        state.oidc.token(request, credentials, &proofs).await
    };
    match outcome.await {
        Ok(response) => success(&response),
        Err(refused) => error::to_client(&refused, &headers),
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
        let (request, params): (RevocationRequest, _) = body::parse_both(&headers, &bytes)?;
        let credentials = credentials(&headers, params, origin, "oauth/revoke")?;
        state.oidc.revoke(request, credentials).await
    };
    match outcome.await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refused) => error::to_client(&refused, &headers),
    }
}

/// `POST /oauth/introspect`
pub(crate) async fn introspect(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let outcome = async {
        let (request, params): (IntrospectionRequest, _) = body::parse_both(&headers, &bytes)?;
        let credentials = credentials(&headers, params, origin, "oauth/introspect")?;
        state.oidc.introspect(request, credentials).await
    };
    match outcome.await {
        Ok(answer) => Json(answer).into_response(),
        Err(refused) => error::to_client(&refused, &headers),
    }
}

/// What a request to `endpoint` says about its client.
pub(super) fn credentials(
    headers: &HeaderMap,
    params: ClientParams,
    origin: Origin,
    endpoint: &'static str,
) -> Result<Credentials, EndpointError> {
    Ok(Credentials { basic: body::basic(headers)?, params, endpoint, ip: origin.ip })
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
        token_type: response.scheme.token_type(),
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
