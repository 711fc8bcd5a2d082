//! Requests as spans of traces.

use axum::{
    extract::{MatchedPath, Request},
    http::HeaderMap,
    response::Response,
};
use coffer_core::TRACES;
use opentelemetry::{global, propagation::Extractor};
use tracing::{Instrument as _, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{measure::named, network::Origin};

/// Puts the request into a span, which goes on with the caller's trace where it says one (`traceparent`,
/// <https://www.w3.org/TR/trace-context/>). The path is the router's: what is in a path may be anyone's id.
pub(crate) async fn trace<F>(request: Request, next: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let method = named(request.method());
    let path = request.extensions().get::<MatchedPath>();
    let span = tracing::info_span!(
        target: TRACES,
        "request",
        otel.name = path.map_or_else(|| method.to_owned(), |path| format!("{method} {}", path.as_str())),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = path.map(MatchedPath::as_str),
        http.response.status_code = Empty,
        coffer.request_id = request.extensions().get::<Origin>().map(|origin| origin.request_id.as_str()),
    );
    if span.is_disabled() {
        return next(request).await;
    }
    let caller = global::get_text_map_propagator(|known| known.extract(&Headers(request.headers())));
    // It fails where nothing is sent anywhere.
    _ = span.set_parent(caller);
    let response = next(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
