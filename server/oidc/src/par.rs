//! Pushed authorization requests (RFC 9126): the client sends the parameters itself, authenticated, and the
//! browser carries a reference to them.

use coffer_core::{ids::ClientId, rng};
use coffer_crypto::TokenHash;

use crate::{
    Oidc,
    authorize::{Params, once},
    client_auth::Credentials,
    dpop::Proofs,
    error::{EndpointError, PageError},
};

/// Begins every reference (RFC 9126 section 2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// Seconds in which the browser must bring the reference.
const PUSHED_SECONDS: i64 = 90;

/// What the client is told.
#[derive(Debug)]
pub struct Pushed {
    /// `request_uri`
    pub request_uri: String,
    /// `expires_in`, in seconds.
    pub expires_in: i64,
}

impl Oidc {
    /// `POST /oauth/par`: the request is checked as `/authorize` would (section 2.1), and kept. A proof of
    /// possession binds the code as `dpop_jkt` does (RFC 9449 section 10.1).
    pub async fn push(
        &self,
        mut params: Params,
        credentials: Credentials,
        proofs: &Proofs,
    ) -> Result<Pushed, EndpointError> {
        let client = self.authenticate(&credentials).await?;
        if params.contains_key("request_uri") {
            return Err(EndpointError::InvalidRequest("A pushed request cannot name a request_uri.".into()));
        }
        params.insert("client_id".to_owned(), client.id.to_string());
        if let Some(jkt) = self.proven_key(proofs, None).await?
            && params.insert("dpop_jkt".to_owned(), jkt.clone()).is_some_and(|named| named != jkt)
        {
            return Err(EndpointError::InvalidDpopProof("it is of another key than dpop_jkt names"));
        }
        self.validated(&params, &[], true).await.map_err(refusal)?;
        let reference = rng::token(self.rng.as_ref());
        let expires_at = self.clock.now().plus_seconds(PUSHED_SECONDS);
        let requests = self.store.pushed_requests();
        requests.create(&TokenHash::of(&reference), &client.id, &params, expires_at).await?;
        Ok(Pushed { request_uri: format!("{PREFIX}{reference}"), expires_in: PUSHED_SECONDS })
    }

    /// The parameters that a request at `/authorize` refers to, if it refers to any. The reference works
    /// once, and for its client alone (section 4); whatever else stands beside it is ignored.
    pub(crate) async fn pushed(
        &self,
        params: &Params,
        repeated: &[String],
    ) -> Result<Option<Params>, PageError> {
        let reference = once(params, repeated, "request_uri").and_then(|uri| uri.strip_prefix(PREFIX));
        let Some(reference) = reference else { return Ok(None) };
        let gone = || {
            PageError::refused(
                "invalid_request_uri",
                "The request was used before, took too long, or is another application's. Go back to the \
                 application and start again.",
            )
        };
        let client = once(params, repeated, "client_id").ok_or_else(gone)?;
        let requests = self.store.pushed_requests();
        let client = ClientId::from_text(client);
        let found = requests.take(&TokenHash::of(reference), &client, self.clock.now()).await?;
        found.ok_or_else(gone).map(Some)
    }
}

/// What would have been shown, or sent to the redirect URI, is told to the client (section 2.3).
fn refusal(error: PageError) -> EndpointError {
    match error {
        PageError::Refused { message, code } => {
            EndpointError::Request { code: code.into(), description: message }
        }
        PageError::ToClient(answer) => {
            let (code, description) = answer.into_error();
            EndpointError::Request { code, description }
        }
        PageError::Database(reason) => EndpointError::Database(reason),
        PageError::Inside(reason) => EndpointError::Inside(reason),
        PageError::Gone | PageError::Provider { .. } => EndpointError::Inside(error.to_string()),
    }
}
