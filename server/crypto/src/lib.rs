//! Secrets, hashes, sealed records and signing keys. The algorithms are libraries'; what is ours is
//! that a secret cannot be printed, a record cannot be moved and a key cannot be mixed up.

pub mod client_secret;
pub mod hash;
pub mod key_file;
pub mod keyring;
pub mod mac;
pub mod password;
pub mod public_keys;
pub mod seal;
pub mod secret;
pub mod service;
pub mod signing;
pub mod totp;

pub use client_secret::KeptSecret;
pub use hash::TokenHash;
pub use key_file::{Kek, KeyFile, KeyFileError};
pub use keyring::{KeySource, Keyring, SourceError};
pub use seal::{Context, OpenError, Sealed};
pub use secret::Secret;
pub use service::{KeyService, KeyServiceError, WrappedKey};
pub use signing::{SigningError, SigningKey};
pub use totp::TotpSecret;
