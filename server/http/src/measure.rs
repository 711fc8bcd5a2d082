//! Requests, counted and timed for the operator's metrics.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    response::Response,
};
use metrics::{counter, histogram};

/// Counts the request and times its answer, under the path as the router has it: what is in a path may be
/// anyone's id, and every address that somebody tries would be a time series of its own.
pub(crate) async fn measure<F>(request: Request, next: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let started = Instant::now();
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let path = path.unwrap_or_else(|| "none".to_owned());
    let method = named(request.method());
    let response = next(request).await;
    let status = response.status().as_str().to_owned();
    counter!("coffer_http_requests_total", "method" => method, "path" => path.clone(), "status" => status)
        .increment(1);
    histogram!("coffer_http_request_duration_seconds", "method" => method, "path" => path)
        .record(started.elapsed());
    response
}

/// The methods that endpoints have; a client may make up others.
pub(crate) fn named(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
