//! Logout: RP-initiated (OpenID Connect RP-Initiated Logout 1.0) and the vendor's older form.

use coffer_core::ids::{ClientId, UserId};
use coffer_crypto::Secret;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde::Deserialize;
use url::Url;

use crate::{Browser, Oidc, error::PageError};

/// The parameters of a logout request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LogoutParams {
    /// `id_token_hint`
    pub id_token_hint: Option<String>,
    /// `client_id`
    pub client_id: Option<String>,
    /// `post_logout_redirect_uri`
    pub post_logout_redirect_uri: Option<String>,
    /// `returnTo`, of the vendor's `/v2/logout`.
    #[serde(rename = "returnTo")]
    pub return_to: Option<String>,
    /// `state`
    pub state: Option<String>,
    /// `logout_hint`: libraries send the session's id.
    pub logout_hint: Option<String>,
}

impl LogoutParams {
    /// The parameters that are there, by their names.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("id_token_hint", &self.id_token_hint),
            ("client_id", &self.client_id),
            ("post_logout_redirect_uri", &self.post_logout_redirect_uri),
            ("returnTo", &self.return_to),
            ("state", &self.state),
            ("logout_hint", &self.logout_hint),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

/// What to do with a logout request.
#[derive(Debug)]
pub enum Logout {
    /// End the browser session, then go there, or show that the person is signed out.
    Now(Option<Url>),
    /// Ask the person first: nothing proves that the request is theirs.
    Ask {
        /// The person's name.
        person: Option<String>,
        /// The application that asked, as far as it said.
        client_id: Option<String>,
    },
}

/// What an ID token of this server says about whom, to whom.
#[derive(Deserialize)]
pub(crate) struct Hint {
    pub(crate) sub: String,
    pub(crate) aud: String,
}

impl Hint {
    /// The person.
    pub(crate) fn person(self) -> UserId {
        UserId::from_text(self.sub)
    }
}

impl Oidc {
    /// Decides a logout request. The address to return to must be registered exactly.
    pub async fn logout(&self, params: &LogoutParams, browser: &Browser) -> Result<Logout, PageError> {
        let hint = match &params.id_token_hint {
            Some(token) => self.verify_hint(token).await,
            None => None,
        };
        let client_id = params.client_id.clone().or_else(|| hint.as_ref().map(|hint| hint.aud.clone()));
        if let (Some(id), Some(hint)) = (&params.client_id, &hint)
            && *id != hint.aud
        {
            return Err(PageError::refused(
                "invalid_request",
                "The ID token was issued to another application.",
            ));
        }
        let wanted = params.post_logout_redirect_uri.as_deref().or(params.return_to.as_deref());
        let then = match wanted.filter(|uri| !uri.is_empty()) {
            Some(uri) => Some(self.allowed_return(client_id.as_deref(), uri, params.state.as_deref()).await?),
            None => None,
        };
        let Some(sign_in) = &browser.sign_in else { return Ok(Logout::Now(then)) };
        // Only applications that took part in the session know its id.
        let by_session = client_id.is_some()
            && params
                .logout_hint
                .as_deref()
                .is_some_and(|sid| Secret::new(sid) == Secret::new(&*sign_in.session_id));
        let proven = by_session || hint.is_some_and(|hint| hint.sub == sign_in.user_id.as_str());
        // The vendor's form has no proof but a registered address to return to.
        let vendor_form = params.return_to.is_some() && then.is_some();
        if proven || vendor_form {
            return Ok(Logout::Now(then));
        }
        let user = self.store.users().get(&sign_in.user_id).await?;
        Ok(Logout::Ask { person: user.and_then(|user| user.profile.label().map(str::to_owned)), client_id })
    }

    /// The browser session ended.
    pub async fn signed_out(&self, browser: &Browser) -> Result<(), PageError> {
        match &browser.sign_in {
            Some(sign_in) => self.end_session(sign_in, "Signed out of this browser.", browser).await,
            None => Ok(()),
        }
    }

    /// An address to return to that the person confirmed: one of the client's, checked once more.
    pub async fn allowed_return(
        &self,
        client_id: Option<&str>,
        uri: &str,
        state: Option<&str>,
    ) -> Result<Url, PageError> {
        let refused = |text| PageError::refused("invalid_request", text);
        let Some(id) = client_id else {
            return Err(refused(
                "To return somewhere after signing out, the address must name the client_id.",
            ));
        };
        let client = self.store.clients().get(&ClientId::from_text(id)).await?;
        let Some(client) = client.filter(|client| client.logout_urls.iter().any(|allowed| allowed == uri))
        else {
            return Err(refused(
                "The address to return to is not one of the application's logout URLs. An administrator can add \
                 it under Applications > Settings > Allowed logout URLs.",
            ));
        };
        let mut url = Url::parse(uri).map_err(|_| refused("The address to return to is not an address."))?;
        tracing::debug!(client = %client.id, "returning after logout");
        if let Some(state) = state {
            url.query_pairs_mut().append_pair("state", state);
        }
        Ok(url)
    }

    /// The claims of an ID token of this server; an ended one will do (section 2).
    pub(crate) async fn verify_hint(&self, token: &str) -> Option<Hint> {
        let header = decode_header(token).ok()?;
        // Access tokens and logout tokens carry the same signature, and another type (RFC 8725 section 3.11).
        if !header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case("JWT")) {
            return None;
        }
        let keys: JwkSet = serde_json::from_value(self.keys.jwks_of_hints().await).ok()?;
        let key = DecodingKey::from_jwk(keys.find(header.kid.as_deref()?)?).ok()?;
        let mut rules = Validation::new(header.alg);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.set_issuer(&[self.issuer.as_str()]);
        rules.set_required_spec_claims(&["iss", "aud", "sub"]);
        decode::<Hint>(token, &key, &rules).ok().map(|data| data.claims)
    }
}
