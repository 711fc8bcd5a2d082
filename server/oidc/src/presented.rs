//! Access tokens as requests present them: `Bearer` (RFC 6750 section 2.1), or `DPoP` with a proof of the key
//! that the token is bound to (RFC 9449 section 7).

use coffer_core::authorization::AccessGrant;
use coffer_crypto::{Secret, TokenHash};
use coffer_store::StoreError;
use thiserror::Error;

use crate::error::DATABASE;
use crate::{
    Oidc,
    dpop::{ProofError, Proofs},
    jose,
};

/// The scheme of the `Authorization` header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// Whoever bears the token may use it.
    #[default]
    Bearer,
    /// Whoever has the key may use it.
    Dpop,
}

impl Scheme {
    /// How a token is presented.
    pub(crate) fn of(grant: &AccessGrant) -> Self {
        if grant.jkt.is_some() { Self::Dpop } else { Self::Bearer }
    }

    /// The value of `token_type`.
    pub fn token_type(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }
}

/// What a request presents.
#[derive(Clone, Debug, Default)]
pub struct Presented {
    /// The token, if there is one.
    pub token: Option<Secret>,
    /// How it is presented.
    pub scheme: Scheme,
    /// Its proofs.
    pub proofs: Proofs,
}

/// Why a presented token opens nothing: 401, whatever it is.
#[derive(Debug, Error)]
pub enum TokenError {
    /// There is none, or it is unknown or ended.
    #[error("{0}")]
    Invalid(&'static str),
    /// It is not presented in the way that its binding asks for.
    #[error("{0}")]
    Binding(&'static str),
    /// The proof is no good.
    #[error("the DPoP proof is refused: {0}")]
    Proof(&'static str),
    /// The database cannot do its work just now.
    #[error("{0}")]
    Database(String),
    /// Something failed inside.
    #[error("{0}")]
    Inside(String),
}

impl TokenError {
    /// HTTP status and OAuth error code.
    pub fn status_and_code(&self) -> (u16, &'static str) {
        match self {
            Self::Invalid(_) | Self::Binding(_) => (401, "invalid_token"),
            Self::Proof(_) => (401, "invalid_dpop_proof"),
            Self::Database(_) => (503, "temporarily_unavailable"),
            Self::Inside(_) => (500, "server_error"),
        }
    }

    /// What the caller may know.
    pub fn description(&self) -> String {
        match self {
            Self::Invalid(text) | Self::Binding(text) => (*text).to_owned(),
            Self::Proof(reason) => format!("The DPoP proof is refused: {reason}."),
            Self::Database(_) => DATABASE.to_owned(),
            Self::Inside(_) => "Something went wrong on the server.".to_owned(),
        }
    }

    /// For `WWW-Authenticate` (RFC 6750 section 3, RFC 9449 section 7.1).
    pub fn challenge(&self) -> Option<String> {
        let (_, code) = self.status_and_code();
        let text = self.description();
        match self {
            Self::Invalid(_) => Some(format!("Bearer error=\"{code}\", error_description=\"{text}\"")),
            Self::Binding(_) | Self::Proof(_) => {
                let algs = jose::ALGORITHMS.join(" ");
                Some(format!("DPoP error=\"{code}\", error_description=\"{text}\", algs=\"{algs}\""))
            }
            Self::Database(_) | Self::Inside(_) => None,
        }
    }
}

impl From<StoreError> for TokenError {
    fn from(error: StoreError) -> Self {
        match error.is_unavailable() {
            true => Self::Database(error.to_string()),
            false => Self::Inside(error.to_string()),
        }
    }
}

impl Oidc {
    /// What the presented token opens, if it is good and whoever presents it may.
    pub async fn presented(&self, presented: &Presented) -> Result<AccessGrant, TokenError> {
        let token = presented.token.as_ref().ok_or(TokenError::Invalid(
            "Send an access token as Authorization: Bearer, or as Authorization: DPoP with a proof.",
        ))?;
        let found = self.store.tokens().access(&TokenHash::of(token.reveal()), self.clock.now()).await?;
        let unknown = "The access token is unknown, expired or revoked.";
        let grant = found.ok_or(TokenError::Invalid(unknown))?;
        match (presented.scheme, &grant.jkt) {
            (Scheme::Bearer, None) => {}
            (Scheme::Bearer, Some(_)) => {
                return Err(TokenError::Binding(
                    "The access token is bound to a key. Send it as Authorization: DPoP with a proof.",
                ));
            }
            (Scheme::Dpop, None) => {
                return Err(TokenError::Binding(
                    "The access token is not bound to a key. Send it as Authorization: Bearer.",
                ));
            }
            (Scheme::Dpop, Some(bound)) => {
                let proven = self.proven_key(&presented.proofs, Some(token)).await;
                let proven = proven.map_err(|error| match error {
                    ProofError::Refused(reason) => TokenError::Proof(reason),
                    ProofError::Inside(reason) => TokenError::Inside(reason),
                })?;
                if proven.ok_or(TokenError::Proof("there is none; send it in the DPoP header"))? != *bound {
                    return Err(TokenError::Binding(
                        "The DPoP proof is of another key than the access token's.",
                    ));
                }
            }
        }
        Ok(grant)
    }
}
