//! Traces, as a collector gets them.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message as _;
use reqwest::header::{HeaderMap, HeaderValue};

use crate::{
    harness::Place,
    loaded::{PROVIDERS_TOKEN, Prepared},
};

/// Bodies that came, as they are.
type Received = Arc<Mutex<Vec<Bytes>>>;

/// A collector; its address, and what it gets.
async fn collector() -> (String, Received) {
    let received = Received::default();
    let take = |State(received): State<Received>, body: Bytes| async move {
        received.lock().unwrap().push(body);
    };
    let router = Router::new().route("/v1/traces", post(take)).with_state(received.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, received)
}

fn spans(received: &Received) -> Vec<Span> {
    let bodies = received.lock().unwrap();
    let requests = bodies.iter().map(|body| ExportTraceServiceRequest::decode(body.clone()).unwrap());
    let resources = requests.flat_map(|request| request.resource_spans);
    resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
}

fn text<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// The example of <https://www.w3.org/TR/trace-context/#examples-of-http-traceparent-headers>.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A caller who is in a trace, and says that it must be recorded.
fn tracing_client() -> reqwest::Client {
    let traceparent = HeaderValue::from_str(&format!("00-{TRACE}-{PARENT}-01")).unwrap();
    let headers = HeaderMap::from_iter([("traceparent".parse().unwrap(), traceparent)]);
    reqwest::Client::builder().default_headers(headers).build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_is_part_of_its_callers_trace_and_tells_no_secret() {
    let prepared = Prepared::new().await;
    let (address, received) = collector().await;
    let Some(server) = prepared.start_with(&[("COFFER_TRACES__ENDPOINT", &address)]) else { return };
    let application = prepared.application(&server).await;
    let answer = server.exchange_by(&tracing_client(), &application).await;
    assert_eq!(answer.status(), 200);
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(server.stop("-TERM"), "", "nothing to complain about");

    let spans = spans(&received);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let ours: Vec<&Span> = spans.iter().filter(|span| hex(&span.trace_id) == TRACE).collect();
    let request = ours.iter().find(|span| hex(&span.parent_span_id) == PARENT).unwrap();
    assert_eq!(request.name, "POST /oauth/token");
    assert_eq!(text(&request.attributes, "coffer.request_id"), Some(id.as_str()));
    let query = ours.iter().find(|span| span.parent_span_id == request.span_id).unwrap();
    let statement = text(&query.attributes, "db.query.text").unwrap();
    assert!(statement.starts_with(&query.name), "{statement}");
    assert!(spans.len() > ours.len(), "the sign-in before it is a trace of its own");

    let secrets = [PROVIDERS_TOKEN, &application.secret, &application.refresh];
    let bodies = received.lock().unwrap();
    for secret in secrets {
        let told = bodies.iter().any(|body| body.windows(secret.len()).any(|part| part == secret.as_bytes()));
        assert!(!told, "a secret is in a trace");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_share_nothing_is_recorded_whatever_the_caller_says() {
    let prepared = Prepared::new().await;
    let (address, received) = collector().await;
    let environment = [("COFFER_TRACES__ENDPOINT", address.as_str()), ("COFFER_TRACES__SAMPLE", "0.0")];
    let Some(server) = prepared.start_with(&environment) else { return };
    let application = prepared.application(&server).await;
    assert_eq!(server.exchange_by(&tracing_client(), &application).await.status(), 200);
    server.stop("-TERM");
    assert!(spans(&received).is_empty());
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    for (setting, value, words) in [
        ("COFFER_TRACES__ENDPOINT", "http://user:pa55word@127.0.0.1:4318", "OTEL_EXPORTER_OTLP_HEADERS"),
        ("COFFER_TRACES__ENDPOINT", "ftp://127.0.0.1", "http or https"),
        ("COFFER_TRACES__SAMPLE", "1.5", "between 0 and 1"),
    ] {
        Place::new().run_with(&["check-config"], &[(setting, value)]).fails_with(&["traces.", words]);
    }
}
