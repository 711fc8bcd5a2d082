//! The answer to an authorization request (RFC 6749 section 4.1.2), with `iss` (RFC 9207).

use coffer_core::authorization::{Redirect, ResponseMode};
use url::Url;

use crate::Issuer;

/// An answer on its way to the client's redirect URI.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationResponse {
    /// Where to.
    pub redirect_uri: String,
    /// How.
    pub mode: ResponseMode,
    params: Vec<(&'static str, String)>,
}

impl AuthorizationResponse {
    pub(crate) fn success(issuer: &Issuer, to: &Redirect, code: String) -> Self {
        Self::new(issuer, to, vec![("code", code)])
    }

    pub(crate) fn error(issuer: &Issuer, to: &Redirect, code: &'static str, description: &str) -> Self {
        let params = vec![("error", code.to_owned()), ("error_description", description.to_owned())];
        Self::new(issuer, to, params)
    }

    fn new(issuer: &Issuer, to: &Redirect, mut params: Vec<(&'static str, String)>) -> Self {
        if let Some(state) = &to.state {
            params.push(("state", state.clone()));
        }
        params.push(("iss", issuer.as_str().to_owned()));
        Self { redirect_uri: to.redirect_uri.clone(), mode: to.response_mode, params }
    }

    /// OAuth error code and description, for an answer that does not travel through the browser.
    pub(crate) fn into_error(self) -> (String, String) {
        let mut params = self.params.into_iter();
        let mut value = |wanted| params.find(|(name, _)| *name == wanted).map(|(_, value)| value);
        (value("error").unwrap_or_default(), value("error_description").unwrap_or_default())
    }

    /// The OAuth error code, if this is an error.
    pub fn error_code(&self) -> Option<&str> {
        self.params.iter().find(|(name, _)| *name == "error").map(|(_, value)| value.as_str())
    }

    /// The parameters, for a form.
    pub fn fields(&self) -> Vec<(String, String)> {
        self.params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    /// The redirect URI with the parameters in its query.
    pub fn location(&self) -> Option<Url> {
        let mut url = Url::parse(&self.redirect_uri).ok()?;
        url.query_pairs_mut().extend_pairs(&self.params);
        Some(url)
    }
}

/// Without the parameters: the code among them is a secret.
impl std::fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuthorizationResponse")
            .field("redirect_uri", &self.redirect_uri)
            .field("error", &self.error_code())
            .finish_non_exhaustive()
    }
}
