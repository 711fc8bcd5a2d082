//! Who sent a request, and under which number it is logged.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use coffer_core::rng::alphanumeric;
use ipnet::IpNet;
use tracing::Instrument as _;

use crate::AppState;

/// Where a request came from and how the log names it.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) ip: Option<String>,
    pub(crate) request_id: String,
}

/// Gives every request its [`Origin`], a span in the log, and an `X-Request-Id` on the answer.
/// Only the path is logged: queries carry codes and states.
pub(crate) async fn identify<F>(
    state: &AppState,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let ip = peer.map(|peer| client_ip(peer, request.headers(), &state.trusted_proxies).to_string());
    let request_id = alphanumeric(state.rng.as_ref(), 16);
    let span = tracing::info_span!("request", id = %request_id, method = %request.method(), path = request.uri().path());
    request.extensions_mut().insert(Origin { ip, request_id: request_id.clone() });
    let mut response = next(request).instrument(span.clone()).await;
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-request-id", value);
    }
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    response
}

/// The peer, or, behind trusted proxies, the last address before them in `X-Forwarded-For`.
fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    if !is_trusted(&peer) {
        return peer;
    }
    // From the end: each proxy adds what it saw, and what stands before the first stranger is the stranger's
    // own word, an address or not.
    let forwarded = headers.get_all("x-forwarded-for").iter().rev();
    let parts = forwarded.flat_map(|value| value.to_str().unwrap_or("").rsplit(','));
    let mut nearest = peer;
    for part in parts {
        let Ok(ip) = part.trim().parse() else { break };
        nearest = ip;
        if !is_trusted(&ip) {
            break;
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_addresses_count_only_from_trusted_proxies() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("6.6.6.6, 203.0.113.7, 10.0.0.2"));
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(client_ip(ip("10.0.0.1"), &headers, &trusted), ip("203.0.113.7"));
        assert_eq!(client_ip(ip("198.51.100.1"), &headers, &trusted), ip("198.51.100.1"));
        assert_eq!(client_ip(ip("10.0.0.1"), &HeaderMap::new(), &trusted), ip("10.0.0.1"));
        for (claimed, seen) in [
            ("unknown, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
            ("6.6.6.6, unknown, 203.0.113.7", "203.0.113.7"),
            ("6.6.6.6, unknown", "10.0.0.1"),
            ("6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ] {
            headers.insert("x-forwarded-for", HeaderValue::from_static(claimed));
            assert_eq!(client_ip(ip("10.0.0.1"), &headers, &trusted), ip(seen), "{claimed}");
        }
    }
}
