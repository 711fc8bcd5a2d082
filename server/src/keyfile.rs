//! The key file on disk.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use coffer_core::SystemRng;
use coffer_crypto::{KeyFile, KeyFileError};
use thiserror::Error;

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
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // One left behind by a write that broke off keeps its mode and owner: a new one is made.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(file(error)),
        _ => {}
    }
    let mut out = options.open(&draft).map_err(file)?;
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
