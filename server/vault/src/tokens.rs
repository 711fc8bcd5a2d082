//! A provider's tokens, and how they are sealed.

use coffer_core::{Rng, ids::TokenSetId};
use coffer_crypto::{Context, Keyring, OpenError, Sealed, Secret};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{Inner, VaultError};

/// A provider's tokens in clear, in memory only.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// `access_token`
    pub access_token: Secret,
    /// `refresh_token`
    pub refresh_token: Option<Secret>,
}

/// Sealed tokens that are no good.
#[derive(Debug, Error)]
pub enum TokensError {
    /// They do not open.
    #[error(transparent)]
    Sealed(#[from] OpenError),
    /// They open, but are not tokens.
    #[error("the sealed value is not a token set")]
    Format,
}

#[derive(Serialize)]
struct Plain<'a> {
    access_token: &'a str,
    refresh_token: Option<&'a str>,
}

#[derive(Deserialize)]
struct Opened {
    access_token: Secret,
    refresh_token: Option<Secret>,
}

impl Tokens {
    /// Seals them for the place where they will stand.
    pub fn seal(
        &self,
        keyring: &Keyring,
        rng: &dyn Rng,
        context: Context<'_>,
    ) -> Result<Sealed, TokensError> {
        let plain = Plain {
            access_token: self.access_token.reveal(),
            refresh_token: self.refresh_token.as_ref().map(Secret::reveal),
        };
        let bytes = serde_json::to_vec(&plain).map_err(|_| TokensError::Format)?;
        Ok(keyring.seal(rng, context, &Zeroizing::new(bytes)))
    }

    /// Opens what stands there.
    pub async fn open(keyring: &Keyring, context: Context<'_>, sealed: &Sealed) -> Result<Self, TokensError> {
        let plain = keyring.open(context, sealed).await?;
        let opened: Opened = serde_json::from_slice(&plain).map_err(|_| TokensError::Format)?;
        Ok(Self { access_token: opened.access_token, refresh_token: opened.refresh_token })
    }
}

fn context(id: &TokenSetId) -> Context<'_> {
    Context { table: "token_sets", row: id.as_str(), column: "tokens" }
}

impl Inner {
    pub(crate) fn seal(&self, id: &TokenSetId, tokens: &Tokens) -> Result<Sealed, VaultError> {
        tokens.seal(&self.keyring, self.rng.as_ref(), context(id)).map_err(|error| at(id, error))
    }

    pub(crate) async fn open(&self, id: &TokenSetId, sealed: &Sealed) -> Result<Tokens, VaultError> {
        Tokens::open(&self.keyring, context(id), sealed).await.map_err(|error| at(id, error))
    }
}

fn at(id: &TokenSetId, error: TokensError) -> VaultError {
    let place = format!("token_sets/{id}");
    match error {
        TokensError::Sealed(source) => VaultError::Sealed { place, source },
        TokensError::Format => VaultError::Format(place),
    }
}
