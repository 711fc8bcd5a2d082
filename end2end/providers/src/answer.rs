//! Answers of all kinds.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

/// An answer, or a refusal that ends the work at once.
pub(crate) type Reply = Result<Response, Refused>;

/// A refusal in the provider's words.
pub(crate) struct Refused(Box<Response>);

impl From<Response> for Refused {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl From<Refused> for Response {
    fn from(refused: Refused) -> Self {
        *refused.0
    }
}

/// Marks the answer to a refresh that was done.
#[derive(Clone, Copy)]
pub(crate) struct Refreshed;

pub(crate) fn json(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], value.to_string()).into_response()
}

pub(crate) fn ok(value: &Value) -> Response {
    json(StatusCode::OK, value)
}

pub(crate) fn text(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

pub(crate) fn empty(status: StatusCode) -> Response {
    (status, Body::empty()).into_response()
}

pub(crate) fn not_found() -> Response {
    text(StatusCode::NOT_FOUND, "There is nothing here.")
}

/// Adds a header, unless its value cannot be one.
pub(crate) fn with(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(name, value);
    }
    response
}

/// Marks `response` as the answer to a refresh.
pub(crate) fn refreshed(mut response: Response) -> Response {
    response.extensions_mut().insert(Refreshed);
    response
}

pub(crate) fn see_other(location: &str) -> Response {
    with(empty(StatusCode::SEE_OTHER), header::LOCATION, location)
}
