//! What the service answers.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_crypto::{Kek, KeyServiceError, WrappedKey};
use serde::{Deserialize, de::DeserializeOwned};
use zeroize::Zeroizing;

/// What stands in `data`.
pub(crate) trait Answer: DeserializeOwned {}

/// An answer.
#[derive(Deserialize)]
pub(crate) struct Data<T> {
    pub(crate) data: T,
}

/// What went wrong.
#[derive(Default, Deserialize)]
pub(crate) struct Errors {
    #[serde(default)]
    pub(crate) errors: Vec<String>,
}

/// `keys/{key}`
#[derive(Deserialize)]
pub(crate) struct Key {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) derived: bool,
    pub(crate) latest_version: i64,
}

/// `encrypt/{key}` and `rewrap/{key}`
#[derive(Deserialize)]
pub(crate) struct Encrypted {
    ciphertext: String,
}

/// `decrypt/{key}`
#[derive(Deserialize)]
pub(crate) struct Decrypted {
    plaintext: Zeroizing<String>,
}

impl Answer for Key {}
impl Answer for Encrypted {}
impl Answer for Decrypted {}

impl Encrypted {
    /// `vault:v3:...` says which version of the key made it.
    pub(crate) fn wrapped(self) -> Result<WrappedKey, KeyServiceError> {
        let version = self.ciphertext.split(':').nth(1).and_then(|part| part.strip_prefix('v'));
        match version.and_then(|version| version.parse().ok()) {
            Some(version) => Ok(WrappedKey { version, text: self.ciphertext }),
            None => Err(KeyServiceError::Refused("its ciphertext names no version of the key".into())),
        }
    }
}

impl Decrypted {
    pub(crate) fn key(self) -> Result<Kek, KeyServiceError> {
        let wrong = || KeyServiceError::Refused("what it unwrapped is no key of 32 bytes".into());
        let bytes = Zeroizing::new(STANDARD.decode(self.plaintext.as_bytes()).map_err(|_| wrong())?);
        <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new).map_err(|_| wrong())
    }
}
