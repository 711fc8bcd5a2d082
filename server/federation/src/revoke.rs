//! Taking tokens back at the provider (RFC 7009, and what providers have instead).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_contract::connection::ClientAuthentication;
use coffer_crypto::Secret;
use http::{
    HeaderValue, Method,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use oauth2::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use thiserror::Error;
use url::{Url, form_urlencoded};

use crate::{
    Federation, Upstream,
    catalogue::{RevocationStyle, RevokedToken},
    endpoints::Provider,
    error::{OutboundError, RefreshError, UpstreamError},
};

/// A token was not revoked.
#[derive(Clone, Debug, Error)]
pub enum RevokeError {
    /// Try again later.
    #[error("{0}")]
    Transient(String),
    /// The provider refuses: trying again changes nothing.
    #[error("{0}")]
    Refused(String),
}

impl From<OutboundError> for RevokeError {
    fn from(error: OutboundError) -> Self {
        Self::Transient(error.to_string())
    }
}

impl From<UpstreamError> for RevokeError {
    fn from(error: UpstreamError) -> Self {
        match error {
            UpstreamError::Setting(_) | UpstreamError::Build(_) => Self::Refused(error.to_string()),
            other => Self::Transient(other.to_string()),
        }
    }
}

impl Federation {
    /// Ends what the user granted, as far as the provider has an endpoint for that. False where it has none.
    /// `ended` says that the access token is no good any more: where the provider wants one, the refresh
    /// token, of no further use, is spent for another.
    pub async fn revoke(
        &self,
        upstream: &Upstream<'_>,
        access_token: &Secret,
        refresh_token: Option<&Secret>,
        ended: bool,
    ) -> Result<bool, RevokeError> {
        let provider = self.provider(upstream.connection).await?;
        let Some((url, style, which)) = provider.revocation.clone() else { return Ok(false) };
        let fresh = match refresh_token.filter(|_| ended && which == RevokedToken::Access) {
            Some(token) => match self.refresh(upstream, token, None).await {
                Ok(tokens) => Some(tokens.access_token),
                Err(RefreshError::Revoked { .. }) => return Ok(true),
                Err(RefreshError::Transient { reason, .. }) => return Err(RevokeError::Transient(reason)),
                Err(RefreshError::Misconfigured { reason }) => return Err(RevokeError::Refused(reason)),
            },
            None => None,
        };
        let access_token = fresh.as_ref().unwrap_or(access_token);
        let refresh = refresh_token.map(|token| (token, "refresh_token"));
        let access = (access_token, "access_token");
        let tokens: Vec<_> = match which {
            RevokedToken::Refresh => vec![refresh.unwrap_or(access)],
            RevokedToken::Access => vec![access],
            RevokedToken::Both => refresh.into_iter().chain((!ended).then_some(access)).collect(),
        };
        for (token, hint) in tokens {
            let request = match style {
                RevocationStyle::Rfc7009 => self.by_rfc7009(upstream, &provider, &url, token, hint).await?,
                RevocationStyle::Form => form(&url, &[("token", token.reveal())])?,
                RevocationStyle::Bearer => bearer(&url, token)?,
                RevocationStyle::BasicJson => basic_json(upstream, &url, token)?,
            };
            understood(&provider, &self.outbound.post(request).await?)?;
        }
        Ok(true)
    }

    async fn by_rfc7009(
        &self,
        upstream: &Upstream<'_>,
        provider: &Provider<'_>,
        url: &Url,
        token: &Secret,
        hint: &str,
    ) -> Result<HttpRequest, RevokeError> {
        let client_id = upstream.connection.client_id.as_str();
        let further = self.further(upstream, provider, url).await?;
        let mut params = vec![("token", token.reveal()), ("token_type_hint", hint)];
        params.extend(further.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        if provider.authentication == ClientAuthentication::Basic {
            let mut request = form(url, &params)?;
            request.headers_mut().insert(AUTHORIZATION, basic(upstream)?);
            return Ok(request);
        }
        params.push(("client_id", client_id));
        if let Some(secret) =
            upstream.client_secret.filter(|_| provider.authentication == ClientAuthentication::Post)
        {
            params.push(("client_secret", secret.reveal()));
        }
        form(url, &params)
    }
}

/// Whether the token is revoked now.
fn understood(provider: &Provider<'_>, answer: &HttpResponse) -> Result<(), RevokeError> {
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let refused = provider.entry.token.ok_member.as_ref().is_some_and(|name| body[name] == false);
    let code: String = body["error"].as_str().unwrap_or_default().chars().take(100).collect();
    match answer.status().as_u16() {
        200..300 if !refused => Ok(()),
        // What is unknown there is revoked already.
        404 | 422 => Ok(()),
        _ if GONE.contains(&code.as_str()) => Ok(()),
        status => Err(RevokeError::Refused(format!("the provider answered {status} {code}"))),
    }
}

/// Error codes that say that there is nothing left to revoke.
const GONE: [&str; 4] = ["invalid_token", "token_revoked", "token_expired", "invalid_auth"];

fn build(request: http::request::Builder, body: Vec<u8>) -> Result<HttpRequest, RevokeError> {
    request.body(body).map_err(|_| RevokeError::Refused("the revocation address cannot be called".into()))
}

fn post(url: &Url) -> http::request::Builder {
    http::Request::builder().method(Method::POST).uri(url.as_str())
}

fn form(url: &Url, params: &[(&str, &str)]) -> Result<HttpRequest, RevokeError> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    build(post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded"), body.into_bytes())
}

fn bearer(url: &Url, token: &Secret) -> Result<HttpRequest, RevokeError> {
    build(post(url).header(AUTHORIZATION, sensitive(&format!("Bearer {}", token.reveal()))?), Vec::new())
}

fn basic_json(upstream: &Upstream<'_>, url: &Url, token: &Secret) -> Result<HttpRequest, RevokeError> {
    let request = http::Request::builder()
        .method(Method::DELETE)
        .uri(url.as_str())
        .header(AUTHORIZATION, basic(upstream)?)
        .header(CONTENT_TYPE, "application/json");
    build(request, json!({ "access_token": token.reveal() }).to_string().into_bytes())
}

/// Client id and secret, form-encoded first (RFC 6749 section 2.3.1).
fn basic(upstream: &Upstream<'_>) -> Result<HeaderValue, RevokeError> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let secret = upstream.client_secret.map_or("", Secret::reveal);
    let pair = format!("{}:{}", encode(&upstream.connection.client_id), encode(secret));
    sensitive(&format!("Basic {}", STANDARD.encode(pair)))
}

fn sensitive(text: &str) -> Result<HeaderValue, RevokeError> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| RevokeError::Refused("the token cannot be sent as a header".into()))?;
    value.set_sensitive(true);
    Ok(value)
}
