//! The token vault: keeps the tokens that a provider handed out for a user, sealed; refreshes them
//! behind a fence; releases a fresh access token to an application that may have it.
//!
//! A release, step by step:
//! 1. The caller (the token endpoint) has checked client, grant, subject token and connection.
//! 2. [`Vault::release`] picks the user's account: the one that `login_hint` names, else the newest usable.
//! 3. A fresh access token is opened and handed out.
//! 4. Otherwise [`refresh`] replaces it: callers in this process are collapsed into one, the row is
//!    claimed with a fencing number and a lease, read again, the provider is called with no transaction
//!    open, and the answer is written only if the fence still holds, before anyone sees the new token.
//!    Where the application may have less than the account allows, the refresh asks for that alone
//!    ([`narrow`]).
//! 5. The release is recorded as an audit event before the token leaves.
//!
//! One that repeats an earlier release ([`Vault::release_again`]) is recorded if all that the earlier one rested on
//! still stands, and reads nothing else.

mod collapse;
mod keep;
mod narrow;
mod refresh;
mod release;
mod revoke;
mod tokens;

use std::sync::Arc;

use coffer_core::{Clock, Rng, connection::Connection};
use coffer_crypto::{Context, Keyring, OpenError, Secret};
use coffer_federation::Federation;
use coffer_store::{Store, StoreError};
use thiserror::Error;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

pub use keep::Consented;
pub use release::{ReleaseError, ReleaseRequest, Released, Repeated, Stored};
pub use tokens::{Tokens, TokensError};

use collapse::Collapse;
use narrow::Narrowed;

/// The vault. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    store: Store,
    keyring: Arc<Keyring>,
    federation: Arc<Federation>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    callback_url: String,
    collapse: Collapse,
    narrowed: Narrowed,
    tasks: TaskTracker,
    /// Woken when there is something to revoke.
    to_revoke: Notify,
}

/// Something failed inside; says nothing about the account.
#[derive(Debug, Error)]
pub enum VaultError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sealed value did not open.
    #[error("{place}: {source}")]
    Sealed {
        /// Table and row.
        place: String,
        /// Why.
        source: OpenError,
    },
    /// A sealed value opened, but is not what belongs there.
    #[error("{0}: the sealed value is not a token set")]
    Format(String),
    /// A task of the vault ended before its answer.
    #[error("the vault is shutting down")]
    Stopped,
}

impl VaultError {
    /// Whether the database cannot do its work just now.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_unavailable())
    }
}

impl Vault {
    /// A vault over `store`. `callback_url` is the redirect URI registered at the providers.
    pub fn new(
        store: Store,
        keyring: Arc<Keyring>,
        federation: Arc<Federation>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        callback_url: String,
    ) -> Self {
        let tasks = TaskTracker::new();
        Self(Arc::new(Inner {
            store,
            keyring,
            federation,
            clock,
            rng,
            callback_url,
            collapse: Collapse::default(),
            narrowed: Narrowed::default(),
            tasks,
            to_revoke: Notify::new(),
        }))
    }

    /// Opens the client secret of `connection`, for a call to its provider.
    pub async fn client_secret(&self, connection: &Connection) -> Result<Option<Secret>, VaultError> {
        self.0.client_secret(connection).await
    }

    /// Waits for refreshes under way, so that no rotated token is lost at shutdown.
    pub async fn drain(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }
}

impl Inner {
    async fn client_secret(&self, connection: &Connection) -> Result<Option<Secret>, VaultError> {
        let Some(sealed) = self.store.connections().secret(&connection.id).await? else {
            return Ok(None);
        };
        let context = Context { table: "connections", row: connection.id.as_str(), column: "client_secret" };
        let place = || format!("connections/{}", connection.id);
        let plain = self
            .keyring
            .open(context, &sealed)
            .await
            .map_err(|source| VaultError::Sealed { place: place(), source })?;
        let text = std::str::from_utf8(&plain).map_err(|_| VaultError::Format(place()))?;
        Ok(Some(Secret::new(text)))
    }
}
