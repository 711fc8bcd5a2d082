//! Client authentication at the endpoints that clients call (RFC 6749 section 2.3, RFC 7523 section 2.2).

use coffer_contract::application::TokenEndpointAuthMethod;
use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    ids::ClientId,
};
use coffer_crypto::{Secret, TokenHash, public_keys};
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use url::Url;

use crate::{
    Oidc,
    assertion::{self, ASSERTION_TYPE, Unproven},
    error::EndpointError,
    jose::Unverified,
    registration::{DocumentError, document_address},
};

/// What a body says about its client.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClientParams {
    /// `client_id`
    pub client_id: Option<String>,
    /// `client_secret`
    pub client_secret: Option<Secret>,
    /// `client_assertion_type`
    pub client_assertion_type: Option<String>,
    /// `client_assertion`
    pub client_assertion: Option<Secret>,
}

/// What a request says about its client.
#[derive(Debug, Default)]
pub struct Credentials {
    /// From `Authorization: Basic`, already form-decoded (RFC 6749 section 2.3.1).
    pub basic: Option<(String, Secret)>,
    /// From the body.
    pub params: ClientParams,
    /// Path of the endpoint, without the leading slash: an assertion may name it as its audience.
    pub endpoint: &'static str,
    /// Where the request came from.
    pub ip: Option<String>,
}

impl Credentials {
    /// The client that is named, and the secret that is to prove it, where it is a secret.
    pub(crate) fn secret(&self) -> Option<(ClientId, &Secret)> {
        let means = means(self).ok()?;
        let id = claimed_id(self, &means).ok()??;
        match means {
            Means::Secret(_, secret) => Some((id, secret)),
            Means::Assertion(_) | Means::Nothing => None,
        }
    }
}

/// How a request proves its client.
enum Means<'a> {
    Secret(TokenEndpointAuthMethod, &'a Secret),
    Assertion(Unverified<'a>),
    Nothing,
}

fn refused(reason: impl Into<String>) -> EndpointError {
    EndpointError::InvalidClient(reason.into())
}

impl Oidc {
    /// The client that the credentials prove, or `invalid_client`, which is logged.
    pub(crate) async fn authenticate(&self, credentials: &Credentials) -> Result<Client, EndpointError> {
        let outcome = self.prove(credentials).await;
        if let Err(EndpointError::InvalidClient(reason)) = &outcome {
            let claimed =
                means(credentials).ok().and_then(|means| claimed_id(credentials, &means).ok().flatten());
            let claimed = claimed.map(|id| id.as_str().chars().take(64).collect()).unwrap_or_default();
            let event = AuditEvent::new(
                self.clock.now(),
                EventCode::TokenClientRefused,
                Actor::Anonymous(claimed),
                format!("Client authentication failed: {reason}."),
            )
            .from_ip(credentials.ip.as_deref());
            self.store.audit().record(event).await?;
        }
        outcome
    }

    async fn prove(&self, credentials: &Credentials) -> Result<Client, EndpointError> {
        let means = means(credentials)?;
        let Some(id) = claimed_id(credentials, &means)? else { return Err(refused("no client id")) };
        let found = match document_address(&id) {
            None => self.store.clients().with_secret_hash(&id).await?,
            Some(_) => match self.client(&id).await {
                Ok(client) => client.map(|client| (client, None)),
                Err(DocumentError::Refused(text)) => return Err(refused(text)),
                Err(DocumentError::Store(error)) => return Err(error.into()),
            },
        };
        let Some((client, stored)) = found else { return Err(refused("unknown client")) };
        let used = match &means {
            Means::Nothing if client.is_public() => return Ok(client),
            Means::Nothing => return Err(refused("no proof of the client came")),
            Means::Secret(used, secret) => {
                let stored = stored.ok_or_else(|| refused("a client without a secret sent one"))?;
                if TokenHash::of(secret.reveal()) != stored {
                    return Err(refused("wrong client secret"));
                }
                *used
            }
            Means::Assertion(read) => {
                self.check_assertion(&client, read, credentials.endpoint).await?;
                TokenEndpointAuthMethod::PrivateKeyJwt
            }
        };
        // A secret is as good in the header as in the body: libraries choose one by themselves.
        let by_secret = used.has_secret() && client.auth_method.has_secret();
        if used != client.auth_method && !by_secret {
            return Err(EndpointError::InvalidRequest(format!(
                "This application is registered for {}, not {}. Change either.",
                client.auth_method.code(),
                used.code()
            )));
        }
        Ok(client)
    }

    /// An assertion proves its client once. Where the client's keys are fetched, they are fetched again for
    /// a key that is not known, though not all the time.
    async fn check_assertion(
        &self,
        client: &Client,
        read: &Unverified<'_>,
        endpoint: &str,
    ) -> Result<(), EndpointError> {
        let audiences =
            [self.issuer.as_str().to_owned(), self.issuer.at("oauth/token"), self.issuer.at(endpoint)];
        let now = self.clock.now();
        let mut keys = self.client_keys(client, false).await?;
        let mut checked = assertion::check(read, &client.id, &audiences, &keys, now);
        if matches!(checked, Err(Unproven::UnknownKey)) && client.jwks_uri.is_some() {
            keys = self.client_keys(client, true).await?;
            checked = assertion::check(read, &client.id, &audiences, &keys, now);
        }
        let assertion = checked.map_err(|why| match why {
            Unproven::UnknownKey => refused("the client assertion is not signed with a key of the client"),
            Unproven::Refused(reason) => refused(reason),
        })?;
        if !self.store.replays().first(&assertion.id, assertion.ends_at).await? {
            return Err(refused("the client assertion was used before"));
        }
        Ok(())
    }

    /// The client's public keys: registered, or fetched from where it keeps them.
    async fn client_keys(&self, client: &Client, fresh: bool) -> Result<Vec<Jwk>, EndpointError> {
        if let Some(set) = &client.jwks {
            return Ok(public_keys::usable(set));
        }
        let Some(uri) = &client.jwks_uri else { return Ok(vec![]) };
        let url = Url::parse(uri).map_err(|_| refused("the client's jwks_uri is not an address"))?;
        let set = self.federation.published(&url, fresh).await;
        let set = set.map_err(|error| refused(format!("the client's keys could not be fetched: {error}")))?;
        Ok(public_keys::usable(&set))
    }
}

/// One way of proof, not two (RFC 6749 section 2.3).
fn means(credentials: &Credentials) -> Result<Means<'_>, EndpointError> {
    let Credentials { basic, params, .. } = credentials;
    let twice = || EndpointError::InvalidRequest("Authenticate the client in one way, not two.".into());
    match (basic, &params.client_secret, &params.client_assertion) {
        (None, None, None) => Ok(Means::Nothing),
        (Some((_, secret)), None, None) => {
            Ok(Means::Secret(TokenEndpointAuthMethod::ClientSecretBasic, secret))
        }
        (None, Some(secret), None) => Ok(Means::Secret(TokenEndpointAuthMethod::ClientSecretPost, secret)),
        (None, None, Some(token)) => {
            if params.client_assertion_type.as_deref() != Some(ASSERTION_TYPE) {
                return Err(EndpointError::InvalidRequest(format!(
                    "The client_assertion_type must be {ASSERTION_TYPE}."
                )));
            }
            let read = Unverified::read(token.reveal());
            read.map(Means::Assertion)
                .map_err(|reason| refused(format!("the client assertion is refused: {reason}")))
        }
        _ => Err(twice()),
    }
}

/// The client that is named; whoever names it twice names the same. An assertion names it by itself
/// (RFC 7521 section 4.2).
fn claimed_id(credentials: &Credentials, means: &Means<'_>) -> Result<Option<ClientId>, EndpointError> {
    let named = credentials.params.client_id.as_deref().filter(|id| !id.is_empty()).map(ClientId::from_text);
    let proven = match means {
        Means::Assertion(read) => assertion::claimed_client(read),
        _ => {
            credentials.basic.as_ref().map(|(id, _)| id).filter(|id| !id.is_empty()).map(ClientId::from_text)
        }
    };
    match (named, proven) {
        (Some(named), Some(proven)) if named != proven => {
            Err(EndpointError::InvalidRequest("The two client ids differ.".into()))
        }
        (named, proven) => Ok(proven.or(named)),
    }
}
