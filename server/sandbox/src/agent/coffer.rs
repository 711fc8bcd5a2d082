//! Coffer as an OpenID provider: what it says of itself (OpenID Connect Discovery 1.0), and its ID tokens
//! (OpenID Connect Core section 3.1.3.7).

use chrono::{DateTime, Utc};
use openidconnect::{
    AuthType, ClientId, ClientSecret, DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IssuerUrl, Nonce, RedirectUrl, RequestTokenError, StandardErrorResponse, TokenResponse as _,
    core::{
        CoreClient, CoreErrorResponseType, CoreJwsSigningAlgorithm as Alg, CoreProviderMetadata,
        CoreTokenResponse,
    },
};
use serde_json::Map;

use super::{
    Adopted, Agent,
    outbound::NoAnswer,
    problem::{Mend, Problem},
};

/// Signatures of ID tokens that are accepted: those that Coffer has.
const ALGORITHMS: [Alg; 3] = [Alg::RsaSsaPkcs1V15Sha256, Alg::EcdsaP256Sha256, Alg::EdDsa];

/// The agent as a client of Coffer.
pub(super) type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl Agent {
    /// Coffer as it describes itself.
    pub(super) async fn client(&self, adopted: &Adopted) -> Result<Client, Problem> {
        let metadata =
            CoreProviderMetadata::discover_async(IssuerUrl::from_url(self.issuer.clone()), &self.outbound);
        let metadata = metadata.await.map_err(|error| match error {
            DiscoveryError::Request(error) => Problem::coffer(error),
            other => {
                tracing::warn!(error = %other, "Coffer's discovery document cannot be used");
                Problem::new(
                    "Coffer's discovery document is not what it should be. Its log may say why.",
                    Mend::Again,
                )
            }
        })?;
        let id = ClientId::new(adopted.client_id.clone());
        let secret = ClientSecret::new(adopted.client_secret.reveal().to_owned());
        let client = CoreClient::from_provider_metadata(metadata, id, Some(secret));
        Ok(client
            .set_redirect_uri(RedirectUrl::from_url(self.callback.clone()))
            .set_auth_type(AuthType::RequestBody))
    }

    /// Name and address from the ID token.
    pub(super) fn person(
        &self,
        client: &Client,
        answer: &CoreTokenResponse,
        nonce: &Nonce,
    ) -> Result<(String, Option<String>), Problem> {
        let refused = |why: &dyn std::fmt::Display| {
            tracing::warn!(%why, "Coffer's ID token was refused");
            Problem::new("Coffer's ID token did not hold when the agent checked it.", Mend::Again)
        };
        let at = DateTime::<Utc>::from_timestamp_millis(self.now().millis()).unwrap_or_default();
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || at);
        let token = answer.id_token().ok_or_else(|| refused(&"there is none"))?;
        let claims = token.claims(&verifier, nonce).map_err(|error| refused(&error))?;
        let email = claims.email().map(|email| email.to_string());
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.to_string());
        let name = name.or_else(|| email.clone()).unwrap_or_else(|| claims.subject().to_string());
        Ok((name, email))
    }

    /// An address of Coffer.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }
}

/// Why a token request came to nothing.
pub(super) fn failed(
    error: RequestTokenError<NoAnswer, StandardErrorResponse<CoreErrorResponseType>>,
) -> Problem {
    match error {
        RequestTokenError::ServerResponse(error) => {
            Problem::refused(error.error().as_ref(), error.error_description().map(String::as_str))
        }
        RequestTokenError::Request(error) => Problem::coffer(error),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => Problem::of_answer(&Map::new()),
    }
}
