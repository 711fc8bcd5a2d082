//! Signing in through Coffer, and out again.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use coffer_crypto::Secret;
use serde::Deserialize;

use crate::agent::{
    Agent, pages,
    problem::{Mend, Problem},
    sessions::{SIGN_IN_LIFE, Session},
    visit::{Closed, Opened, Visit},
};

#[derive(Deserialize)]
pub(super) struct Begin {
    /// There when the sign-in is to mend an account that the provider refused.
    again: Option<String>,
}

/// What Coffer sends the browser back with (RFC 6749 section 4.1.2, RFC 9207).
#[derive(Deserialize)]
pub(super) struct Callback {
    state: Option<Secret>,
    iss: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

fn failed(agent: &Agent, problem: &Problem) -> Response {
    (StatusCode::BAD_REQUEST, pages::failed(problem, &agent.at("console"))).into_response()
}

fn refused(agent: &Agent, words: &str) -> Response {
    failed(agent, &Problem::new(words, Mend::Again))
}

pub(super) async fn begin(
    State(agent): State<Arc<Agent>>,
    visit: Visit,
    Query(begin): Query<Begin>,
) -> Response {
    let Some(adopted) = agent.adopted() else { return Redirect::to("/").into_response() };
    let (url, pending) = match agent.begin(&adopted, begin.again.is_some()).await {
        Ok(begun) => begun,
        Err(problem) => return failed(&agent, &problem),
    };
    let there = Redirect::to(url.as_str());
    let mut pending = Some(pending);
    // Who is signed in stays so until the new sign-in has come to its end.
    match visit.with(&agent, |session| session.pending = pending.take()) {
        Some(()) => there.into_response(),
        None => {
            let session = Session { pending, signed_in: None };
            Opened(agent.sessions.open(session, agent.now(), agent.rng.as_ref()), there).into_response()
        }
    }
}

pub(super) async fn finish(
    State(agent): State<Arc<Agent>>,
    visit: Visit,
    Query(callback): Query<Callback>,
) -> Response {
    let Some(adopted) = agent.adopted() else { return Redirect::to("/").into_response() };
    let now = agent.now();
    // Taken only where the state is right: whoever does not know it cannot end a sign-in either.
    let pending = visit.with(&agent, |session| {
        session.pending.take_if(|pending| callback.state.as_ref() == Some(&pending.state))
    });
    let Some(pending) = pending.flatten().filter(|p| now < p.since.plus_seconds(SIGN_IN_LIFE)) else {
        return refused(
            &agent,
            "This sign-in began in another browser, took too long, or has come to its end before. Begin it again.",
        );
    };
    if callback.iss.as_deref() != Some(agent.issuer.as_str()) {
        return refused(&agent, "The answer to the sign-in does not come from Coffer.");
    }
    if let Some(error) = callback.error {
        return failed(&agent, &Problem::refused(&error, callback.error_description.as_deref()));
    }
    let Some(code) = callback.code else { return refused(&agent, "The answer to the sign-in has no code.") };
    match agent.finish(&adopted, pending, code).await {
        Ok(signed_in) => {
            visit.close(&agent);
            let session = Session { pending: None, signed_in: Some(signed_in) };
            let key = agent.sessions.open(session, now, agent.rng.as_ref());
            Opened(key, Redirect::to("/")).into_response()
        }
        Err(problem) => failed(&agent, &problem),
    }
}

pub(super) async fn sign_out(State(agent): State<Arc<Agent>>, visit: Visit) -> Closed<Redirect> {
    let person = visit.close(&agent).and_then(|session| session.signed_in);
    if let (Some(person), Some(adopted)) = (person, agent.adopted()) {
        agent.give_back(&adopted, &person.refresh_token).await;
    }
    Closed(Redirect::to("/signed-out"))
}
