//! Connections: plain ones, or TLS ones where there is a certificate.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum_server::{
    Handle,
    tls_rustls::{RustlsConfig, from_tcp_rustls},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::tls::Certificate;

/// Longest time for a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Longest time until a TLS connection has sent the head of a request.
const HEAD: Duration = Duration::from_secs(30);

/// Serves HTTP/1.1 and HTTP/2 until `stop`, then finishes requests under way.
pub async fn run(
    listener: TcpListener,
    certificate: Option<Certificate>,
    router: Router,
    stop: CancellationToken,
) -> io::Result<()> {
    let Some(certificate) = certificate else {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        return axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await;
    };
    let served = certificate.served();
    let renewing = tokio::spawn(certificate.renew(stop.clone()));
    let outcome = over_tls(listener, served, router, stop).await;
    renewing.abort();
    outcome
}

/// A client that is silent, or that speaks no TLS, loses its connection.
async fn over_tls(
    listener: TcpListener,
    certificate: RustlsConfig,
    router: Router,
    stop: CancellationToken,
) -> io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let handle = Handle::new();
    let mut server = from_tcp_rustls(listener.into_std()?, certificate)?
        .map(|acceptor| acceptor.handshake_timeout(HANDSHAKE))
        .handle(handle.clone())
        .first_request_timeout(HEAD)
        .accept_error_handler(|peer, error| {
            tracing::debug!(?peer, %error, "a connection was not established");
        });
    server.http_builder().http1().header_read_timeout(HEAD);
    let drain = tokio::spawn(async move {
        stop.cancelled().await;
        // Who stops the server bounds the time.
        handle.graceful_shutdown(None);
    });
    let outcome = server.serve(service).await;
    drain.abort();
    outcome
}
