//! The key-encryption keys and the file they live in.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_core::{Rng, rng::alphanumeric};
use serde::Deserialize;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{Context, OpenError, Sealed, seal};

/// The content of the key file: 256-bit keys by id, one of them active. TOML.
pub struct KeyFile {
    active: String,
    keys: BTreeMap<String, Zeroizing<[u8; 32]>>,
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
    #[error("key “{0}” is the active one; add another first")]
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
        file.add(rng);
        file
    }

    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let raw: Raw = toml::from_str(text).map_err(|_| KeyFileError::Format)?;
        let mut keys = BTreeMap::new();
        for (id, encoded) in raw.keys {
            if id.is_empty() || id.len() > 64 || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(KeyFileError::Id(id));
            }
            let bytes =
                Zeroizing::new(STANDARD.decode(encoded.trim()).map_err(|_| KeyFileError::Key(id.clone()))?);
            let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyFileError::Key(id.clone()))?;
            keys.insert(id, Zeroizing::new(key));
        }
        if !keys.contains_key(&raw.active) {
            return Err(KeyFileError::Active(raw.active));
        }
        Ok(Self { active: raw.active, keys })
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

    /// Adds a key and makes it the active one. Returns its id.
    pub fn add(&mut self, rng: &dyn Rng) -> String {
        let id = format!("kek_{}", alphanumeric(rng, 8));
        let mut key = Zeroizing::new([0u8; 32]);
        rng.fill(key.as_mut());
        self.keys.insert(id.clone(), key);
        self.active.clone_from(&id);
        id
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

    /// Id of the active key.
    pub fn active_id(&self) -> &str {
        &self.active
    }
}

/// Seals and opens values with the keys of a key file.
pub struct Keyring(KeyFile);

impl From<KeyFile> for Keyring {
    fn from(file: KeyFile) -> Self {
        Self(file)
    }
}

impl Keyring {
    /// Id of the key that new values are sealed with.
    pub fn active_id(&self) -> &str {
        &self.0.active
    }

    /// Encrypts a value for its place in the database.
    pub fn seal(&self, rng: &dyn Rng, context: Context<'_>, plain: &[u8]) -> Sealed {
        seal::seal(rng, &self.0.active, &self.0.keys[&self.0.active], context, plain)
    }

    /// Decrypts a value from its place in the database.
    pub fn open(&self, context: Context<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        seal::open(|id| self.0.keys.get(id).map(|key| &**key), context, sealed)
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("active", &self.0.active).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use coffer_core::SystemRng;

    use super::*;

    const PLACE: Context<'static> = Context { table: "token_sets", row: "cac_1", column: "tokens" };

    #[test]
    fn opens_only_where_it_was_sealed() {
        let keyring = Keyring::from(KeyFile::generate(&SystemRng));
        let sealed = keyring.seal(&SystemRng, PLACE, b"secret");
        assert_eq!(keyring.open(PLACE, &sealed).unwrap().as_slice(), b"secret");
        for moved in [
            Context { row: "cac_2", ..PLACE },
            Context { column: "token", ..PLACE },
            Context { table: "connections", ..PLACE },
        ] {
            assert_eq!(keyring.open(moved, &sealed).unwrap_err(), OpenError::Rejected);
        }
    }

    #[test]
    fn notices_every_flipped_bit_and_every_cut() {
        let keyring = Keyring::from(KeyFile::generate(&SystemRng));
        let sealed = keyring.seal(&SystemRng, PLACE, b"secret");
        for index in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[index] ^= 1;
            assert!(keyring.open(PLACE, &Sealed::from_bytes(bytes)).is_err(), "byte {index}");
            let cut = sealed.as_bytes()[..index].to_vec();
            assert!(keyring.open(PLACE, &Sealed::from_bytes(cut)).is_err(), "cut at {index}");
        }
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens_until_it_is_removed() {
        let mut file = KeyFile::generate(&SystemRng);
        let old = file.active_id().to_owned();
        let sealed =
            Keyring::from(KeyFile::parse(&file.to_text()).unwrap()).seal(&SystemRng, PLACE, b"secret");
        assert_eq!(file.remove(&old), Err(KeyFileError::InUse(old.clone())));
        let new = file.add(&SystemRng);
        let keyring = Keyring::from(KeyFile::parse(&file.to_text()).unwrap());
        assert_eq!(keyring.active_id(), new);
        assert_eq!(keyring.open(PLACE, &sealed).unwrap().as_slice(), b"secret");
        file.remove(&old).unwrap();
        assert_eq!(Keyring::from(file).open(PLACE, &sealed).unwrap_err(), OpenError::UnknownKey(old));
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
