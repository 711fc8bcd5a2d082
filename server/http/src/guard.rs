//! Cross-site requests are refused, and every answer carries the headers that keep it safe.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_app::hosted::WEB_MESSAGE_SCRIPT;
use sha2::{Digest as _, Sha256};

use crate::AppState;

/// Content Security Policy of hosted pages: no script at all. `form-action` is left out because
/// browsers apply it to the redirect after a form, which leads to the provider or the application.
pub(crate) const HOSTED_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

/// Content Security Policy of the page that posts an answer to `origin`: its one script, known by its hash,
/// and no frame around it but that origin's.
pub(crate) fn message_policy(origin: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(WEB_MESSAGE_SCRIPT));
    format!(
        "default-src 'none'; script-src 'sha256-{hash}'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
         frame-ancestors {origin}"
    )
}

/// Marks an answer whose own policy says who may embed it; the older header can name nobody.
#[derive(Clone, Copy)]
pub(crate) struct Framed;

/// Content Security Policy of the dashboard, with the nonce of its one inline script.
pub(crate) fn console_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}

/// Refuses requests that change something and come from another site (OWASP: Fetch Metadata, with
/// the Origin header for browsers that lack it). What says neither is no browser and has no business here.
pub(crate) async fn same_origin(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let own = state.oidc.issuer().url().origin().ascii_serialization();
    if matches!(*request.method(), Method::GET | Method::HEAD) || is_same_origin(request.headers(), &own) {
        return next.run(request).await;
    }
    tracing::warn!("a request from another site was refused");
    (StatusCode::FORBIDDEN, "This request came from another site and was refused.").into_response()
}

fn is_same_origin(headers: &HeaderMap, own: &str) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    match text(&HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        None => text(&header::ORIGIN) == Some(own),
    }
}

/// A sign-in may take place in a window that the application opened and waits for: the two must stay
/// related, on every page and redirect on the way, or the answer's message has nowhere to go.
pub(crate) async fn may_be_popup(mut response: Response) -> Response {
    response.headers_mut().insert(OPENER_POLICY, HeaderValue::from_static("unsafe-none"));
    response
}

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Headers that every answer carries, unless it set its own.
pub(crate) async fn secure<F>(state: &AppState, request: Request, next: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let mut response = next(request).await;
    let framed = response.extensions().get::<Framed>().is_some();
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "same-origin");
    if !framed {
        put(header::X_FRAME_OPTIONS, "DENY");
    }
    put(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    put(header::CACHE_CONTROL, "no-store");
    put(OPENER_POLICY, "same-origin");
    put(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    if state.oidc.issuer().url().scheme() == "https" {
        put(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_origin_may_change_things() {
        let own = "https://coffer.example";
        let with = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            headers
        };
        assert!(is_same_origin(&with("sec-fetch-site", "same-origin"), own));
        assert!(is_same_origin(&with("origin", "https://coffer.example"), own));
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            ("origin", "https://coffer.example.evil"),
            ("origin", "http://coffer.example"),
            ("origin", "null"),
        ] {
            assert!(!is_same_origin(&with(name, value), own), "{name}: {value}");
        }
        assert!(!is_same_origin(&HeaderMap::new(), own));
    }
}
