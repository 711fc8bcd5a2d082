//! The sealed part of a token set.

use coffer_core::ids::TokenSetId;
use coffer_crypto::{Context, Sealed, Secret};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Inner, VaultError};

/// A provider's tokens in clear, in memory only.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access_token: Secret,
    pub(crate) refresh_token: Option<Secret>,
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

fn context(id: &TokenSetId) -> Context<'_> {
    Context { table: "token_sets", row: id.as_str(), column: "tokens" }
}

impl Inner {
    pub(crate) fn seal(&self, id: &TokenSetId, tokens: &Tokens) -> Result<Sealed, VaultError> {
        let plain = Plain {
            access_token: tokens.access_token.reveal(),
            refresh_token: tokens.refresh_token.as_ref().map(Secret::reveal),
        };
        let bytes = serde_json::to_vec(&plain).map_err(|_| VaultError::Format(place(id)))?;
        Ok(self.keyring.seal(self.rng.as_ref(), context(id), &Zeroizing::new(bytes)))
    }

    pub(crate) fn open(&self, id: &TokenSetId, sealed: &Sealed) -> Result<Tokens, VaultError> {
        let plain = self
            .keyring
            .open(context(id), sealed)
            .map_err(|source| VaultError::Sealed { place: place(id), source })?;
        let opened: Opened = serde_json::from_slice(&plain).map_err(|_| VaultError::Format(place(id)))?;
        Ok(Tokens { access_token: opened.access_token, refresh_token: opened.refresh_token })
    }
}

fn place(id: &TokenSetId) -> String {
    format!("token_sets/{id}")
}
