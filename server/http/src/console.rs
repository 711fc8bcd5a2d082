//! The dashboard: pages rendered by Leptos, and its server functions.

use axum::{
    Json,
    body::Body,
    extract::{Extension, Path, Request, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use coffer_admin::Visit;
use coffer_app::shell;
use coffer_contract::ApiError;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{ResponseOptions, handle_server_fns_with_context, render_app_async_with_context};
use tower_sessions::Session;
use url::form_urlencoded::byte_serialize;

use crate::{AppState, guard, network::Origin};

/// `/` leads to the dashboard.
pub(crate) async fn home() -> Redirect {
    Redirect::to("/console")
}

/// Pages that make sense before anybody signed in.
const OPEN_PAGES: [&str; 5] =
    ["/console/setup", "/console/invitation", SIGN_IN, "/console/sign-in/factor", "/console/sign-in/enrol"];
const SIGN_IN: &str = "/console/sign-in";

/// A page of the dashboard. Whoever is not signed in is sent to sign in, and comes back.
pub(crate) async fn page(
    State(state): State<AppState>,
    session: Session,
    Extension(origin): Extension<Origin>,
    request: Request<Body>,
) -> Response {
    let visit = Visit::new(state.admin.clone(), session, origin.ip, origin.request_id);
    let path = request.uri().path();
    let open = OPEN_PAGES.contains(&path);
    let signed = visit.signed_in().await;
    if !open && matches!(signed, Err(ApiError::Unauthenticated)) {
        return Redirect::to(&sign_in_and_back(request.uri())).into_response();
    }
    let assets = state.assets.of_page(path);
    let role = signed.ok().filter(|_| !open).map(|signed| signed.me().role);
    let context = move || {
        provide_context(visit.clone());
        // The page is written for what they may do; each use case checks it again.
        if let Some(role) = role {
            provide_context(role);
        }
        set_policy();
    };
    let sandbox = state.sandbox;
    render_app_async_with_context(context, move || shell(assets.clone(), sandbox))(request).await
}

/// Where to sign in, to come back to `here`.
pub(crate) fn sign_in_and_back(here: &Uri) -> String {
    let here = here.path_and_query().map_or(here.path(), |here| here.as_str());
    let here: String = byte_serialize(here.as_bytes()).collect();
    format!("{SIGN_IN}?return_to={here}")
}

/// Server functions that make sense before anybody signed in. Every other one is refused here
/// already, whatever it forgets to ask itself.
pub(crate) const BEFORE_SIGN_IN: &[&str] = &[
    "setup_state",
    "complete_setup",
    "invitation_state",
    "accept_invitation",
    "sign_in",
    "sign_in_through",
    "sign_out",
    "half_way",
    "answer_factor",
    "complete_enrolment",
    "enrol_passkey",
    "complete_passkey_enrolment",
    "begin_passkey",
    "answer_passkey",
];

/// A server function of the dashboard.
pub(crate) async fn server_function(
    State(state): State<AppState>,
    Path(name): Path<String>,
    session: Session,
    Extension(origin): Extension<Origin>,
    request: Request<Body>,
) -> Response {
    let visit = Visit::new(state.admin.clone(), session, origin.ip, origin.request_id);
    if !BEFORE_SIGN_IN.contains(&name.as_str())
        && let Err(error) = visit.signed_in().await
    {
        let status = match error {
            ApiError::Unauthenticated => StatusCode::UNAUTHORIZED,
            ApiError::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        return (status, Json(error)).into_response();
    }
    let answer = handle_server_fns_with_context(move || provide_context(visit.clone()), request).await;
    blame_the_request(answer.into_response()).await
}

/// Longest error that is looked into, in bytes.
const ERROR: usize = 64 * 1024;

/// A request that no server function could read is answered with 500 by the library; it is no error of the
/// server's.
async fn blame_the_request(answer: Response) -> Response {
    if answer.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let Ok(body) = axum::body::to_bytes(body, ERROR).await else {
        return parts.status.into_response();
    };
    if matches!(serde_json::from_slice(&body), Ok(ApiError::Transport { .. })) {
        parts.status = StatusCode::BAD_REQUEST;
    }
    Response::from_parts(parts, Body::from(body))
}

fn set_policy() {
    let (Some(options), Some(nonce)) = (use_context::<ResponseOptions>(), leptos::nonce::use_nonce()) else {
        return;
    };
    if let Ok(policy) = HeaderValue::from_str(&guard::console_policy(&nonce)) {
        options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}
