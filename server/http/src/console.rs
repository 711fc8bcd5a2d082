//! The dashboard: pages rendered by Leptos, and its server functions.

use axum::{
    body::Body,
    extract::{Extension, Request, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use coffer_admin::Visit;
use coffer_app::{Assets, shell};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{ResponseOptions, handle_server_fns_with_context, render_app_async_with_context};
use tower_sessions::Session;

use crate::{AppState, Manifest, guard, network::Origin};

/// `/` leads to the dashboard.
pub(crate) async fn home() -> Redirect {
    Redirect::to("/console")
}

/// A page of the dashboard.
pub(crate) async fn page(
    State(state): State<AppState>,
    session: Session,
    Extension(origin): Extension<Origin>,
    request: Request<Body>,
) -> Response {
    let visit = Visit::new(state.admin.clone(), session, origin.ip, origin.request_id);
    let assets = Assets {
        css: Manifest::url(&state.assets.css),
        js: Manifest::url(&state.assets.js),
        wasm: Manifest::url(&state.assets.wasm),
    };
    let context = move || {
        provide_context(visit.clone());
        set_policy();
    };
    render_app_async_with_context(context, move || shell(assets.clone()))(request).await
}

/// A server function of the dashboard.
pub(crate) async fn server_function(
    State(state): State<AppState>,
    session: Session,
    Extension(origin): Extension<Origin>,
    request: Request<Body>,
) -> Response {
    let visit = Visit::new(state.admin.clone(), session, origin.ip, origin.request_id);
    handle_server_fns_with_context(move || provide_context(visit.clone()), request).await.into_response()
}

fn set_policy() {
    let (Some(options), Some(nonce)) = (use_context::<ResponseOptions>(), leptos::nonce::use_nonce()) else {
        return;
    };
    if let Ok(policy) = HeaderValue::from_str(&guard::console_policy(&nonce)) {
        options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}
