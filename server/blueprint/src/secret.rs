//! Secrets by reference: the file says where one is, never what it is.

use std::{fmt, io, path::PathBuf};

use coffer_crypto::Secret;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    /// In an environment variable.
    Env(String),
    /// In a file, without the line break at its end.
    File(PathBuf),
}

/// Looks secrets up.
pub trait Sources: Send + Sync {
    /// The environment variable's value, if it is set.
    fn env(&self, name: &str) -> Option<Secret>;
    /// The file's text.
    fn file(&self, path: &std::path::Path) -> io::Result<Secret>;
}

/// This process's environment, and files.
#[derive(Clone, Copy, Debug)]
pub struct SystemSources;

impl Sources for SystemSources {
    fn env(&self, name: &str) -> Option<Secret> {
        std::env::var(name).ok().map(Secret::new)
    }

    fn file(&self, path: &std::path::Path) -> io::Result<Secret> {
        let text = Secret::new(std::fs::read_to_string(path)?);
        let line = text.reveal();
        let line = line.strip_suffix('\n').unwrap_or(line);
        Ok(Secret::new(line.strip_suffix('\r').unwrap_or(line)))
    }
}

impl SecretRef {
    /// The secret, or what to do so that it can be read.
    pub fn resolve(&self, sources: &dyn Sources) -> Result<Secret, String> {
        let found = match self {
            Self::Env(name) => sources
                .env(name)
                .ok_or_else(|| format!("the environment variable {name} is not set; set it to the secret"))?,
            Self::File(path) => sources
                .file(path)
                .map_err(|error| format!("the file {} cannot be read: {error}", path.display()))?,
        };
        if found.is_empty() { Err(format!("{self} is empty; put the secret there")) } else { Ok(found) }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}

const HOW: &str = "write { env = \"NAME\" } with the name of an environment variable, or { file = \"PATH\" }";

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reference)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    env: Option<String>,
    file: Option<PathBuf>,
}

struct Reference;

/// The usual messages repeat what was found. Here that may be the secret itself.
fn in_clear<E: Error>() -> E {
    E::custom(format!("a secret does not stand in this file: {HOW}"))
}

impl<'de> Visitor<'de> for Reference {
    type Value = SecretRef;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reference to a secret")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<SecretRef, E> {
        Err(in_clear())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<SecretRef, E> {
        Err(in_clear())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<SecretRef, E> {
        Err(in_clear())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretRef, A::Error> {
        match Raw::deserialize(MapAccessDeserializer::new(map))? {
            Raw { env: Some(name), file: None } => Ok(SecretRef::Env(name)),
            Raw { env: None, file: Some(path) } => Ok(SecretRef::File(path)),
            _ => Err(A::Error::custom(HOW)),
        }
    }
}
