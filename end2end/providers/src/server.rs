//! The door: finds the provider, remembers the request, and answers in the provider's present mode.

use std::time::Duration;

use axum::{
    Router,
    body::to_bytes,
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, StatusCode, header},
    response::Response,
};

use crate::{
    Mode, Providers,
    answer::{self, Refreshed},
    call::Call,
    control,
    line::Scissors,
    log::Seen,
    pages,
    params::Params,
    providers,
};

/// Longest body that is read, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

pub(crate) fn router(providers: Providers) -> Router {
    Router::new().fallback(door).with_state(providers)
}

async fn door(State(providers): State<Providers>, request: Request) -> Response {
    let scissors = request.extensions().get::<ConnectInfo<Scissors>>().map(|info| info.0.clone());
    if providers.is_stopped() {
        return cut(scissors.as_ref());
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
        return answer::text(StatusCode::PAYLOAD_TOO_LARGE, "The request is too long.");
    };
    let whole = parts.uri.path();
    if whole == "/_control" && providers.has_control() {
        return control::serve(&providers, &parts.method, &parts.headers, &body);
    }
    if whole == "/favicon.ico" {
        // Browsers ask by themselves, and complain of a 404 where tests look for complaints.
        return answer::empty(StatusCode::NO_CONTENT);
    }
    let (host, rest) = whole.trim_start_matches('/').split_once('/').unwrap_or((whole.trim_matches('/'), ""));
    let Some(provider) = host.parse().ok().filter(|provider| providers.has(*provider)) else {
        return answer::not_found();
    };
    if rest == "_page.css" {
        return pages::stylesheet();
    }
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let json = kind.starts_with("application/json").then(|| serde_json::from_slice(&body).ok()).flatten();
    let raw_query = parts.uri.query().unwrap_or("").to_owned();
    let call = Call {
        provider,
        host: host.to_owned(),
        path: format!("/{rest}"),
        query: Params::parse(raw_query.as_bytes()),
        raw_query,
        form: match &json {
            Some(value) => Params::from_json(value),
            None if kind.starts_with("application/x-www-form-urlencoded") => Params::parse(&body),
            None => Params::default(),
        },
        json,
        method: parts.method,
        headers: parts.headers,
        providers,
    };
    call.providers.remember(Seen::of(&call));
    let response = in_mode(&call, scissors.as_ref()).await;
    let response = answer::with(response, header::CACHE_CONTROL, "no-store");
    answer::with(response, HeaderName::from_static("x-content-type-options"), "nosniff")
}

/// Cuts the connection. Nobody sees the answer; without a listener of our own it is the next best.
fn cut(scissors: Option<&Scissors>) -> Response {
    if let Some(scissors) = scissors {
        scissors.cut();
    }
    answer::empty(StatusCode::BAD_GATEWAY)
}

async fn in_mode(call: &Call, scissors: Option<&Scissors>) -> Response {
    let mode = call.place(|place| place.settings.mode);
    match mode {
        Mode::Down => return answer::text(StatusCode::SERVICE_UNAVAILABLE, "Down for maintenance."),
        Mode::Cut => return cut(scissors),
        Mode::Slow(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
        Mode::Up | Mode::CutAfterRotation => {}
    }
    let response = providers::serve(call).await;
    match mode == Mode::CutAfterRotation && response.extensions().get::<Refreshed>().is_some() {
        true => cut(scissors),
        false => response,
    }
}
