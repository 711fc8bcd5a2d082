//! From outcomes to pages and redirects.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use coffer_app::hosted::{DeviceDonePage, ErrorPage, FormPostPage, Frame, TriedPage, WebMessagePage};
use coffer_core::authorization::ResponseMode;
use coffer_oidc::{
    authorize::{AuthorizationResponse, Next},
    error::PageError,
};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded::byte_serialize};

use crate::{AppState, Manifest, guard};

/// The person's own page.
pub(super) const MY_ACCOUNT: &str = "/u/account";

pub(super) fn frame(state: &AppState) -> Frame {
    Frame { css: Manifest::url(&state.assets.css), sandbox: state.sandbox }
}

/// A hosted page: no script, no frame around it, not kept.
pub(super) fn html(status: StatusCode, document: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(guard::HOSTED_POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, document).into_response()
}

/// What comes next, or the page that says why not.
pub(super) fn next(state: &AppState, request_id: &str, outcome: Result<Next, PageError>) -> Response {
    match outcome {
        Ok(Next::SignIn(handle)) => to_page("sign-in", &handle),
        Ok(Next::Consent(handle)) => to_page("consent", &handle),
        Ok(Next::Connect(session)) => {
            Redirect::to(&format!("/u/connect?session={}", encoded(&session))).into_response()
        }
        Ok(Next::Tried { worked }) => html(StatusCode::OK, TriedPage { worked }.render(&frame(state))),
        Ok(Next::DeviceDone { application, allowed }) => {
            html(StatusCode::OK, DeviceDonePage { application, allowed }.render(&frame(state)))
        }
        Ok(Next::MyAccount) => Redirect::to(MY_ACCOUNT).into_response(),
        Ok(Next::Provider(url) | Next::Application(url)) => Redirect::to(url.as_str()).into_response(),
        Ok(Next::Client(answer)) => to_client(state, &answer),
        Err(error) => failed(state, request_id, &error),
    }
}

fn to_page(page: &str, handle: &str) -> Response {
    Redirect::to(&format!("/u/{page}?handle={}", encoded(handle))).into_response()
}

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// The client's answer, by redirect, by a form that the browser posts, or by a message to a window.
pub(super) fn to_client(state: &AppState, answer: &AuthorizationResponse) -> Response {
    match (answer.mode, answer.location()) {
        (ResponseMode::WebMessage, Some(url)) => web_message(state, answer, &url),
        (ResponseMode::Query, Some(url)) => Redirect::to(url.as_str()).into_response(),
        (ResponseMode::FormPost, _) => {
            let page = FormPostPage { action: answer.redirect_uri.clone(), fields: answer.fields() };
            html(StatusCode::OK, page.render(&frame(state)))
        }
        (ResponseMode::Query | ResponseMode::WebMessage, None) => {
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A page whose one script posts the answer to the origin of the redirect URI, which alone may embed it.
fn web_message(state: &AppState, answer: &AuthorizationResponse, url: &Url) -> Response {
    let origin = url.origin().ascii_serialization();
    let fields: Map<String, Value> = answer.fields().into_iter().map(|(k, v)| (k, v.into())).collect();
    let page = WebMessagePage {
        origin: origin.clone(),
        response: Value::Object(fields).to_string(),
        failed: answer.error_code().is_some(),
    };
    let mut response = html(StatusCode::OK, page.render(&frame(state)));
    match HeaderValue::from_str(&guard::message_policy(&origin)) {
        Ok(policy) => {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            response.extensions_mut().insert(guard::Framed);
            response
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The page, or the redirect, for an error.
pub(crate) fn failed(state: &AppState, request_id: &str, error: &PageError) -> Response {
    let page = |title: &str, message: String, code: Option<&str>| ErrorPage {
        title: title.to_owned(),
        message,
        code: code.map(str::to_owned),
        reference: Some(request_id.to_owned()),
    };
    let (status, page) = match error {
        PageError::ToClient(answer) => return to_client(state, answer),
        PageError::Refused { message, code } => {
            (StatusCode::BAD_REQUEST, page("This request cannot go on", message.clone(), Some(code)))
        }
        PageError::Gone => {
            let message = "It took too long, was already used, or began in another browser. Go back to the \
                           application and start again.";
            (StatusCode::BAD_REQUEST, page("This sign-in has ended", message.to_owned(), None))
        }
        PageError::Provider { outside } => {
            (StatusCode::BAD_GATEWAY, page("Sign-in did not work", outside.clone(), None))
        }
        PageError::Database(reason) => {
            tracing::error!(%reason, "a hosted page was turned away: the database cannot do its work");
            let message = "Coffer cannot do this just now. Try again in a moment.";
            (StatusCode::SERVICE_UNAVAILABLE, page("Not available just now", message.to_owned(), None))
        }
        PageError::Inside(reason) => {
            tracing::error!(%reason, "a hosted page failed");
            let message = "Something went wrong on our side. Try again in a moment.";
            (StatusCode::INTERNAL_SERVER_ERROR, page("Something went wrong", message.to_owned(), None))
        }
    };
    html(status, page.render(&frame(state)))
}
