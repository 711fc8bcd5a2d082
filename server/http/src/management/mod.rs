//! The management API: what an administrator does in the dashboard, for a machine-to-machine application with an
//! access token for it. Paths, names and answers are those that the vendor's published SDKs know; the use cases
//! are the dashboard's.
//!
//! A request, step by step:
//! 1. [`caller::guard`] checks the access token, its audience, how many requests came, and the scope that
//!    stands beside the endpoint in the table of all endpoints.
//! 2. The handler reads query or body; what is not understood is refused by name ([`query`], [`body`]).
//! 3. A change is one transaction: read, compared with `If-Match` ([`answer`]), written with its audit event.
//!    One that makes something is done once for each `Idempotency-Key` ([`once`]).

mod answer;
pub(crate) mod apis;
mod body;
pub(crate) mod caller;
pub(crate) mod client_grants;
mod client_keys;
mod client_settings;
pub(crate) mod clients;
mod connection_settings;
pub(crate) mod connections;
pub(crate) mod grants;
mod limits;
pub(crate) mod logs;
mod lucene;
mod once;
pub(crate) mod openapi;
mod query;
mod refusal;
mod shapes;
pub(crate) mod users;

use axum::response::{IntoResponse, Response};

pub use limits::{ManagementLimiter, ManagementLimits};

/// The answer to a request of which no endpoint can make sense.
pub(crate) fn invalid_request(message: &str) -> Response {
    refusal::Refusal::body(message).into_response()
}

/// The answer where there is no endpoint.
pub(crate) fn no_endpoint() -> Response {
    refusal::Refusal::NoEndpoint.into_response()
}
