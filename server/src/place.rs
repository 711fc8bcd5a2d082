//! Where the key-encryption keys are kept: in the key file, or in the database with a key service.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use coffer_core::{
    Clock, Rng,
    audit::{Actor, AuditEvent, EventCode},
};
use coffer_crypto::{KeyFile, KeyFileError, KeySource};
use coffer_store::{Held, Store};
use coffer_transit::{Transit, TransitConfig};

use crate::{
    commands::Failure,
    config::Config,
    keyfile::{self, FileSource, KeysError},
    service_keys::ServiceKeys,
};

/// Where they are.
#[derive(Clone)]
pub enum Place {
    /// In the key file.
    File(PathBuf),
    /// In the database.
    Service(ServiceKeys),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Service(_) => f.write_str("the database"),
        }
    }
}

impl Place {
    /// As configured.
    pub fn of(config: &Config, store: &Store) -> Result<Self, Failure> {
        let service = &config.keys.service;
        let (Some(address), Some(token_file)) = (&service.address, &service.token_file) else {
            return Ok(Self::File(config.keys.file.clone()));
        };
        let transit = Transit::new(TransitConfig {
            address: address.clone(),
            mount: service.mount.clone(),
            key: service.key.clone(),
            token_file: token_file.clone(),
            ca_file: service.ca_file.clone(),
        });
        let transit = transit.map_err(|error| Failure::Start(error.to_string()))?;
        Ok(Self::Service(ServiceKeys::new(store.clone(), Arc::new(transit))))
    }

    /// The keys at a start, and a turn. Makes the first key where nothing is sealed. A key service is called before the
    /// turn begins: others wait for it in an open transaction.
    pub async fn load(
        &self,
        store: &Store,
        clock: &dyn Clock,
        rng: &dyn Rng,
    ) -> Result<(KeyFile, Held), Failure> {
        match self {
            Self::File(path) => {
                let alone = store.start_alone().await?;
                let fresh = store.seals().page(None, 1).await?.is_empty();
                match keyfile::load(path, fresh) {
                    Err(KeysError::Lost(_)) if !store.wrapped_keys().list().await?.is_empty() => {
                        Err(Failure::Start(format!(
                            "the key file {} does not exist. The database has keys that a key service wrapped: \
                             configure keys.service, or restore the key file",
                            path.display()
                        )))
                    }
                    keys => Ok((keys?, alone)),
                }
            }
            Self::Service(keys) => {
                let keys = keys.load(clock, rng).await?;
                Ok((keys, store.start_alone().await?))
            }
        }
    }

    /// The keys that there are. Makes none.
    pub async fn existing(&self) -> Result<KeyFile, Failure> {
        match self {
            Self::File(path) => Ok(keyfile::load(path, false)?),
            Self::Service(keys) => Ok(keys.existing().await?),
        }
    }

    /// What a running server reads again.
    pub fn source(&self, store: &Store) -> Arc<dyn KeySource> {
        match self {
            Self::File(path) => Arc::new(FileSource { path: path.clone(), store: store.clone() }),
            Self::Service(keys) => Arc::new(keys.clone()),
        }
    }

    /// Adds a key that seals nothing yet. Returns its id.
    pub async fn add(&self, store: &Store, clock: &dyn Clock, rng: &dyn Rng) -> Result<String, Failure> {
        match self {
            Self::Service(keys) => Ok(keys.add(clock, rng).await?),
            Self::File(path) => {
                let mut keys = keyfile::load(path, false)?;
                let id = keys.add(rng);
                keyfile::write(path, &keys)?;
                store.audit().append(&[added(clock, &id)]).await?;
                Ok(id)
            }
        }
    }

    /// Has a key seal.
    pub async fn activate(&self, store: &Store, clock: &dyn Clock, id: &str) -> Result<(), Failure> {
        let text = format!("Key {id} was made the active one.");
        let event = AuditEvent::new(clock.now(), EventCode::KeyActivated, Actor::System, text);
        match self {
            Self::Service(_) => {
                if !store.wrapped_keys().activate(id, clock.now(), event).await? {
                    return Err(self.refused(KeyFileError::Unknown(id.to_owned())));
                }
            }
            Self::File(path) => {
                let mut keys = keyfile::load(path, false)?;
                keys.activate(id).map_err(|error| self.refused(error))?;
                keyfile::write(path, &keys)?;
                store.audit().append(&[event]).await?;
            }
        }
        Ok(())
    }

    /// Removes a key that nothing needs, as the caller knows.
    pub async fn remove(&self, store: &Store, clock: &dyn Clock, id: &str) -> Result<(), Failure> {
        let text = format!("Key {id} was removed.");
        let event = AuditEvent::new(clock.now(), EventCode::KeyRemoved, Actor::System, text);
        match self {
            Self::Service(_) => {
                if !store.wrapped_keys().remove(id, event).await? {
                    let rows = store.wrapped_keys().list().await?;
                    let error = match rows.iter().any(|row| row.id == id) {
                        true => KeyFileError::InUse(id.to_owned()),
                        false => KeyFileError::Unknown(id.to_owned()),
                    };
                    return Err(self.refused(error));
                }
            }
            Self::File(path) => {
                let mut keys = keyfile::load(path, false)?;
                keys.remove(id).map_err(|error| self.refused(error))?;
                keyfile::write(path, &keys)?;
                store.audit().append(&[event]).await?;
            }
        }
        Ok(())
    }

    /// The file that other servers need, too.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Service(_) => None,
        }
    }

    /// What is wrong with a key, and where to look.
    pub fn refused(&self, error: impl fmt::Display) -> Failure {
        Failure::Start(format!("{self}: {error}. `coffer keys list` shows the keys"))
    }
}

fn added(clock: &dyn Clock, id: &str) -> AuditEvent {
    AuditEvent::new(clock.now(), EventCode::KeyAdded, Actor::System, format!("Key {id} was added."))
}
