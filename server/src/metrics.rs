//! Metrics for Prometheus, on an address of their own: they are the operator's, not the users'.

use std::io;
use std::time::Duration;

use axum::{Router, http::header, response::IntoResponse as _, routing::get};
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Upper bounds of the histograms' buckets, in seconds: from an exchange to the longest request.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Pause between two tidyings of the histograms, which would grow without them.
const UPKEEP: Duration = Duration::from_secs(5);

/// Takes the metrics of this process from now on.
///
/// # Errors
/// When something takes them already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new().set_buckets(&SECONDS)?.install_recorder()?;
    describe_counter!("coffer_http_requests_total", "Requests, by endpoint and status of the answer.");
    describe_histogram!(
        "coffer_http_request_duration_seconds",
        Unit::Seconds,
        "Time until the answer's head, by endpoint."
    );
    describe_counter!("coffer_events_total", "Events of the log, by code (docs/audit-events.md).");
    describe_counter!("coffer_releases_remembered_total", "Exchanges that repeated an earlier one.");
    describe_histogram!(
        "coffer_outbound_request_duration_seconds",
        Unit::Seconds,
        "Requests to providers and receivers, by purpose and status (0: no answer); for tokens by host, too."
    );
    describe_gauge!("coffer_keys_values_to_reseal", "Values that are not sealed under the active key yet.");
    describe_counter!("coffer_keys_resealed_total", "Values that were sealed anew under the active key.");
    describe_gauge!(
        "coffer_keys_usable",
        "Whether keys were read and the key service used, when last tried: 1 or 0."
    );
    describe_gauge!("coffer_audit_position", "Last position of the audit log's chain.");
    describe_gauge!("coffer_build_info", "1; the version is a label.");
    gauge!("coffer_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

/// Serves `GET /metrics` until `stop`.
pub async fn serve(
    listener: TcpListener,
    handle: PrometheusHandle,
    stop: CancellationToken,
) -> io::Result<()> {
    let process = Collector::default();
    process.describe();
    let upkeep = tokio::spawn({
        let handle = handle.clone();
        async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                handle.run_upkeep();
            }
        }
    });
    let render = move || async move {
        process.collect();
        ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render())
            .into_response()
    };
    let router = Router::new().route("/metrics", get(render));
    let outcome = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
    upkeep.abort();
    outcome
}
