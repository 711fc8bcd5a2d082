//! Headers that only a proxy may set: RFC 9700 section 4.13.

use std::net::SocketAddr;

use axum::{body::Body, extract::ConnectInfo, http::Request};
use url::form_urlencoded::Serializer;

use super::browser::set_up;
use crate::browser::Browser;
use crate::harness::{Answer, Server};

/// Failures allowed from one network address within a quarter of an hour.
const PER_ADDRESS: u32 = 20;

/// Tries to sign in to the dashboard from `peer`, with this `X-Forwarded-For`.
async fn attempt(server: &Server, peer: &str, forwarded: &str, n: u32) -> Answer {
    let email = format!("{n}@example.com");
    let fields = [("email", email.as_str()), ("password", "wrong"), ("return_to", "")];
    let body: String = Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = Request::post("/console/api/sign_in")
        .header("origin", "https://coffer.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-forwarded-for", forwarded)
        .header("forwarded", format!("for={forwarded}"))
        .header("x-real-ip", forwarded)
        .body(Body::from(body))
        .unwrap();
    request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
    server.send(request).await
}

/// Guesses from one place, each time claiming to be somewhere else: how many were looked at?
async fn guesses(server: &Server, peer: &str, forwarded: impl Fn(u32) -> String) -> u32 {
    let mut looked_at = 0;
    for n in 0..PER_ADDRESS + 5 {
        let answer = attempt(server, peer, &forwarded(n), n).await;
        looked_at += u32::from(!answer.text.contains("too_many_attempts"));
    }
    looked_at
}

/// Whoever reaches the server directly is where they are, whatever they claim.
#[tokio::test]
async fn forwarded_headers_of_strangers_lift_no_limit() {
    let server = Server::start().await;
    set_up(&server, &mut Browser::default()).await;
    let looked_at = guesses(&server, "198.51.100.7:1", |n| format!("203.0.113.{n}")).await;
    assert_eq!(looked_at, PER_ADDRESS);
}

/// Behind a proxy that appends what it sees: what the client put before it counts for nothing, whether it is
/// an address or not.
#[tokio::test]
async fn forwarded_headers_through_a_proxy_lift_no_limit() {
    type Claim = fn(u32) -> String;
    let claims: [Claim; 5] = [
        |n| format!("203.0.113.{n}, 198.51.100.7"),
        |n| format!("not-an-address-{n}, 198.51.100.7"),
        |n| format!("unknown, 203.0.113.{n}, 198.51.100.7"),
        |n| format!(",,203.0.113.{n},198.51.100.7"),
        |n| format!("\"203.0.113.{n}\", 198.51.100.7, 10.0.0.2"),
    ];
    for claim in claims {
        let server = Server::behind_proxy("10.0.0.0/8").await;
        set_up(&server, &mut Browser::default()).await;
        assert_eq!(guesses(&server, "10.0.0.1:1", claim).await, PER_ADDRESS, "{}", claim(1));
        // And it is their limit, not that of everybody behind the proxy.
        let other = attempt(&server, "10.0.0.1:1", "198.51.100.8", 99).await;
        assert!(!other.text.contains("too_many_attempts"), "{}: {}", claim(1), other.text);
    }
}

/// Whoever has one IPv6 network has more addresses than there are guesses: they are one.
#[tokio::test]
async fn addresses_of_one_network_share_their_limit() {
    let server = Server::start().await;
    set_up(&server, &mut Browser::default()).await;
    let mut looked_at = 0;
    for n in 0..PER_ADDRESS + 5 {
        let answer = attempt(&server, &format!("[2001:db8:1:2:{n:x}::{n:x}]:1"), "", n).await;
        looked_at += u32::from(!answer.text.contains("too_many_attempts"));
    }
    assert_eq!(looked_at, PER_ADDRESS);
    let neighbour = attempt(&server, "[2001:db8:1:3::1]:1", "", 99).await;
    assert!(!neighbour.text.contains("too_many_attempts"), "another network: {}", neighbour.text);
}
