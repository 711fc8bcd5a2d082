//! A key service that speaks the wire of a transit secrets engine, as HashiCorp Vault and OpenBao have one:
//! `POST /v1/{mount}/encrypt/{key}`, `decrypt`, `rewrap`, and `GET /v1/{mount}/keys/{key}`, with a token in a header.
//!
//! It is called when keys are made, at the start, and now and then to follow the service's key: never for a request of a
//! user or an application.

mod call;
mod wire;

use std::path::PathBuf;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_crypto::{Kek, KeyService, KeyServiceError, WrappedKey};
use reqwest::Method;
use thiserror::Error;
use url::Url;
use zeroize::Zeroizing;

use call::Caller;
use wire::{Decrypted, Encrypted, Key};

/// Where the service is, and which key of it is used.
#[derive(Clone, Debug)]
pub struct TransitConfig {
    /// Its address, without `/v1`.
    pub address: Url,
    /// Where the engine is mounted.
    pub mount: String,
    /// The key's name.
    pub key: String,
    /// The file with the token. Read for each call: whatever renews the token replaces the file.
    pub token_file: PathBuf,
    /// PEM file with the authorities that are trusted; the system's where there is none.
    pub ca_file: Option<PathBuf>,
}

/// A service that cannot be set up.
#[derive(Debug, Error)]
pub enum TransitError {
    /// The address takes no path.
    #[error("keys.service.address {0} cannot be used: it must begin with https:// and a host name")]
    Address(Url),
    /// The authorities.
    #[error("keys.service.ca_file {path}: {reason}. It must be a PEM file with certificates")]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// TLS.
    #[error("TLS could not be set up: {0}")]
    Build(String),
}

/// The service.
#[derive(Debug)]
pub struct Transit {
    caller: Caller,
    key: String,
}

impl Transit {
    /// Reads the authorities. Calls nobody yet.
    pub fn new(config: TransitConfig) -> Result<Self, TransitError> {
        Ok(Self { key: config.key.clone(), caller: Caller::new(config)? })
    }

    /// The key, if it can do what is needed.
    async fn look(&self) -> Result<Key, KeyServiceError> {
        let key: Key = self.caller.call(Method::GET, &["keys", &self.key], None).await?;
        if !key.kind.contains("gcm") && !key.kind.contains("poly1305") {
            let text = format!("its key {} is of type {}; use aes256-gcm96", self.key, key.kind);
            return Err(KeyServiceError::Refused(text));
        }
        if key.derived {
            let text = format!("its key {} derives keys by context; make one that does not", self.key);
            return Err(KeyServiceError::Refused(text));
        }
        Ok(key)
    }

    async fn post<T: wire::Answer>(
        &self,
        what: &str,
        context: &str,
        name: &str,
        value: &str,
    ) -> Result<T, KeyServiceError> {
        // Base64, and what the service itself wrote: nothing to escape. Built by hand, so that it is wiped.
        let context = STANDARD.encode(context);
        let value = Zeroizing::new(serde_json::to_string(value).unwrap_or_default());
        let body =
            Zeroizing::new(format!(r#"{{"{name}":{},"associated_data":"{context}"}}"#, value.as_str()));
        self.caller.call(Method::POST, &[what, &self.key], Some(body)).await
    }
}

#[async_trait]
impl KeyService for Transit {
    async fn wrap(&self, context: &str, key: &Kek) -> Result<WrappedKey, KeyServiceError> {
        // With a token that may create keys, the service would make a new one where the key was deleted.
        self.look().await?;
        let plain = Zeroizing::new(STANDARD.encode(key.as_slice()));
        self.post::<Encrypted>("encrypt", context, "plaintext", &plain).await?.wrapped()
    }

    async fn unwrap(&self, context: &str, wrapped: &WrappedKey) -> Result<Kek, KeyServiceError> {
        self.post::<Decrypted>("decrypt", context, "ciphertext", &wrapped.text).await?.key()
    }

    async fn rewrap(&self, context: &str, wrapped: &WrappedKey) -> Result<WrappedKey, KeyServiceError> {
        self.look().await?;
        self.post::<Encrypted>("rewrap", context, "ciphertext", &wrapped.text).await?.wrapped()
    }

    async fn latest_version(&self) -> Result<i64, KeyServiceError> {
        Ok(self.look().await?.latest_version)
    }
}
