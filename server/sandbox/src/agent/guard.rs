//! The door: one name for the agent, no cross-site requests, and the headers that keep its pages safe.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};

use super::{Agent, pages};

/// No script at all, and forms lead to the agent itself: the way to Coffer is a link.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

pub(super) async fn guard(State(agent): State<Arc<Agent>>, request: Request, next: Next) -> Response {
    let mut response = match refusal(&agent, &request) {
        Some(response) => response,
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn refusal(agent: &Agent, request: &Request) -> Option<Response> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let own = agent.address().origin().ascii_serialization();
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    if own.strip_prefix("http://") != Some(host) {
        // Under another name (localhost, say) the browser would keep the cookie apart, and the way back
        // from Coffer would not find it. Names that lead here by trickery (DNS rebinding) end here as well.
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let there = format!("{own}{path}");
        return Some(match reads {
            true => Redirect::temporary(&there).into_response(),
            false => StatusCode::MISDIRECTED_REQUEST.into_response(),
        });
    }
    if reads || is_same_origin(request.headers(), &own) {
        return None;
    }
    let words = "This request came from another site and was refused.";
    Some((StatusCode::FORBIDDEN, pages::notice("Refused", words)).into_response())
}

/// As Coffer does it (OWASP: Fetch Metadata, with the Origin header for browsers that lack it).
fn is_same_origin(headers: &HeaderMap, own: &str) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    match text(&HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        None => text(&header::ORIGIN) == Some(own),
    }
}
