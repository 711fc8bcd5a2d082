//! Token requests to a provider: a code for tokens, and a refresh (RFC 6749 sections 4.1.3 and 6).

use std::pin::Pin;

use coffer_contract::connection::ClientAuthentication;
use coffer_core::Scopes;
use coffer_crypto::Secret;
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, EndpointNotSet,
    EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, StandardRevocableToken, StandardTokenResponse, TokenResponse as _, TokenUrl,
    basic::{
        BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
    },
};
use serde::{Deserialize, Serialize};
use url::Url;

use coffer_core::Timestamp;

use crate::{
    Federation, ProviderTokens, SignedIn, Upstream,
    endpoints::Provider,
    error::{OutboundError, RefreshError, UpstreamError},
    normalise::normalise,
};

/// The member that OpenID Connect adds to the token answer.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Extra {
    id_token: Option<String>,
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
            ClientAuthentication::Post => AuthType::RequestBody,
        });
    if let Some(secret) = upstream.client_secret {
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
        let answer = client
            .exchange_code(AuthorizationCode::new(code.reveal().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(code_verifier.reveal().to_owned()))
            .request_async(&send)
            .await
            .map_err(upstream_error)?;
        let claims = match (&provider.document, &answer.extra_fields().id_token) {
            (Some(document), Some(token)) => {
                Some(self.verify_id_token(upstream, document, token, nonce, now).await?)
            }
            (Some(_), None) => return Err(UpstreamError::IdToken("there is none in the answer".into())),
            (None, _) => None,
        };
        let tokens = tokens(&answer);
        tracing::debug!(connection = %upstream.connection.name, asked = %asked, "a provider handed out tokens");
        let (provider_user_id, profile) =
            self.person(upstream, &provider, claims, &tokens.access_token).await?;
        Ok(SignedIn { tokens, provider_user_id, profile })
    }

    /// Spends a refresh token.
    pub async fn refresh(
        &self,
        upstream: &Upstream<'_>,
        refresh_token: &Secret,
        _now: Timestamp,
    ) -> Result<ProviderTokens, RefreshError> {
        let provider = self.provider(upstream.connection).await.map_err(before_sending)?;
        let client = client(upstream, &provider, &provider.refresh).map_err(before_sending)?;
        let send = Sender { federation: self, provider: &provider };
        let token = RefreshToken::new(refresh_token.reveal().to_owned());
        let answer = client.exchange_refresh_token(&token).request_async(&send).await;
        answer.map(|answer| tokens(&answer)).map_err(|failure| refresh_error(&provider, failure))
    }
}

/// The guarded way out, as the OAuth library asks for it.
struct Sender<'a> {
    federation: &'a Federation,
    provider: &'a Provider<'a>,
}

impl<'c> AsyncHttpClient<'c> for Sender<'_> {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(
            async move { Ok(normalise(self.federation.outbound.post(request).await?, self.provider.entry)) },
        )
    }
}

fn tokens(answer: &Answer) -> ProviderTokens {
    ProviderTokens {
        access_token: Secret::new(answer.access_token().secret().as_str()),
        refresh_token: answer.refresh_token().map(|token| Secret::new(token.secret().as_str())),
        scopes: answer
            .scopes()
            .map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Scopes>())
            .filter(|scopes| !scopes.is_empty()),
        expires_in: answer.expires_in().and_then(|life| i64::try_from(life.as_secs()).ok()),
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
