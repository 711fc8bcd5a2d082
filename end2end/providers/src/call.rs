//! A request to a provider, read.

use axum::http::{HeaderMap, HeaderName, Method, header};
use coffer_core::{Scopes, Timestamp, rng};
use serde_json::Value;

use crate::{
    Provider, Providers,
    params::Params,
    place::{GrantId, Place},
    tokens::{BearerError, Kind, Presented},
};

/// One request.
pub(crate) struct Call {
    pub(crate) providers: Providers,
    pub(crate) provider: Provider,
    /// The real host.
    pub(crate) host: String,
    pub(crate) method: Method,
    /// The real path, beginning with a slash.
    pub(crate) path: String,
    /// The query as it came.
    pub(crate) raw_query: String,
    pub(crate) query: Params,
    /// The body's parameters, from a form or from JSON.
    pub(crate) form: Params,
    /// The body, where it is JSON.
    pub(crate) json: Option<Value>,
    pub(crate) headers: HeaderMap,
}

/// Whom an access token stands for.
pub(crate) struct SignedIn {
    pub(crate) grant: GrantId,
    pub(crate) account: String,
    pub(crate) client_id: String,
    pub(crate) scopes: Scopes,
    pub(crate) kind: Kind,
}

impl Call {
    pub(crate) fn now(&self) -> Timestamp {
        self.providers.now()
    }

    /// An address of this provider, at one of its real hosts.
    pub(crate) fn address(&self, host_and_path: &str) -> String {
        format!("{}/{host_and_path}", self.providers.base())
    }

    /// Does something with the provider's state.
    pub(crate) fn place<T>(&self, act: impl FnOnce(&mut Place) -> T) -> T {
        self.providers.place(self.provider, act)
    }

    /// A new secret that begins with `prefix`.
    pub(crate) fn secret(&self, prefix: &str) -> String {
        format!("{prefix}{}", rng::token(self.providers.rng()))
    }

    /// A parameter of the body, or else of the query.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.form.get(name).or_else(|| self.query.get(name))
    }

    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The token of `Authorization: Bearer` (RFC 6750 section 2.1).
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header(&header::AUTHORIZATION)?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    /// Whom an access token stands for, and what it allows.
    pub(crate) fn signed_in(&self, token: Option<&str>) -> Result<SignedIn, BearerError> {
        let now = self.now();
        self.place(|place| {
            let access = place.bearer(token, now)?;
            let grant = place.grant(access.grant);
            Ok(SignedIn {
                grant: access.grant,
                account: grant.account.clone(),
                client_id: grant.client_id.clone(),
                scopes: access.scopes.clone(),
                kind: access.kind,
            })
        })
    }

    /// The code of a token request.
    pub(crate) fn presented<'a>(&'a self, client_id: &'a str, redirect_uri_optional: bool) -> Presented<'a> {
        Presented {
            code: self.param("code"),
            client_id,
            redirect_uri: self.param("redirect_uri"),
            redirect_uri_optional,
            verifier: self.param("code_verifier"),
        }
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let all = self.header(&header::COOKIE)?.split(';');
        all.filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}
