//! What was asked of the providers, and how often.

use serde::Serialize;

use crate::{call::Call, client::basic};

/// Requests that are remembered; the oldest go first.
pub(crate) const LONGEST: usize = 10_000;

/// The way in which a client proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientMethod {
    /// Not at all.
    None,
    /// `client_secret_basic`
    Basic,
    /// `client_secret_post`
    Post,
    /// `private_key_jwt`
    PrivateKeyJwt,
}

/// One request. Values are left out: they are secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// The host that it was for (`api.github.com`).
    pub host: String,
    /// Its method.
    pub method: String,
    /// Its path at that host.
    pub path: String,
    /// Names of the parameters in the query.
    pub query: Vec<String>,
    /// Names of the parameters in the body.
    pub form: Vec<String>,
    /// The value of `grant_type`.
    pub grant_type: Option<String>,
    /// Client authentication.
    pub authentication: ClientMethod,
}

/// What a provider counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Refreshes that brought tokens, answered or cut.
    pub refreshes: u64,
    /// Refresh tokens that were sent after a new one had come in their place; also counted, though
    /// not refused, where the old one stays usable.
    pub spent_twice: u64,
}

impl Seen {
    pub(crate) fn of(call: &Call) -> Self {
        Self {
            host: call.host.clone(),
            method: call.method.to_string(),
            path: call.path.clone(),
            query: call.query.names(),
            form: call.form.names(),
            grant_type: call.param("grant_type").map(str::to_owned),
            authentication: method(call),
        }
    }
}

/// What the client used, whether it is right or not.
pub(crate) fn method(call: &Call) -> ClientMethod {
    if call.form.get("client_assertion").is_some() {
        ClientMethod::PrivateKeyJwt
    } else if basic(&call.headers).is_some() {
        ClientMethod::Basic
    } else if call.param("client_secret").is_some() {
        ClientMethod::Post
    } else {
        ClientMethod::None
    }
}
