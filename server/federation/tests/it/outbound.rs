//! Where requests may go, and how much of an answer is taken.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use coffer_core::{Timestamp, clock::ManualClock};
use coffer_federation::{DiscoverError, Federation, OutboundError};
use serde_json::json;

use crate::harness::{LOOPBACK, NOW, Page, Provider, federation, federation_with};

const DOCUMENT: &str = "/.well-known/openid-configuration";

fn guarded(allow: &[&str]) -> Federation {
    impatient(allow, Duration::from_secs(20))
}

fn impatient(allow: &[&str], timeout: Duration) -> Federation {
    federation_with(allow, timeout, ManualClock::new(Timestamp::from_seconds(NOW)))
}

async fn refusal(federation: &Federation, address: &str) -> OutboundError {
    match federation.discover(address).await {
        Err(DiscoverError::Outbound(error)) => error,
        other => panic!("{address}: {other:?}"),
    }
}

#[tokio::test]
async fn special_addresses_are_refused_before_anything_is_sent() {
    let provider = Provider::start().await;
    let federation = guarded(&[]);
    let port = provider.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
    ] {
        for scheme in ["http", "https"] {
            let error = refusal(&federation, &format!("{scheme}://{host}:{port}")).await;
            assert!(matches!(error, OutboundError::Private { .. }), "{scheme}://{host}: {error}");
            assert!(error.to_string().contains("outbound.allow_private"), "{error}");
        }
    }
    assert_eq!(provider.count(), 0);
}

#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_refused() {
    let provider = Provider::start().await;
    let error = refusal(&guarded(&[]), &format!("https://localhost:{}", provider.port())).await;
    let OutboundError::Private { host, address } = error else { panic!("{error}") };
    assert_eq!(host, "localhost");
    assert!(address.is_loopback());
    // Plain http is not for names outside the allowed networks.
    let error = refusal(&guarded(&["10.0.0.0/8"]), &format!("http://localhost:{}", provider.port())).await;
    assert!(matches!(error, OutboundError::NotHttps(_)), "{error}");
    assert_eq!(provider.count(), 0);
}

#[tokio::test]
async fn allowed_networks_alone_are_opened() {
    let provider = Provider::start().await;
    provider.oidc();
    assert!(guarded(LOOPBACK).discover(&provider.url("")).await.is_ok());
    let error = refusal(&guarded(&["10.0.0.0/8"]), &provider.url("")).await;
    assert!(matches!(error, OutboundError::Private { .. }), "{error}");
    // By name too, and by the address that IPv6 has for it.
    let by_name = format!("http://localhost:{}", provider.port());
    let found = guarded(LOOPBACK).discover(&by_name).await;
    assert!(matches!(found, Err(DiscoverError::Issuer { .. })), "it was read: {found:?}");
    // Plain http to a public address is never allowed.
    let error = refusal(&guarded(LOOPBACK), "http://192.0.43.10").await;
    assert!(matches!(error, OutboundError::NotHttps(_)), "{error}");
    for scheme in ["ftp", "file", "gopher"] {
        let error = refusal(&guarded(LOOPBACK), &format!("{scheme}://127.0.0.1/x")).await;
        assert!(!matches!(error, OutboundError::Connect(_)), "{scheme}: {error}");
    }
}

#[tokio::test]
async fn redirects_stay_within_the_origin() {
    let provider = Provider::start().await;
    let other = Provider::start().await;
    other.json("/moved", 200, &provider.document());
    for status in [301, 302, 303, 307, 308] {
        for target in [other.url("/moved"), "http://169.254.169.254/latest".into()] {
            provider.redirect(DOCUMENT, status, &target);
            let error = federation().discover(&provider.url("")).await.unwrap_err();
            assert!(matches!(error, DiscoverError::Missing { status: s, .. } if s == status), "{error}");
        }
    }
    assert_eq!(other.count(), 0);
    provider.redirect(DOCUMENT, 302, "/moved");
    provider.json("/moved", 200, &provider.document());
    assert!(federation().discover(&provider.url("")).await.is_ok());
    provider.redirect("/moved", 302, DOCUMENT);
    assert!(federation().discover(&provider.url("")).await.is_err(), "a circle ends");
}

#[tokio::test]
async fn a_long_answer_is_cut_off() {
    const MEGABYTE: usize = 1024 * 1024;
    let provider = Provider::start().await;
    let mut body = provider.document().to_string().into_bytes();
    body.resize(MEGABYTE, b' ');
    provider.page(DOCUMENT, Page { status: 200, headers: Vec::new(), body: body.clone() });
    assert!(federation().discover(&provider.url("")).await.is_ok());
    body.push(b' ');
    provider.page(DOCUMENT, Page { status: 200, headers: Vec::new(), body });
    let error = refusal(&federation(), &provider.url("")).await;
    assert!(matches!(error, OutboundError::TooLong(_)), "{error}");
}

#[tokio::test]
async fn a_provider_that_hangs_is_left() {
    let provider = Provider::start().await;
    provider.hang(DOCUMENT);
    let error = refusal(&impatient(LOOPBACK, Duration::from_millis(200)), &provider.url("")).await;
    assert!(matches!(error, OutboundError::TimeOut(_)), "{error}");
}

#[tokio::test]
async fn a_provider_that_stops_within_its_answer_is_left() {
    let stalls = raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", true);
    let error = refusal(&impatient(LOOPBACK, Duration::from_millis(400)), &stalls).await;
    assert!(matches!(error, OutboundError::TimeOut(_)), "{error}");
    let cut = raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", false);
    let error = refusal(&federation(), &cut).await;
    assert!(matches!(error, OutboundError::Failed(_)), "{error}");
}

#[tokio::test]
async fn failures_are_told_apart() {
    let provider = Provider::start().await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let error = refusal(&federation(), &closed).await;
    assert!(matches!(error, OutboundError::Connect(_)), "{error}");
    // Names under .invalid never resolve (RFC 6761).
    let error = refusal(&federation(), "https://nothing.invalid").await;
    assert!(matches!(&error, OutboundError::Name(host) if host == "nothing.invalid"), "{error}");
    for (status, wait) in [(429, "17"), (500, "soon"), (503, "")] {
        let headers = vec![("retry-after", wait.to_owned())];
        provider.page(DOCUMENT, Page { status, headers, body: json!({}).to_string().into() });
        let error = refusal(&federation(), &provider.url("")).await;
        let OutboundError::Status { status: found, retry_after, .. } = error else { panic!("{error}") };
        assert_eq!((found, retry_after), (status, wait.parse().ok()));
    }
}

/// A server that sends `text` to one caller, then waits (`stall`) or hangs up.
fn raw(text: &'static str, stall: bool) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        // Until the caller hangs up.
        while stall && stream.read(&mut request).is_ok_and(|read| read > 0) {}
    });
    format!("http://{address}")
}
