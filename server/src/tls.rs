//! The server's certificate: read from its files at the start, and again when they change.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use rustls::{InconsistentKeys, ServerConfig, version};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::{complaint::Complaint, config::Tls, hangup::Told};

/// Pause between two looks at the files.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Why the certificate cannot be served. Each says which setting, and what to change.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file is not there.
    #[error("{setting}: the file {path} does not exist. Set {setting} to where it is")]
    Missing {
        /// The setting.
        setting: &'static str,
        /// Its path.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("{setting}: the file {path}: {source}. Set {setting} to a file that this user may read")]
    File {
        /// The setting.
        setting: &'static str,
        /// Its path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Every user of the machine can read the key.
    #[error("tls.key: {0} can be read by all users of this machine; run: chmod o= {0}")]
    Open(PathBuf),
    /// No certificate.
    #[error(
        "tls.certificate: there is no certificate in {0}. It must be a PEM file with the certificate (-----BEGIN \
         CERTIFICATE-----), followed by those of its chain"
    )]
    NoCertificate(PathBuf),
    /// No key.
    #[error(
        "tls.key: there is no private key in {0}. It must be a PEM file with the key (-----BEGIN PRIVATE \
         KEY-----), not encrypted"
    )]
    NoKey(PathBuf),
    /// They are not a pair.
    #[error(
        "tls.key: the key in {key} does not match the first certificate in {certificate}. Set tls.certificate and \
         tls.key to files that were made together"
    )]
    Mismatch {
        /// The certificate's path.
        certificate: PathBuf,
        /// The key's path.
        key: PathBuf,
    },
    /// `SIGHUP` cannot be taken.
    #[error("cannot take signals: {0}")]
    Signals(std::io::Error),
    /// Something else about them.
    #[error("tls.certificate {certificate} and tls.key {key} cannot be used: {source}. Replace them")]
    Unusable {
        /// The certificate's path.
        certificate: PathBuf,
        /// The key's path.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// Reads the files where the configuration names them, to see whether they will do.
pub fn check(config: &Tls) -> Result<(), TlsError> {
    Files::of(config).map_or(Ok(()), |files| files.read().map(drop))
}

/// The two files.
#[derive(Clone)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What stood in the files, as a hash: nothing keeps the key but the TLS library.
type Content = [u8; 32];

/// A certificate that is served, and the files that it came from.
pub struct Certificate {
    files: Files,
    seen: Content,
    complaint: Complaint,
    served: RustlsConfig,
    told: Told,
}

impl Certificate {
    /// Reads the files, where the configuration names them.
    pub fn load(config: &Tls) -> Result<Option<Self>, TlsError> {
        let Some(files) = Files::of(config) else { return Ok(None) };
        let (seen, server) = files.read()?;
        let served = RustlsConfig::from_config(Arc::new(server));
        let told = Told::new().map_err(TlsError::Signals)?;
        Ok(Some(Self { files, seen, complaint: Complaint::default(), served, told }))
    }

    /// What new connections are served with, now and after each renewal.
    pub fn served(&self) -> RustlsConfig {
        self.served.clone()
    }

    /// Looks at the files again and again, and at once on `SIGHUP`, until `stop`.
    pub async fn renew(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.told.next() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let files = self.files.clone();
            let read = tokio::task::spawn_blocking(move || files.read()).await;
            match read {
                Ok(read) => self.take(read),
                Err(error) => tracing::error!(%error, "the certificate could not be read again"),
            }
        }
    }

    /// Serves what was read. What cannot be used leaves the certificate before it in place, and is
    /// complained about once.
    fn take(&mut self, read: Result<(Content, ServerConfig), TlsError>) {
        match read {
            Ok((content, _)) if content == self.seen => _ = self.complaint.end(),
            Ok((content, server)) => {
                self.served.reload_from_config(Arc::new(server));
                self.seen = content;
                self.complaint.end();
                tracing::info!(path = %self.files.certificate.display(), "the certificate was renewed");
            }
            Err(error) => {
                if self.complaint.is_new(&error) {
                    tracing::error!(%error, "the new certificate cannot be used; the one before it stays");
                }
            }
        }
    }
}

impl Files {
    fn of(config: &Tls) -> Option<Self> {
        Some(Self { certificate: config.certificate.clone()?, key: config.key.clone()? })
    }

    fn read(&self) -> Result<(Content, ServerConfig), TlsError> {
        let certificate = read("tls.certificate", &self.certificate)?;
        let key = read("tls.key", &self.key)?;
        closed(&self.key)?;
        let content = Sha256::new().chain_update(&certificate).chain_update(&key).finalize().into();
        Ok((content, self.server(&certificate, &key)?))
    }

    /// TLS 1.2 and 1.3, with HTTP/2 and HTTP/1.1 by ALPN (RFC 7301).
    fn server(&self, certificate: &[u8], key: &[u8]) -> Result<ServerConfig, TlsError> {
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(certificate).collect::<Result<_, _>>().unwrap_or_default();
        if chain.is_empty() {
            return Err(TlsError::NoCertificate(self.certificate.clone()));
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey(self.key.clone()))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| self.refused(error))?;
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(server)
    }

    fn refused(&self, source: rustls::Error) -> TlsError {
        let (certificate, key) = (self.certificate.clone(), self.key.clone());
        match source {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::Mismatch { certificate, key }
            }
            source => TlsError::Unusable { certificate, key, source },
        }
    }
}

fn read(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => TlsError::Missing { setting, path: path.to_owned() },
        _ => TlsError::File { setting, path: path.to_owned(), source },
    })
}

/// A group may read the key, as groups for certificates do; everybody may not.
#[cfg(unix)]
fn closed(path: &Path) -> Result<(), TlsError> {
    use std::os::unix::fs::PermissionsExt as _;
    let file = |source| TlsError::File { setting: "tls.key", path: path.to_owned(), source };
    let mode = fs::metadata(path).map_err(file)?.permissions().mode();
    if mode & 0o007 == 0 { Ok(()) } else { Err(TlsError::Open(path.to_owned())) }
}

#[cfg(not(unix))]
fn closed(_: &Path) -> Result<(), TlsError> {
    Ok(())
}
