//! The key-encryption keys, and the text that holds them in the key file.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_core::{Rng, rng::alphanumeric};
use serde::Deserialize;
use thiserror::Error;
use zeroize::Zeroizing;

/// A key-encryption key.
pub type Kek = Zeroizing<[u8; 32]>;

/// 256-bit keys by id, one of them active. The key file holds them as TOML.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyFile {
    active: String,
    keys: BTreeMap<String, Kek>,
}

/// Why a key file was not accepted, or a key not removed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyFileError {
    /// Not TOML of the expected shape. The text is not repeated: it may hold keys.
    #[error(
        "the key file is not in the expected format (active = \"id\", then [keys] with id = \"base64 of 32 bytes\")"
    )]
    Format,
    /// A key that is not 32 bytes of base64.
    #[error("key “{0}” is not the base64 of 32 bytes")]
    Key(String),
    /// An id that cannot be used.
    #[error("a key id has 1 to 64 letters, digits or underscores; “{0}” has not")]
    Id(String),
    /// `active` names no key.
    #[error("the active key “{0}” is not among the keys")]
    Active(String),
    /// The key to be removed does not exist.
    #[error("there is no key “{0}”")]
    Unknown(String),
    /// The key to be removed is the one in use.
    #[error("key “{0}” is the active one; activate another first")]
    InUse(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    active: String,
    keys: BTreeMap<String, Zeroizing<String>>,
}

impl KeyFile {
    /// A new file with one key.
    pub fn generate(rng: &dyn Rng) -> Self {
        let mut file = Self { active: String::new(), keys: BTreeMap::new() };
        file.active = file.add(rng);
        file
    }

    /// Of keys that come from elsewhere.
    pub fn of(active: String, keys: BTreeMap<String, Kek>) -> Result<Self, KeyFileError> {
        if let Some(id) = keys.keys().find(|id| !is_id(id)) {
            return Err(KeyFileError::Id(id.clone()));
        }
        if !keys.contains_key(&active) {
            return Err(KeyFileError::Active(active));
        }
        Ok(Self { active, keys })
    }

    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let raw: Raw = toml::from_str(text).map_err(|_| KeyFileError::Format)?;
        let mut keys = BTreeMap::new();
        for (id, encoded) in raw.keys {
            if !is_id(&id) {
                return Err(KeyFileError::Id(id));
            }
            let bytes =
                Zeroizing::new(STANDARD.decode(encoded.trim()).map_err(|_| KeyFileError::Key(id.clone()))?);
            let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyFileError::Key(id.clone()))?;
            keys.insert(id, Zeroizing::new(key));
        }
        Self::of(raw.active, keys)
    }

    /// The file's text, keys included.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(format!(
            "# Coffer's key-encryption keys. Whoever has this file and the database can read every token in it;\n\
             # without this file nobody can. Keep a copy of it apart from the database's backups.\n\
             active = \"{}\"\n\n[keys]\n",
            self.active
        ));
        for (id, key) in &self.keys {
            let encoded = Zeroizing::new(STANDARD.encode(key.as_ref()));
            text.push_str(&format!("{id} = \"{}\"\n", encoded.as_str()));
        }
        text
    }

    /// Adds a key that opens values but seals none yet. Returns its id.
    pub fn add(&mut self, rng: &dyn Rng) -> String {
        let id = format!("kek_{}", alphanumeric(rng, 8));
        let mut key = Zeroizing::new([0u8; 32]);
        rng.fill(key.as_mut());
        self.keys.insert(id.clone(), key);
        id
    }

    /// Has this key seal from now on. Whether every server knows it already, the caller must know.
    pub fn activate(&mut self, id: &str) -> Result<(), KeyFileError> {
        if !self.keys.contains_key(id) {
            return Err(KeyFileError::Unknown(id.to_owned()));
        }
        id.clone_into(&mut self.active);
        Ok(())
    }

    /// Removes a key that is not active. Whether a stored value still needs it, the caller must know.
    pub fn remove(&mut self, id: &str) -> Result<(), KeyFileError> {
        if id == self.active {
            return Err(KeyFileError::InUse(id.to_owned()));
        }
        self.keys.remove(id).map(drop).ok_or_else(|| KeyFileError::Unknown(id.to_owned()))
    }

    /// Ids of all keys.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// The key of this id.
    pub fn key(&self, id: &str) -> Option<&Kek> {
        self.keys.get(id)
    }

    /// Id of the active key.
    pub fn active_id(&self) -> &str {
        &self.active
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyFile").field("active", &self.active).finish_non_exhaustive()
    }
}

/// Whether a key may be called so: the id's length is one byte of a sealed value.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use coffer_core::SystemRng;

    use super::*;

    #[test]
    fn a_key_is_added_before_it_is_active_and_removed_after() {
        let mut file = KeyFile::generate(&SystemRng);
        let old = file.active_id().to_owned();
        let new = file.add(&SystemRng);
        assert_eq!(file.active_id(), old);
        file.activate(&new).unwrap();
        assert_eq!(file.active_id(), new);
        assert_eq!(file.remove(&new), Err(KeyFileError::InUse(new.clone())));
        assert_eq!(file.activate("kek_none"), Err(KeyFileError::Unknown("kek_none".into())));
        file.remove(&old).unwrap();
        let read = KeyFile::parse(&file.to_text()).unwrap();
        assert!(read == file && read.ids().eq([new.as_str()]));
    }

    #[test]
    fn refuses_bad_key_files_without_repeating_them() {
        assert_eq!(KeyFile::parse("active = 1").err(), Some(KeyFileError::Format));
        assert_eq!(
            KeyFile::parse("active = \"a\"\n[keys]\na = \"c2hvcnQ=\"").err(),
            Some(KeyFileError::Key("a".into()))
        );
        let text = KeyFile::generate(&SystemRng).to_text().replace("active = \"kek", "active = \"other");
        assert!(matches!(KeyFile::parse(&text), Err(KeyFileError::Active(_))));
    }
}
