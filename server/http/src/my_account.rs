//! The My Account API: connected accounts of the user whose access token a request carries.

use axum::{
    Json,
    body::Bytes,
    extract::{Extension, Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_oidc::error::DATABASE_RETRY;
use coffer_oidc::{
    my_account::{CompleteRequest, ConnectParams, ConnectableView, ConnectedAccountView, MyAccountError},
    presented::TokenError,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{AppState, network::Origin, presented::Access};

/// `POST /me/v1/connected-accounts/connect`
pub(crate) async fn connect(State(state): State<AppState>, Access(access): Access, bytes: Bytes) -> Response {
    let params = || body::<ConnectParams>(&bytes);
    match state.oidc.begin_connect(&access, params).await {
        Err(error) => problem(&error),
        Ok(connecting) => {
            let body = json!({
                "auth_session": connecting.auth_session.reveal(),
                "connect_uri": connecting.connect_uri,
                "connect_params": { "ticket": connecting.ticket.reveal() },
                "expires_in": connecting.expires_in,
            });
            (StatusCode::CREATED, Json(body)).into_response()
        }
    }
}

/// `POST /me/v1/connected-accounts/complete`
pub(crate) async fn complete(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    Access(access): Access,
    bytes: Bytes,
) -> Response {
    let request = || body::<CompleteRequest>(&bytes);
    match state.oidc.complete_connect(&access, request, origin.ip.as_deref()).await {
        Err(error) => problem(&error),
        Ok(account) => (StatusCode::CREATED, Json(view(&account))).into_response(),
    }
}

/// The query of a list.
#[derive(Deserialize)]
pub(crate) struct ListQuery {
    connection: Option<String>,
    /// Some SDKs send it back under the name that it came by.
    #[serde(alias = "next")]
    from: Option<String>,
    take: Option<String>,
}

/// `GET /me/v1/connected-accounts/accounts`
pub(crate) async fn accounts(
    State(state): State<AppState>,
    Access(access): Access,
    Query(query): Query<ListQuery>,
) -> Response {
    let (connection, from, take) =
        (query.connection.as_deref(), query.from.as_deref(), query.take.as_deref());
    match state.oidc.connected_accounts(&access, connection, from, take).await {
        Err(error) => problem(&error),
        Ok(page) => {
            let mut body = json!({ "accounts": page.accounts.iter().map(view).collect::<Vec<_>>() });
            if let Some(next) = page.next {
                body["next"] = json!(next);
            }
            Json(body).into_response()
        }
    }
}

/// `DELETE /me/v1/connected-accounts/accounts/{id}`
pub(crate) async fn delete(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    Path(id): Path<String>,
    Access(access): Access,
) -> Response {
    match state.oidc.delete_connected_account(&access, &id, origin.ip.as_deref()).await {
        Err(error) => problem(&error),
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
    }
}

/// `GET /me/v1/connected-accounts/connections`
pub(crate) async fn connections(State(state): State<AppState>, Access(access): Access) -> Response {
    match state.oidc.connectable_connections(&access).await {
        Err(error) => problem(&error),
        Ok(list) => {
            let connections: Vec<Value> = list.iter().map(connectable).collect();
            Json(json!({ "connections": connections })).into_response()
        }
    }
}

fn connectable(view: &ConnectableView) -> Value {
    json!({
        "name": view.name,
        "strategy": view.strategy,
        "display_name": view.display_name,
        "scopes": view.scopes,
    })
}

fn view(account: &ConnectedAccountView) -> Value {
    let mut body = json!({
        "id": account.id,
        "connection": account.connection,
        "access_type": "offline",
        "scopes": account.scopes,
        "created_at": account.created_at.rfc3339(),
    });
    if let Some(at) = account.expires_at {
        body["expires_at"] = json!(at.rfc3339());
    }
    body
}

fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, MyAccountError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        MyAccountError::field(
            "body",
            format!("The body is not the JSON object that is expected here ({place})."),
        )
    })
}

/// The answer to a request of which no endpoint can make sense.
pub(crate) fn invalid_request(detail: &str) -> Response {
    problem(&MyAccountError::field("body", detail))
}

/// A problem document (RFC 9457). The inside reason goes to the log alone.
fn problem(error: &MyAccountError) -> Response {
    let (status, kind) = error.status_and_type();
    match error {
        MyAccountError::Inside(reason) | MyAccountError::Token(TokenError::Inside(reason)) => {
            tracing::error!(%reason, "a My Account request failed")
        }
        MyAccountError::Database(reason) | MyAccountError::Token(TokenError::Database(reason)) => {
            tracing::error!(%reason, "a My Account request was turned away: the database cannot do its work")
        }
        other => tracing::info!(kind, reason = %other, "a My Account request was refused"),
    }
    let mut body = json!({
        "type": format!("urn:coffer:problem:{kind}"),
        "title": error.title(),
        "detail": error.detail(),
        "status": status,
    });
    if let MyAccountError::Invalid(fields) = error {
        let each = fields
            .iter()
            .map(|f| json!({ "detail": f.detail, "field": f.field, "pointer": format!("/{}", f.field) }));
        body["validation_errors"] = each.collect();
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(DATABASE_RETRY));
    }
    let challenge = match error {
        MyAccountError::Token(error) => error.challenge(),
        MyAccountError::Unauthorized(_) => Some("Bearer error=\"invalid_token\"".to_owned()),
        MyAccountError::InsufficientScope(scope) => {
            Some(format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""))
        }
        _ => None,
    };
    if let Some(Ok(challenge)) = challenge.map(|text| HeaderValue::from_str(&text)) {
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
