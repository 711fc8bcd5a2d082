//! The log, on standard error, and the spans of traces, which are no part of it.

use std::io::IsTerminal as _;

use coffer_core::TRACES;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::{
    EnvFilter, Layer as _, Registry,
    filter::{FilterExt as _, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::config::{ConfigError, Log, LogFormat};

type Layer = Box<dyn tracing_subscriber::Layer<Registry> + Send + Sync>;

/// Starts it. Fails when the filter cannot be understood.
pub fn start(log: &Log, traces: Option<&SdkTracerProvider>) -> Result<(), ConfigError> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|error| {
        ConfigError::Setting(format!("log.filter: {error}; use info, warn or target=level"))
    })?;
    let written = fmt::layer().with_writer(std::io::stderr);
    // Colours are for people: a file or a journal would keep the codes.
    let written = if std::io::stderr().is_terminal() { written } else { written.with_ansi(false) };
    let written: Layer = match log.format {
        LogFormat::Text => written.with_target(false).boxed(),
        LogFormat::Json => written.json().boxed(),
    };
    let written = written.with_filter(filter.and(filter_fn(|about| about.target() != TRACES))).boxed();
    let sent = traces.map(|provider| {
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("coffer"))
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_tracked_inactivity(false);
        layer.with_filter(filter_fn(|about| about.target() == TRACES && about.is_span())).boxed()
    });
    let layers: Vec<Layer> = std::iter::once(written).chain(sent).collect();
    tracing_subscriber::registry().with(layers).init();
    Ok(())
}
