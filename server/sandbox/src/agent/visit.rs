//! Which browser a request comes from, and the cookie that says so.

use std::convert::Infallible;
use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    Adopted, Agent,
    sessions::{LIFE, Session},
    story::{SignedIn, Story},
};

const COOKIE: &str = "coffer_example_agent";

/// A request's browser: the value of its cookie, if it has one.
pub(super) struct Visit(pub(super) Option<String>);

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let all = parts.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        Ok(Self(pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned())))
    }
}

impl Visit {
    /// Does something with the browser's session.
    pub(super) fn with<T>(&self, agent: &Agent, act: impl FnOnce(&mut Session) -> T) -> Option<T> {
        agent.sessions.with(self.0.as_deref()?, agent.now(), act)
    }

    /// Does something with what is known of the person who is signed in.
    pub(super) fn person<T>(&self, agent: &Agent, act: impl FnOnce(&mut SignedIn) -> T) -> Option<T> {
        self.with(agent, |session| session.signed_in.as_mut().map(act)).flatten()
    }

    /// The same, for an agent that was told of itself; otherwise back to the page, which says what is missing.
    pub(super) fn begun<T>(
        &self,
        agent: &Arc<Agent>,
        read: impl FnOnce(&mut SignedIn) -> Option<T>,
    ) -> Result<(Adopted, T), Redirect> {
        let home = || Redirect::to("/");
        let adopted = agent.adopted().ok_or_else(home)?;
        self.person(agent, read).flatten().map(|found| (adopted, found)).ok_or_else(home)
    }

    /// Writes down what happened in a step, and shows it.
    pub(super) fn tell(&self, agent: &Agent, step: u8, write: impl FnOnce(&mut Story)) -> Redirect {
        self.person(agent, |person| {
            write(&mut person.story);
            person.story.latest = step;
        });
        Redirect::to(&format!("/#step-{step}"))
    }

    /// Forgets the browser's session.
    pub(super) fn close(&self, agent: &Agent) -> Option<Session> {
        agent.sessions.close(self.0.as_deref()?)
    }
}

/// An answer after which the browser has a session of another key: what was planted before is worth nothing.
pub(super) struct Opened<R>(pub(super) String, pub(super) R);

impl<R: IntoResponse> IntoResponse for Opened<R> {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={LIFE}", self.0);
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        response
    }
}

/// An answer after which the browser has no session.
pub(super) struct Closed<R>(pub(super) R);

impl<R: IntoResponse> IntoResponse for Closed<R> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        let cookie = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        response
    }
}
