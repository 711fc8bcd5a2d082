//! The key file on disk.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use coffer_core::SystemRng;
use coffer_crypto::{KeyFile, KeyFileError, KeySource, SourceError};
use coffer_store::Store;
use thiserror::Error;

use crate::{files, reseal};

/// Why the key file cannot be used.
#[derive(Debug, Error)]
pub enum KeysError {
    /// It is not there, but the database has values that it sealed.
    #[error(
        "the key file {0} does not exist, but the database has values sealed with it. Restore the file from \
         your copy, or set keys.file to where it is. Without it, the stored tokens and secrets cannot be read"
    )]
    Lost(PathBuf),
    /// It cannot be read or written.
    #[error("the key file {path}: {source}. Set keys.file to a file that this user may read and write")]
    File {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others can read it.
    #[error("the key file {0} can be read by other users of this machine; run: chmod 600 {0}")]
    Open(PathBuf),
    /// Its content.
    #[error("{path}: {source}. Restore the key file from your copy, or set keys.file to where it is")]
    Content {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: KeyFileError,
    },
    /// A running server would lose keys by it.
    #[error(
        "{path}: key {id} is missing or another one, but seals {values} values. The keys from before stay in \
         use; put the file right before the next start"
    )]
    Missing {
        /// Its path.
        path: PathBuf,
        /// The key.
        id: String,
        /// What it seals.
        values: u64,
    },
}

/// The key file, as a running server looks at it.
pub struct FileSource {
    /// Its path.
    pub path: PathBuf,
    /// What its keys seal.
    pub store: Store,
}

#[async_trait]
impl KeySource for FileSource {
    async fn read(&self, known: &KeyFile) -> Result<KeyFile, SourceError> {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || load(&path, false)).await??;
        if let Some((id, values)) = reseal::lost(&self.store, known, &read).await? {
            return Err(KeysError::Missing { path: self.path.clone(), id, values }.into());
        }
        Ok(read)
    }
}

/// Reads the key file; makes one where there is none and nothing needs one (`fresh`).
pub fn load(path: &Path, fresh: bool) -> Result<KeyFile, KeysError> {
    let file = |source| KeysError::File { path: path.to_owned(), source };
    match fs::read_to_string(path) {
        Ok(text) => {
            private(path)?;
            KeyFile::parse(&text).map_err(|source| KeysError::Content { path: path.to_owned(), source })
        }
        Err(error) if error.kind() == ErrorKind::NotFound && fresh => {
            let keys = KeyFile::generate(&SystemRng);
            write(path, &keys)?;
            tracing::info!(path = %path.display(), "made a new key file; keep a copy of it apart from the database");
            Ok(keys)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Err(KeysError::Lost(path.to_owned())),
        Err(error) => Err(file(error)),
    }
}

/// Writes the key file whole or not at all.
pub fn write(path: &Path, keys: &KeyFile) -> Result<(), KeysError> {
    let file = |source| KeysError::File { path: path.to_owned(), source };
    if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        fs::create_dir_all(directory).map_err(file)?;
    }
    let draft = path.with_extension("new");
    // One left behind by a write that broke off keeps its mode and owner: a new one is made.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(file(error)),
        _ => {}
    }
    let mut out = files::create(&draft).map_err(file)?;
    out.write_all(keys.to_text().as_bytes()).and_then(|()| out.sync_all()).map_err(file)?;
    fs::rename(&draft, path).map_err(file)
}

#[cfg(unix)]
fn private(path: &Path) -> Result<(), KeysError> {
    use std::os::unix::fs::PermissionsExt as _;
    let file = |source| KeysError::File { path: path.to_owned(), source };
    let mode = fs::metadata(path).map_err(file)?.permissions().mode();
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeysError::Open(path.to_owned())) }
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), KeysError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use coffer_contract::application::SigningAlgorithm;
    use coffer_core::SystemClock;
    use coffer_crypto::Keyring;
    use coffer_oidc::keys::{Start, rotate};

    use super::*;

    /// A store with a sealed value, and the key file whose key sealed it.
    async fn place(folder: &Path) -> (Store, KeyFile, FileSource) {
        let store =
            Store::connect(&format!("sqlite:{}", folder.join("coffer.db").display()), 2).await.unwrap();
        store.migrate().await.unwrap();
        let keys = KeyFile::generate(&SystemRng);
        let ring = Keyring::from(keys.clone());
        rotate(&store, &ring, &SystemClock, &SystemRng, SigningAlgorithm::Es256, Start::Now).await.unwrap();
        let source = FileSource { path: folder.join("coffer.key"), store: store.clone() };
        (store, keys, source)
    }

    #[tokio::test]
    async fn a_running_server_takes_more_keys_and_fewer_but_loses_none_that_seals() {
        let folder = tempfile::tempdir().unwrap();
        let (store, known, source) = place(folder.path()).await;
        let old = known.active_id().to_owned();
        let mut more = known.clone();
        let id = more.add(&SystemRng);
        more.activate(&id).unwrap();
        write(&source.path, &more).unwrap();
        assert!(source.read(&known).await.unwrap() == more);
        let mut fewer = more.clone();
        fewer.remove(&old).unwrap();
        write(&source.path, &fewer).unwrap();
        let refused = source.read(&more).await.unwrap_err().to_string();
        assert!(refused.contains(&old) && refused.contains("seals 1 values"), "{refused}");
        std::fs::remove_file(&source.path).unwrap();
        assert!(source.read(&more).await.unwrap_err().to_string().contains("does not exist"));
        write(&source.path, &fewer).unwrap();
        let ring = Keyring::from(more.clone());
        let stop = tokio_util::sync::CancellationToken::new();
        let pass = reseal::run(&store, &ring, &SystemRng, &stop).await.unwrap();
        assert_eq!(pass, reseal::Pass { done: 1, failed: 0 });
        assert!(source.read(&more).await.unwrap() == fewer, "nothing needs it any more");
    }

    #[tokio::test]
    async fn another_key_under_a_known_id_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (_, known, source) = place(folder.path()).await;
        let other = KeyFile::generate(&SystemRng);
        let text = other.to_text().replace(other.active_id(), known.active_id());
        write(&source.path, &KeyFile::parse(&text).unwrap()).unwrap();
        assert!(source.read(&known).await.is_err());
    }
}
