//! Token requests to a provider: a code for tokens, and a refresh (RFC 6749 sections 4.1.3 and 6).

use std::pin::Pin;

use coffer_contract::connection::ClientAuthentication;
use coffer_core::{Scopes, Timestamp};
use coffer_crypto::Secret;
use http::{HeaderName, HeaderValue, header::CONTENT_TYPE};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, EndpointNotSet,
    EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, StandardRevocableToken, StandardTokenResponse, TokenResponse as _, TokenUrl,
    basic::{
        BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use crate::{
    Federation, ProviderTokens, SignedIn, Upstream,
    catalogue::Body,
    endpoints::Provider,
    error::{OutboundError, RefreshError, UpstreamError},
    normalise::normalise,
};

/// What a token answer has beyond RFC 6749.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Extra {
    id_token: Option<String>,
    /// Seconds, under the name that [`normalise`] gives it.
    refresh_expires_in: Option<i64>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl std::fmt::Debug for Extra {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl ExtraTokenFields for Extra {}

type Answer = StandardTokenResponse<Extra, BasicTokenType>;
type Failure = RequestTokenError<OutboundError, BasicErrorResponse>;
pub(crate) type TokenClient = Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The OAuth client of a connection, with `token` as token endpoint.
pub(crate) fn client(
    upstream: &Upstream<'_>,
    provider: &Provider<'_>,
    token: &Url,
) -> Result<TokenClient, UpstreamError> {
    let client_id = ClientId::new(upstream.connection.client_id.clone());
    let redirect = RedirectUrl::new(upstream.redirect_uri.to_owned())
        .map_err(|_| UpstreamError::Setting("a callback URL"))?;
    let mut client = Client::new(client_id)
        .set_auth_uri(AuthUrl::from_url(provider.authorization.clone()))
        .set_token_uri(TokenUrl::from_url(token.clone()))
        .set_redirect_uri(redirect)
        .set_auth_type(match provider.authentication {
            ClientAuthentication::Basic => AuthType::BasicAuth,
            ClientAuthentication::Post | ClientAuthentication::PrivateKeyJwt => AuthType::RequestBody,
        });
    if let Some(secret) = upstream.client_secret
        && provider.authentication != ClientAuthentication::PrivateKeyJwt
    {
        client = client.set_client_secret(ClientSecret::new(secret.reveal().to_owned()));
    }
    Ok(client)
}

impl Federation {
    /// Exchanges the code, and learns who signed in: from the ID token, checked, where there is one,
    /// and from user info.
    pub async fn exchange_code(
        &self,
        upstream: &Upstream<'_>,
        code: &Secret,
        code_verifier: &Secret,
        nonce: &str,
        asked: &Scopes,
        now: Timestamp,
    ) -> Result<SignedIn, UpstreamError> {
        let provider = self.provider(upstream.connection).await?;
        let client = client(upstream, &provider, &provider.token)?;
        let send = Sender { federation: self, provider: &provider };
        let mut request = client.exchange_code(AuthorizationCode::new(code.reveal().to_owned()));
        if provider.pkce {
            request = request.set_pkce_verifier(PkceCodeVerifier::new(code_verifier.reveal().to_owned()));
        }
        for (name, value) in self.further(upstream, &provider, &provider.token).await? {
            request = request.add_extra_param(name, value);
        }
        let answer = request.request_async(&send).await.map_err(upstream_error)?;
        let claims = match (&provider.document, &answer.extra_fields().id_token) {
            (Some(document), Some(token)) => {
                Some(self.verify_id_token(upstream, document, token, nonce, now).await?)
            }
            (Some(_), None) => return Err(UpstreamError::IdToken("there is none in the answer".into())),
            (None, _) => None,
        };
        let tokens = tokens(&provider, &answer);
        tracing::debug!(connection = %upstream.connection.name, asked = %asked, "a provider handed out tokens");
        let (provider_user_id, profile) = self
            .person(upstream, &provider, claims, &answer.extra_fields().rest, &tokens.access_token)
            .await?;
        Ok(SignedIn { tokens, provider_user_id, profile })
    }

    /// Spends a refresh token; with `scopes`, for an access token with these alone (RFC 6749 section 6).
    pub async fn refresh(
        &self,
        upstream: &Upstream<'_>,
        refresh_token: &Secret,
        scopes: Option<&Scopes>,
    ) -> Result<ProviderTokens, RefreshError> {
        let provider = self.provider(upstream.connection).await.map_err(before_sending)?;
        let client = client(upstream, &provider, &provider.refresh).map_err(before_sending)?;
        let send = Sender { federation: self, provider: &provider };
        let token = RefreshToken::new(refresh_token.reveal().to_owned());
        let mut request = client.exchange_refresh_token(&token);
        let further = self.further(upstream, &provider, &provider.refresh).await.map_err(before_sending)?;
        for (name, value) in further {
            request = request.add_extra_param(name, value);
        }
        if let Some(scopes) = scopes {
            request = request.add_extra_param("scope", scopes.to_string());
        }
        let answer = request.request_async(&send).await;
        answer.map(|answer| tokens(&provider, &answer)).map_err(|failure| refresh_error(&provider, failure))
    }

    /// Parameters of a token request beyond the standard ones: the catalogue's, and the client's assertion.
    pub(crate) async fn further(
        &self,
        upstream: &Upstream<'_>,
        provider: &Provider<'_>,
        audience: &Url,
    ) -> Result<Vec<(String, String)>, UpstreamError> {
        let known = provider.entry.token.params.iter();
        let mut params: Vec<_> = known.map(|(name, value)| (name.clone(), value.clone())).collect();
        if provider.authentication == ClientAuthentication::PrivateKeyJwt {
            let signer = self.assertions.as_ref().ok_or(UpstreamError::Setting("a key to sign with"))?;
            let signed = signer.assertion(&upstream.connection.client_id, audience.as_str()).await;
            params.push(("client_assertion_type".into(), ASSERTION_TYPE.into()));
            params.push(("client_assertion".into(), signed.map_err(UpstreamError::Build)?));
        }
        Ok(params)
    }
}

/// RFC 7523 section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The guarded way out, as the OAuth library asks for it.
struct Sender<'a> {
    federation: &'a Federation,
    provider: &'a Provider<'a>,
}

impl<'c> AsyncHttpClient<'c> for Sender<'_> {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request = dress(request, self.provider);
            Ok(normalise(self.federation.outbound.post(request).await?, self.provider.entry))
        })
    }
}

/// The request as this provider takes it: in JSON where it must be, with the headers that it needs.
fn dress(mut request: HttpRequest, provider: &Provider<'_>) -> HttpRequest {
    if provider.entry.token.body == Body::Json {
        let members: Map<String, Value> = url::form_urlencoded::parse(request.body())
            .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
            .collect();
        if let Ok(body) = serde_json::to_vec(&members) {
            *request.body_mut() = body;
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
    }
    for (name, value) in &provider.token_headers {
        // Checked when they were entered; what is no header after all is left out.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            request.headers_mut().insert(name, value);
        }
    }
    request
}

fn tokens(provider: &Provider<'_>, answer: &Answer) -> ProviderTokens {
    let token = &provider.entry.token;
    let refresh_token = answer.refresh_token().map(|token| Secret::new(token.secret().as_str()));
    ProviderTokens {
        access_token: Secret::new(answer.access_token().secret().as_str()),
        refresh_expires_in: answer.extra_fields().refresh_expires_in.or(token.refresh_seconds),
        refresh_token,
        scopes: answer
            .scopes()
            .map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Scopes>())
            .filter(|scopes| !scopes.is_empty()),
        expires_in: answer
            .expires_in()
            .and_then(|life| i64::try_from(life.as_secs()).ok())
            .or(token.access_seconds),
    }
}

/// Code and description of an OAuth error, as they may be logged: they come from outside.
fn described(error: &BasicErrorResponse) -> (String, Option<String>) {
    let clean = |text: &str| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
    (clean(error.error().as_ref()), error.error_description().map(|text| clean(text)))
}

fn upstream_error(failure: Failure) -> UpstreamError {
    match failure {
        RequestTokenError::ServerResponse(error) => {
            let (code, description) = described(&error);
            UpstreamError::Provider { code, description }
        }
        RequestTokenError::Request(error) => UpstreamError::Outbound(error),
        // The body may hold tokens: only where parsing stopped is told.
        RequestTokenError::Parse(error, _) => {
            UpstreamError::Answer(format!("its token answer is malformed at {}", error.path()))
        }
        RequestTokenError::Other(_) => UpstreamError::Answer("its token answer is empty or not JSON".into()),
    }
}

/// Nothing was sent yet, so nothing is lost.
fn before_sending(error: UpstreamError) -> RefreshError {
    match error {
        UpstreamError::Setting(_) | UpstreamError::Build(_) => {
            RefreshError::Misconfigured { reason: error.to_string() }
        }
        other => RefreshError::Transient { reason: other.to_string(), retry_after: None },
    }
}

fn refresh_error(provider: &Provider<'_>, failure: Failure) -> RefreshError {
    match failure {
        RequestTokenError::ServerResponse(error) => {
            let (code, description) = described(&error);
            if code == "invalid_grant" || provider.entry.token.revoked_codes.contains(&code) {
                return RefreshError::Revoked { code, description };
            }
            let reason = match description {
                Some(description) => format!("the provider answered {code} ({description})"),
                None => format!("the provider answered {code}"),
            };
            match code.as_str() {
                "temporarily_unavailable" | "server_error" | "slow_down" => {
                    RefreshError::Transient { reason, retry_after: None }
                }
                _ => RefreshError::Misconfigured { reason },
            }
        }
        RequestTokenError::Request(error) => {
            let retry_after = match &error {
                OutboundError::Status { retry_after, .. } => *retry_after,
                _ => None,
            };
            RefreshError::Transient { reason: error.to_string(), retry_after }
        }
        other => RefreshError::Transient { reason: upstream_error(other).to_string(), retry_after: None },
    }
}
