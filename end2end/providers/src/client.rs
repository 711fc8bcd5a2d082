//! Clients, and how they prove who they are (RFC 6749 section 2.3).

use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use crate::call::Call;

/// A registered client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its secret; the provider's setting `client_secret` without it.
    #[serde(default)]
    pub secret: Option<String>,
    /// Its redirect URIs, compared exactly; any where there are none.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
}

/// Why a client is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClientError {
    /// It does not say who it is.
    Missing,
    /// It says who it is, and the secret is wrong or missing.
    Secret(String),
}

/// User name and password of HTTP Basic, as they came.
pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let decoded = STANDARD.decode(rest.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (name, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// Section 2.3.1: both halves are encoded as in a form.
fn decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("x={text}").replace('&', "%26").as_bytes())
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

impl Call {
    /// Client id and secret, from HTTP Basic as RFC 6749 encodes it.
    pub(crate) fn client_by_basic(&self) -> Option<(String, Option<String>)> {
        basic(&self.headers).map(|(id, secret)| (decoded(&id), Some(decoded(&secret))))
    }

    /// Client id and secret, from the parameters.
    pub(crate) fn client_by_params(&self) -> Option<(String, Option<String>)> {
        let secret = self.param("client_secret").map(str::to_owned);
        self.param("client_id").map(|id| (id.to_owned(), secret))
    }

    /// The id of a client whose secret is right.
    pub(crate) fn checked(&self, claimed: Option<(String, Option<String>)>) -> Result<String, ClientError> {
        let (id, secret) = claimed.ok_or(ClientError::Missing)?;
        let right = secret.is_some_and(|secret| {
            self.place(|place| place.secret(&id).as_bytes().ct_eq(secret.as_bytes()).into())
        });
        if right { Ok(id) } else { Err(ClientError::Secret(id)) }
    }

    /// A client that uses Basic or parameters, as it likes.
    pub(crate) fn client(&self) -> Result<String, ClientError> {
        self.checked(self.client_by_basic().or_else(|| self.client_by_params()))
    }
}
