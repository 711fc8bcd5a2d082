//! Configuration: the documented default file, then a file, then the environment.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use coffer_contract::validate::is_loopback;
use coffer_store::{is_server, sqlite_file, without_password};
use figment::{
    Figment,
    providers::{Env, Format as _, Toml},
};
use ipnet::IpNet;
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;
use url::Url;

use crate::explain::explain;

/// The defaults, with what each setting means.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Where the key file is, where nothing says otherwise.
const KEY_FILE: &str = "data/coffer.key";

/// What applies. Holds no secret.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The issuer.
    pub public_url: Url,
    /// Where to listen.
    pub listen: SocketAddr,
    /// TLS without a proxy.
    pub tls: Tls,
    /// The database.
    pub database: Database,
    /// Keys.
    pub keys: Keys,
    /// Kinds of providers.
    pub catalogue: Catalogue,
    /// The audit log.
    pub audit: Audit,
    /// The HTTP server.
    pub http: Http,
    /// Requests to providers.
    pub outbound: Outbound,
    /// The management API.
    pub management: Management,
    /// Metrics.
    pub metrics: Metrics,
    /// Traces.
    pub traces: Traces,
    /// The sandbox.
    pub sandbox: Sandbox,
    /// The log.
    pub log: Log,
}

/// TLS without a proxy.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM file with the certificate and its chain.
    pub certificate: Option<PathBuf>,
    /// PEM file with the private key.
    pub key: Option<PathBuf>,
}

/// The database.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite:path` or `postgres://user@host/database`.
    pub url: DatabaseUrl,
    /// Most connections to a PostgreSQL server, at least 2.
    pub connections: u32,
}

/// The address of the database. A password in it is shown nowhere.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address with its password, for the database alone.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it is that of a server.
    pub fn is_server(&self) -> bool {
        is_server(&self.0)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.0))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Keys.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Its path.
    pub file: PathBuf,
    /// How long clients may keep the public signing keys, in seconds.
    pub jwks_cache_seconds: u32,
    /// A key service instead of the file.
    pub service: Service,
}

/// A key service.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its address.
    pub address: Option<Url>,
    /// Where its transit engine is mounted.
    pub mount: String,
    /// The key's name.
    pub key: String,
    /// The file with the token.
    pub token_file: Option<PathBuf>,
    /// The authorities that are trusted.
    pub ca_file: Option<PathBuf>,
}

/// Kinds of providers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Folder with further provider files.
    pub folder: Option<PathBuf>,
}

/// The audit log.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// How many days events are kept; for ever, where it is not set.
    pub keep_days: Option<NonZeroU32>,
}

/// The HTTP server.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Networks of proxies.
    pub trusted_proxies: Vec<IpNet>,
}

/// Requests to providers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    /// Networks of providers.
    pub allow_private: Vec<IpNet>,
    /// Longest time for a request, in seconds.
    pub timeout_seconds: u64,
}

/// The management API.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Management {
    /// Requests of one application, each second in the long run.
    pub requests_per_second: NonZeroU32,
    /// Requests of one application at once.
    pub burst: NonZeroU32,
}

/// Metrics.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Where they are read.
    pub listen: Option<SocketAddr>,
}

/// Traces.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// The OpenTelemetry collector that they are sent to.
    pub endpoint: Option<Url>,
    /// Share of requests that are recorded, 0 to 1.
    pub sample: f64,
}

/// The sandbox of `coffer serve --sandbox`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// Port of its provider on 127.0.0.1; any free one where it is 0.
    pub provider_port: u16,
    /// Port of its example agent.
    pub agent_port: u16,
}

/// The log.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// How it is written.
    pub format: LogFormat,
    /// What is written.
    pub filter: String,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// A configuration that cannot be used: says which setting, and what to change.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file is not there.
    #[error("the configuration file {0} does not exist or cannot be read")]
    File(PathBuf),
    /// A setting is unknown, missing or of the wrong kind.
    #[error("configuration: {0}")]
    Setting(String),
}

impl Config {
    /// Reads it.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if let Some(path) = file {
            if std::fs::metadata(path).is_err() {
                return Err(ConfigError::File(path.to_owned()));
            }
            figment = figment.merge(Toml::file_exact(path));
        }
        let environment = Env::prefixed("COFFER_").ignore(&["config"]).split("__");
        let config: Result<Self, _> = figment.merge(environment).extract();
        let config = config.map_err(|error| ConfigError::Setting(explain(&error)))?;
        config.check()
    }

    fn check(self) -> Result<Self, ConfigError> {
        let refuse = |text: String| Err(ConfigError::Setting(text));
        let url = &self.public_url;
        // Neither this address nor a database's is repeated: a password may be in it.
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("public_url must have no user name or password: it is shown to everyone".into());
        }
        if sqlite_file(self.database.url.expose()).is_none() && !self.database.url.is_server() {
            return refuse(
                "database.url must begin with sqlite: and name a file, such as sqlite:data/coffer.db, or with \
                 postgres:// and name a database on a server, such as postgres://coffer@db.example/coffer"
                    .into(),
            );
        }
        if self.database.connections < 2 {
            return refuse("database.connections must be at least 2".into());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse(format!(
                "public_url {url} must have no query or fragment: end it after the host name"
            ));
        }
        if url.path() != "/" {
            return refuse(format!(
                "public_url {url} must have no path: Coffer needs a host name of its own"
            ));
        }
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(url)) {
            return refuse(format!(
                "public_url {url} must begin with https://; plain http is for localhost alone. Set \
                 tls.certificate and tls.key, or put a proxy that speaks https in front of Coffer and enter its address"
            ));
        }
        match (&self.tls.certificate, &self.tls.key) {
            (Some(_), None) => {
                return refuse("tls.key is missing: tls.certificate needs the key beside it".into());
            }
            (None, Some(_)) => {
                return refuse("tls.certificate is missing: tls.key needs the certificate beside it".into());
            }
            (Some(_), Some(_)) if url.scheme() != "https" => {
                return refuse(format!(
                    "public_url {url} must begin with https://, because tls.certificate and tls.key are set"
                ));
            }
            _ => {}
        }
        self.check_service()?;
        if !(1..=86400).contains(&self.keys.jwks_cache_seconds) {
            return refuse("keys.jwks_cache_seconds must be between 1 and 86400".into());
        }
        if !(1..=30).contains(&self.outbound.timeout_seconds) {
            return refuse("outbound.timeout_seconds must be between 1 and 30".into());
        }
        self.check_traces()?;
        Ok(self)
    }
}

impl Config {
    fn check_traces(&self) -> Result<(), ConfigError> {
        let refuse = |text: &str| Err(ConfigError::Setting(text.to_owned()));
        if let Some(url) = &self.traces.endpoint {
            // Not repeated: a password may be in it.
            if !url.username().is_empty() || url.password().is_some() {
                return refuse(
                    "traces.endpoint must have no user name or password; put headers that the collector wants into \
                     the environment variable OTEL_EXPORTER_OTLP_HEADERS",
                );
            }
            if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some()
            {
                return refuse(
                    "traces.endpoint must be an http or https address, such as http://127.0.0.1:4318",
                );
            }
        }
        if !(0.0..=1.0).contains(&self.traces.sample) {
            return refuse("traces.sample must be between 0 and 1");
        }
        Ok(())
    }

    /// Either a key file or a key service.
    fn check_service(&self) -> Result<(), ConfigError> {
        let refuse = |text: String| Err(ConfigError::Setting(text));
        let service = &self.keys.service;
        let Some(address) = &service.address else {
            return match service.token_file.is_some() || service.ca_file.is_some() {
                true => refuse(
                    "keys.service.address is missing: the other settings of the key service need it".into(),
                ),
                false => Ok(()),
            };
        };
        // Not repeated: a password may be in it.
        if !address.username().is_empty() || address.password().is_some() {
            return refuse(
                "keys.service.address must have no user name or password; use keys.service.token_file".into(),
            );
        }
        if address.scheme() != "https" && !(address.scheme() == "http" && is_loopback(address)) {
            return refuse(format!(
                "keys.service.address {address} must begin with https://; plain http is for this machine alone"
            ));
        }
        if service.token_file.is_none() {
            return refuse(
                "keys.service.token_file is missing: the file with the key service's token".into(),
            );
        }
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        if !is_name(&service.key) || !service.mount.split('/').all(is_name) {
            return refuse(
                "keys.service.key and keys.service.mount take letters, digits, “-”, “_” and “.”".into(),
            );
        }
        if self.keys.file != Path::new(KEY_FILE) {
            return refuse(
                "keys.file and keys.service.address are both set: use one. `coffer keys migrate` moves keys"
                    .into(),
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Config::load(Some(file.path())).map_err(|error| error.to_string())
    }

    #[test]
    fn the_documented_file_is_the_default() {
        let config = Config::load(None).unwrap();
        assert_eq!(config.public_url.as_str(), "http://localhost:3000/");
        assert_eq!(config.outbound.timeout_seconds, 10);
    }

    #[test]
    fn wrong_settings_are_named() {
        for (text, expected) in [
            ("publik_url = \"x\"", "publik_url"),
            ("[log]\nformat = \"xml\"", "log.format"),
            ("public_url = \"http://coffer.example/\"", "https"),
            ("public_url = \"https://coffer.example/sub/\"", "path"),
            ("public_url = \"https://coffer.example/?x\"", "query"),
            ("[database]\nurl = \"mysql://coffer@db/coffer\"", "database.url"),
            ("[database]\nconnections = 1", "database.connections"),
            ("[tls]\ncertificate = \"a.pem\"", "tls.key"),
            ("[tls]\nkey = \"a.pem\"", "tls.certificate"),
            (
                "[tls]\ncertificate = \"a.pem\"\nkey = \"b.pem\"",
                "public_url http://localhost:3000/ must begin with https",
            ),
            ("[tls]\nchain = \"a.pem\"", "certificate"),
            ("[outbound]\nallow_private = [\"everything\"]", "allow_private"),
            ("[outbound]\ntimeout_seconds = 0", "timeout_seconds"),
            ("[keys]\njwks_cache_seconds = 0", "keys.jwks_cache_seconds"),
            ("[keys.service]\ntoken_file = \"t\"", "keys.service.address is missing"),
            ("[keys.service]\naddress = \"https://vault.example\"", "keys.service.token_file is missing"),
            (
                "[keys.service]\naddress = \"http://vault.example\"\ntoken_file = \"t\"",
                "must begin with https",
            ),
            ("[keys.service]\naddress = \"https://a:b@vault.example\"\ntoken_file = \"t\"", "no user name"),
            (
                "[keys.service]\naddress = \"https://v.example\"\ntoken_file = \"t\"\nkey = \"a/b\"",
                "keys.service.key",
            ),
            (
                "[keys]\nfile = \"k\"\n[keys.service]\naddress = \"https://v.example\"\ntoken_file = \"t\"",
                "are both set",
            ),
        ] {
            let error = load(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(load("public_url = \"https://coffer.example\"").is_ok());
        let tls =
            "public_url = \"https://coffer.example:8443\"\n[tls]\ncertificate = \"a.pem\"\nkey = \"b.pem\"";
        assert_eq!(load(tls).unwrap().public_url.as_str(), "https://coffer.example:8443/");
    }
}
