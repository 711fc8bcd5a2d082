//! Endpoints that take an authorization request from the client itself: pushed (RFC 9126), or for a device
//! (RFC 8628).

use axum::{
    Json,
    body::Bytes,
    extract::{Extension, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use coffer_oidc::{authorize::Params, client_auth::Credentials, error::EndpointError};
use serde_json::json;
use url::Url;

use super::{body, error, fresh, token::credentials};
use crate::{AppState, network::Origin, presented::Possession};

/// What authenticates the client: no part of its request.
const CLIENT: [&str; 4] = ["client_id", "client_secret", "client_assertion", "client_assertion_type"];

/// Parameters, and who sends them.
fn parts(
    headers: &HeaderMap,
    bytes: &Bytes,
    origin: Origin,
    endpoint: &'static str,
) -> Result<(Params, Credentials), EndpointError> {
    let credentials = credentials(headers, body::parse(headers, bytes)?, origin, endpoint)?;
    let mut params = body::params(headers, bytes)?;
    params.retain(|name, _| !CLIENT.contains(&name.as_str()));
    Ok((params, credentials))
}

/// `POST /oauth/par`
pub(crate) async fn push(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    Possession(proofs): Possession,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let outcome = async {
        let (params, credentials) = parts(&headers, &bytes, origin, "oauth/par")?;
        state.oidc.push(params, credentials, &proofs).await
    };
    match outcome.await {
        Ok(pushed) => {
            let body = json!({ "request_uri": pushed.request_uri, "expires_in": pushed.expires_in });
            fresh(StatusCode::CREATED, Json(body))
        }
        Err(refused) => error::to_client(&refused, &headers),
    }
}

/// `POST /oauth/device/code`
pub(crate) async fn device_code(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let outcome = async {
        let (params, credentials) = parts(&headers, &bytes, origin, "oauth/device/code")?;
        state.oidc.begin_device(&params, credentials).await
    };
    match outcome.await {
        Ok(begun) => {
            let user_code = begun.user_code.to_string();
            let complete = Url::parse_with_params(&begun.verification_uri, [("user_code", &user_code)]);
            let body = json!({
                "device_code": begun.device_code.reveal(),
                "user_code": user_code,
                "verification_uri": begun.verification_uri,
                "verification_uri_complete": complete.map(String::from).unwrap_or_default(),
                "expires_in": begun.expires_in,
                "interval": begun.interval,
            });
            fresh(StatusCode::OK, Json(body))
        }
        Err(refused) => error::to_client(&refused, &headers),
    }
}
