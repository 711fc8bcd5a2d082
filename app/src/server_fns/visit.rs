//! The server's side of a call: who is visiting, and how a refusal shows in the HTTP answer.

use axum::http::{Method, StatusCode, header::ACCEPT, request::Parts};
use coffer_admin::{Editor, Owner, Signed, Visit};
use coffer_contract::{ApiError, second_factor::SignInStep};
use leptos::context::use_context;
use leptos_axum::ResponseOptions;

use super::Failure;
use crate::address;

/// The visit that the HTTP layer put into the context of this request.
pub(super) fn visit() -> Result<Visit, Failure> {
    use_context::<Visit>().ok_or_else(|| refuse(ApiError::Internal { reference: "no visit".to_owned() }))
}

/// The use cases that read, for every signed-in administrator.
pub(super) async fn signed_in() -> Result<Signed, Failure> {
    visit()?.signed_in().await.map_err(refuse)
}

/// The use cases that change things, for those who may.
pub(super) async fn editor() -> Result<Editor, Failure> {
    signed_in().await?.editor().map_err(refuse)
}

/// The use cases about administrators, for owners.
pub(super) async fn owner() -> Result<Owner, Failure> {
    signed_in().await?.owner().map_err(refuse)
}

/// Turns a refusal into the call's error and sets the status that belongs to it. A page that needs a
/// sign-in redirects there; a plain form's redirect keeps its status.
pub(super) fn refuse(error: ApiError) -> Failure {
    if let (Some(parts), Some(response)) = (use_context::<Parts>(), use_context::<ResponseOptions>()) {
        let page = parts.method == Method::GET;
        if page && error == ApiError::Unauthenticated {
            let here = parts.uri.path_and_query().map(|p| p.as_str()).unwrap_or_default();
            leptos_axum::redirect(&address::sign_in(here));
        } else if page || !accepts_html(&parts) {
            response.set_status(status(&error));
        }
    }
    Failure(error)
}

/// Sends the visitor to another page after a success.
pub(super) fn go_to(path: &str) {
    leptos_axum::redirect(path);
}

/// Sends the visitor where the sign-in goes on, and to `target` if it is a page of the console and there is no more
/// to ask.
pub(super) fn go_on(step: &SignInStep, target: &str) {
    go_to(&address::after_sign_in(step, target));
}

/// Sends a visitor to another page who has no scripts, and sees no answer otherwise.
pub(super) fn go_without_scripts(path: &str) {
    if use_context::<Parts>().is_some_and(|parts| accepts_html(&parts)) {
        go_to(path);
    }
}

fn accepts_html(parts: &Parts) -> bool {
    parts.headers.get(ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"))
}

fn status(error: &ApiError) -> StatusCode {
    match error {
        ApiError::Unauthenticated => StatusCode::UNAUTHORIZED,
        ApiError::Forbidden { .. } => StatusCode::FORBIDDEN,
        ApiError::NotFound { .. } => StatusCode::NOT_FOUND,
        ApiError::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        ApiError::Conflict { .. } => StatusCode::CONFLICT,
        ApiError::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
        ApiError::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        ApiError::Internal { .. } | ApiError::Transport { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
