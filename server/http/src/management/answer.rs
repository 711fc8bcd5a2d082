//! Answers with one thing, whose version is its entity tag (RFC 9110 section 8.8.3).

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::refusal::Refusal;

/// The answer with a thing of this version.
pub(crate) fn versioned(status: StatusCode, body: Value, version: i64) -> Response {
    let mut response = (status, Json(body)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Fails unless `If-Match` (RFC 9110 section 13.1.1) names the version, or is not there.
pub(crate) fn precondition(headers: &HeaderMap, version: i64) -> Result<(), Refusal> {
    let mut tags = headers.get_all(header::IF_MATCH).iter().peekable();
    if tags.peek().is_none() {
        return Ok(());
    }
    let tag = format!("\"{version}\"");
    let named = |value: &HeaderValue| {
        value
            .to_str()
            .is_ok_and(|text| text.split(',').any(|one| matches!(one.trim(), t if t == "*" || t == tag)))
    };
    if tags.any(named) { Ok(()) } else { Err(Refusal::Changed) }
}
