//! The authorization server: OAuth 2.0 (RFC 6749, RFC 9700) and OpenID Connect Core 1.0.
//!
//! A sign-in, step by step:
//! 1. `/authorize` checks client and redirect URI ([`authorize`]); from then on errors travel to the client.
//! 2. The request is stored as an interaction, known by a handle and bound to the browser.
//! 3. The user chooses a connection (or the request named one) and goes to the provider ([`upstream`]).
//! 4. The provider answers at the callback; its tokens go to the vault, the browser session is renewed.
//! 5. The user consents, unless that happened before ([`consent`]).
//! 6. A code goes to the redirect URI; the client exchanges it at the token endpoint ([`grants`]).

pub mod access_token;
mod administrators;
mod apis;
mod assertion;
pub mod authorize;
mod backchannel;
pub mod browser;
pub mod client_auth;
pub mod connect;
pub mod consent;
pub mod device;
pub mod discovery;
pub mod dpop;
mod ending;
pub mod error;
pub mod grants;
pub mod id_token;
pub mod identify;
pub mod introspect;
pub mod issuer;
mod jose;
pub mod keys;
pub mod logout;
pub mod my_account;
pub mod pages;
pub mod par;
pub mod presented;
pub mod protected_resource;
mod redirect;
pub mod registration;
pub mod revoke;
mod stranger;
pub mod trial;
mod trip;
pub mod upstream;
pub mod userinfo;

use std::sync::Arc;

use coffer_core::{Clock, Rng};
use coffer_crypto::Keyring;
use coffer_federation::Federation;
use coffer_store::Store;
use coffer_vault::Vault;
use tokio::sync::Notify;

pub use browser::Browser;
pub use issuer::Issuer;
pub use keys::SigningKeys;
pub use trip::CallbackParams;

/// The authorization server. Holds no state of its own but a cache of signing keys, and releases that it may repeat
/// if the database agrees.
pub struct Oidc {
    store: Store,
    keyring: Arc<Keyring>,
    vault: Vault,
    federation: Arc<Federation>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    issuer: Issuer,
    keys: SigningKeys,
    /// Releases that were made, to be made again.
    known: grants::Known,
    /// Woken when there is an application to be told of a logout.
    to_tell: Notify,
}

/// What an [`Oidc`] is made of.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The key-encryption keys.
    pub keyring: Arc<Keyring>,
    /// The vault.
    pub vault: Vault,
    /// The providers.
    pub federation: Arc<Federation>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Who this server is.
    pub issuer: Issuer,
    /// The signing keys.
    pub keys: SigningKeys,
}

impl Oidc {
    /// An authorization server of these parts.
    pub fn new(parts: Parts) -> Self {
        let Parts { store, keyring, vault, federation, clock, rng, issuer, keys } = parts;
        let (known, to_tell) = (grants::Known::default(), Notify::new());
        Self { store, keyring, vault, federation, clock, rng, issuer, keys, known, to_tell }
    }

    /// Who this server is.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The signing keys.
    pub fn keys(&self) -> &SigningKeys {
        &self.keys
    }

    /// The database, for what only reads it (health, CORS).
    pub fn store(&self) -> &Store {
        &self.store
    }
}
