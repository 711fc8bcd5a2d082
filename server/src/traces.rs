//! Traces, sent to an OpenTelemetry collector (OTLP over HTTP, <https://opentelemetry.io/docs/specs/otlp/>).

use std::time::Duration;

use opentelemetry::global;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracerProvider},
};

use crate::config::{ConfigError, Traces};

/// Longest time that the collector may take for a batch.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where spans go, if they are wanted anywhere.
///
/// # Errors
/// When the exporter cannot be set up.
pub fn provider(traces: &Traces) -> Result<Option<SdkTracerProvider>, ConfigError> {
    let Some(endpoint) = &traces.endpoint else { return Ok(None) };
    let address = format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(address)
        .with_timeout(TIMEOUT)
        .build()
        .map_err(|error| ConfigError::Setting(format!("traces.endpoint: {error}")))?;
    let resource = Resource::builder().with_service_name("coffer");
    let resource =
        resource.with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    // A caller's trace is gone on with, but not its word that this must be recorded: strangers would fill the collector.
    let sampler = Sampler::TraceIdRatioBased(traces.sample);
    global::set_text_map_propagator(TraceContextPropagator::new());
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(sampler)
        .with_resource(resource.build())
        .build();
    Ok(Some(provider))
}
