//! Key-encryption keys in the database, wrapped by a key service: unwrapped at the start, and kept in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use coffer_core::{
    Clock, Rng, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
};
use coffer_crypto::{KeyFile, KeyService, KeyServiceError, KeySource, SourceError, WrappedKey};
use coffer_store::{Store, StoreError, StoredKey};
use thiserror::Error;

use crate::reseal;

/// Why the keys cannot be had from the service.
#[derive(Debug, Error)]
pub enum ServiceKeysError {
    /// The service.
    #[error("{0}")]
    Service(#[from] KeyServiceError),
    /// One key.
    #[error("key {id}, which version {version} of the service's key wrapped: {source}")]
    Key {
        /// Its id.
        id: String,
        /// The version.
        version: i64,
        /// Why.
        source: KeyServiceError,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing is wrapped, but something is sealed.
    #[error(
        "the database has values that a key file seals, and no key that the key service wrapped. Run `coffer keys \
         migrate --from-file <the key file>`, or configure keys.file instead of keys.service"
    )]
    NotMigrated,
    /// A running server would lose a key by it.
    #[error(
        "key {id} is no longer among the wrapped keys in the database, but seals {values} values. The keys from before \
         stay in use; restore it before the next start, or run `coffer keys migrate` with a copy of the keys"
    )]
    Missing {
        /// The key.
        id: String,
        /// What it seals.
        values: u64,
    },
    /// A row was replaced by one that unwraps, too.
    #[error("key {0} unwraps to another key than this server has")]
    Another(String),
    /// What the keys seal could not be counted.
    #[error(transparent)]
    Count(#[from] reseal::ResealError),
    /// The rows make no keyring.
    #[error("the wrapped keys in the database: {0}")]
    Keys(#[from] coffer_crypto::KeyFileError),
}

impl ServiceKeysError {
    /// Whether the service may do it later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Service(error) | Self::Key { source: error, .. } => error.is_transient(),
            _ => false,
        }
    }
}

/// The database's keys, and the service that unwraps them.
#[derive(Clone)]
pub struct ServiceKeys {
    store: Store,
    service: Arc<dyn KeyService>,
}

impl ServiceKeys {
    /// Over this service.
    pub fn new(store: Store, service: Arc<dyn KeyService>) -> Self {
        Self { store, service }
    }

    /// The keys at a start: makes the first one where nothing is sealed yet. Two that start at once both have one
    /// wrapped, since the service is not called within a turn; the database takes one.
    pub async fn load(&self, clock: &dyn Clock, rng: &dyn Rng) -> Result<KeyFile, ServiceKeysError> {
        if self.store.wrapped_keys().list().await?.is_empty() {
            if !self.store.seals().page(None, 1).await?.is_empty() {
                return Err(ServiceKeysError::NotMigrated);
            }
            let (keys, now) = (KeyFile::generate(rng), clock.now());
            let id = keys.active_id();
            let added = event(now, EventCode::KeyAdded, format!("Key {id} was added."));
            if self.store.wrapped_keys().replace(&[], &self.wrapped(&keys, now).await?, &[added]).await? {
                tracing::info!(id, "made a first key, wrapped by the key service");
            }
        }
        self.unwrapped(None).await
    }

    /// The keys that there are; an error where there is none.
    pub async fn existing(&self) -> Result<KeyFile, ServiceKeysError> {
        if self.store.wrapped_keys().list().await?.is_empty() {
            return Err(ServiceKeysError::NotMigrated);
        }
        self.unwrapped(None).await
    }

    /// Has the service wrap the keys.
    pub async fn wrapped(&self, keys: &KeyFile, now: Timestamp) -> Result<Vec<StoredKey>, ServiceKeysError> {
        let mut rows = Vec::new();
        for id in keys.ids() {
            let Some(key) = keys.key(id) else { continue };
            let wrapped = self.service.wrap(id, key).await?;
            let activated_at = (id == keys.active_id()).then_some(now);
            rows.push(StoredKey { id: id.to_owned(), wrapped, created_at: now, activated_at });
        }
        Ok(rows)
    }

    /// The keys, those that are `known` without asking the service: a key never changes under its id.
    pub async fn unwrapped(&self, known: Option<&KeyFile>) -> Result<KeyFile, ServiceKeysError> {
        let rows = self.store.wrapped_keys().list().await?;
        let active = StoredKey::active(&rows).map(|row| row.id.clone());
        let mut keys = BTreeMap::new();
        for StoredKey { id, wrapped: WrappedKey { version, text }, .. } in rows {
            let key = match known.and_then(|known| known.key(&id)) {
                Some(key) => key.clone(),
                None => {
                    let unwrapped = self.service.unwrap(&id, &WrappedKey { version, text }).await;
                    unwrapped.map_err(|source| ServiceKeysError::Key { id: id.clone(), version, source })?
                }
            };
            keys.insert(id, key);
        }
        Ok(KeyFile::of(active.unwrap_or_default(), keys)?)
    }

    /// Adds a key that seals nothing yet. Returns its id.
    pub async fn add(&self, clock: &dyn Clock, rng: &dyn Rng) -> Result<String, ServiceKeysError> {
        let one = KeyFile::generate(rng);
        let (id, now) = (one.active_id().to_owned(), clock.now());
        let Some(key) = one.key(&id) else { return Ok(id) };
        let wrapped = self.service.wrap(&id, key).await?;
        let row = StoredKey { id: id.clone(), wrapped, created_at: now, activated_at: None };
        let event = event(now, EventCode::KeyAdded, format!("Key {id} was added."));
        self.store.wrapped_keys().add(&row, event).await?;
        Ok(id)
    }

    /// Has those keys wrapped anew that another version of the service's key wrapped. Returns how many.
    pub async fn rewrap(&self, known: &KeyFile) -> Result<usize, ServiceKeysError> {
        let latest = self.service.latest_version().await?;
        let mut done = 0;
        for StoredKey { id, wrapped, .. } in self.store.wrapped_keys().list().await? {
            if wrapped.version == latest {
                continue;
            }
            let new = match (self.service.rewrap(&id, &wrapped).await, known.key(&id)) {
                // It may not decrypt that version any more. This server still has the key.
                (Err(KeyServiceError::Refused(_)), Some(key)) => self.service.wrap(&id, key).await?,
                (outcome, _) => outcome?,
            };
            done += usize::from(self.keep(&id, &wrapped, &new).await?);
        }
        Ok(done)
    }

    /// Tries whether a start would get the keys. What does not unwrap, although the service can be used, is wrapped
    /// anew from memory: the service's key may have been lost.
    pub async fn verify(&self, known: &KeyFile) -> Result<(), ServiceKeysError> {
        for StoredKey { id, wrapped, .. } in self.store.wrapped_keys().list().await? {
            let Some(key) = known.key(&id) else { continue };
            match self.service.unwrap(&id, &wrapped).await {
                Ok(unwrapped) if unwrapped == *key => {}
                Ok(_) => return Err(ServiceKeysError::Another(id)),
                Err(KeyServiceError::Refused(reason)) => {
                    let new = self.service.wrap(&id, key).await?;
                    if self.keep(&id, &wrapped, &new).await? {
                        tracing::warn!(id, reason, "a key did not unwrap, and was wrapped anew from memory");
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn keep(&self, id: &str, old: &WrappedKey, new: &WrappedKey) -> Result<bool, ServiceKeysError> {
        let kept = self.store.wrapped_keys().rewrapped(id, old, new).await?;
        if kept {
            tracing::info!(id, version = new.version, "a key was wrapped anew by the key service");
        }
        Ok(kept)
    }
}

#[async_trait]
impl KeySource for ServiceKeys {
    async fn read(&self, known: &KeyFile) -> Result<KeyFile, SourceError> {
        let read = self.unwrapped(Some(known)).await?;
        match reseal::lost(&self.store, known, &read).await? {
            Some((id, values)) => Err(ServiceKeysError::Missing { id, values }.into()),
            None => Ok(read),
        }
    }
}

fn event(at: Timestamp, code: EventCode, text: String) -> AuditEvent {
    AuditEvent::new(at, code, Actor::System, text)
}
