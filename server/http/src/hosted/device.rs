//! Letting a device in: the page where its code is entered.

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use coffer_app::hosted::ActivatePage;
use coffer_core::device::UserCode;
use coffer_oidc::device::CodeProblem;
use serde::Deserialize;

use super::answer;
use crate::{AppState, session::HostedSession};

/// A code.
#[derive(Deserialize)]
pub(crate) struct Entered {
    #[serde(default)]
    user_code: String,
}

/// `GET /activate`
pub(crate) async fn activate_page(
    State(state): State<AppState>,
    session: HostedSession,
    Query(query): Query<Entered>,
) -> Response {
    if let Err(error) = session.known_browser(&state).await {
        return answer::failed(&state, session.request_id(), &error);
    }
    let page = match UserCode::parse(&query.user_code) {
        Some(code) => ActivatePage::Compare { code: code.to_string() },
        None => ActivatePage::Enter { entered: query.user_code.chars().take(40).collect(), error: None },
    };
    answer::html(StatusCode::OK, page.render(&answer::frame(&state)))
}

/// `POST /activate`
pub(crate) async fn activate(
    State(state): State<AppState>,
    session: HostedSession,
    Form(form): Form<Entered>,
) -> Response {
    let outcome = async {
        let browser = session.begun_browser().await?;
        state.oidc.activate(&form.user_code, &browser).await
    };
    match outcome.await {
        Ok(Err(problem)) => wrong(&state, form.user_code, problem),
        Ok(Ok(next)) => answer::next(&state, session.request_id(), Ok(next)),
        Err(error) => answer::failed(&state, session.request_id(), &error),
    }
}

/// The page again, with what was entered.
fn wrong(state: &AppState, entered: String, problem: CodeProblem) -> Response {
    let (status, text) = match problem {
        CodeProblem::Unknown => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "Nothing waits under this code. Check it, or have the device show a new one: each works for 15 \
             minutes."
                .to_owned(),
        ),
        CodeProblem::TooMany { retry_after } => {
            let minutes = retry_after / 60 + 1;
            (StatusCode::TOO_MANY_REQUESTS, format!("Too many wrong codes. Try again in {minutes} minutes."))
        }
    };
    let page = ActivatePage::Enter { entered: entered.chars().take(40).collect(), error: Some(text) };
    let mut response = answer::html(status, page.render(&answer::frame(state)));
    if let CodeProblem::TooMany { retry_after } = problem {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after));
    }
    response
}
