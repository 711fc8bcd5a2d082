//! One file per command.

mod admin;
mod audit;
mod backup;
mod blueprint;
mod keys;
mod migrate;
mod restore;
mod serve;

use std::path::Path;
use std::process::ExitCode;

use coffer_blueprint::BlueprintError;
use coffer_store::StoreError;
use thiserror::Error;

use crate::{
    cli::{Cli, Command},
    config::{Config, ConfigError, DatabaseUrl},
    keyfile::KeysError,
    logging,
    reseal::ResealError,
    tls::{self, TlsError},
    traces, wiring,
};

/// Why a command failed. Each says what to change.
#[derive(Debug, Error)]
pub enum Failure {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The key file.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The database.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The database could not be opened or brought up to date.
    #[error("{source}. Look at database.url, which is {url}: {}", if url.is_server() {
        "its server must be running and reachable, and let that user in, who must own the database or its schema"
    } else {
        "it must name a file of Coffer's that this user may write, or a place where one can be made"
    })]
    Database {
        /// Its address.
        url: DatabaseUrl,
        /// Why.
        source: StoreError,
    },
    /// The database's schema is ahead.
    #[error(
        "the database {0} has been used by a newer version of Coffer. Run that version, or restore a copy of \
         the database from before"
    )]
    Newer(DatabaseUrl),
    /// Sealed values.
    #[error(transparent)]
    Reseal(#[from] ResealError),
    /// Keys of a key service.
    #[error("{0}. Settings: keys.service")]
    ServiceKeys(#[from] crate::service_keys::ServiceKeysError),
    /// Signing keys.
    #[error("{0}")]
    Signing(#[from] coffer_oidc::keys::KeysError),
    /// Metrics.
    #[error("metrics cannot be taken: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    /// The audit log.
    #[error("{0}")]
    Audit(#[from] coffer_audit::AuditError),
    /// A blueprint.
    #[error("{file}: {source}")]
    Blueprint {
        /// Its name.
        file: String,
        /// Why.
        source: BlueprintError,
    },
    /// Something else that start-up needs.
    #[error("{0}")]
    Start(String),
}

impl Failure {
    /// What stops a file from being read, made or written.
    pub fn file(path: &Path, error: &std::io::Error) -> Self {
        Self::Start(format!("{}: {error}", path.display()))
    }

    /// What stops the database at `url` from being opened or brought up to date.
    pub fn database(url: &DatabaseUrl, source: StoreError) -> Self {
        // The migration library has no kind of its own for this.
        if source.to_string().contains("has been applied but its file is missing") {
            return Self::Newer(url.clone());
        }
        Self::Database { url: url.clone(), source }
    }
}

/// Runs a command.
pub async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let config = Config::load(cli.config.as_deref())?;
    let traces = match cli.command {
        Command::Serve { .. } => traces::provider(&config.traces)?,
        _ => None,
    };
    logging::start(&config.log, traces.as_ref())?;
    let done = match cli.command {
        Command::Config(command) => return blueprint::run(&config, command).await,
        Command::Serve { sandbox } => {
            let served = serve::run(&config, sandbox).await;
            if let Some(traces) = traces {
                // What was not sent yet is; the collector may be slow.
                let sent = tokio::task::spawn_blocking(move || traces.shutdown()).await;
                if let Ok(Err(error)) = sent {
                    tracing::warn!(%error, "the last traces were not sent");
                }
            }
            served
        }
        Command::Migrate => migrate(&config).await,
        Command::Admin(command) => admin::run(&config, command).await,
        Command::Audit(command) => return audit::run(&config, command).await,
        Command::Backup { file } => backup::run(&config, &file).await,
        Command::Restore { file, force } => restore::run(&config, &file, force).await,
        Command::Keys(command) => keys::run(&config, command).await,
        Command::CheckConfig => check_config(&config),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// What a command tells the person who ran it.
#[expect(clippy::print_stdout, reason = "the one place where commands speak")]
pub fn say(text: impl std::fmt::Display) {
    println!("{text}");
}

async fn migrate(config: &Config) -> Result<(), Failure> {
    let (_, pending) = wiring::database(config).await?;
    say(format_args!("{pending} migrations were run; the database is up to date."));
    Ok(())
}

fn check_config(config: &Config) -> Result<(), Failure> {
    tls::check(&config.tls)?;
    let text = toml::to_string(config).map_err(|error| Failure::Start(error.to_string()))?;
    say(format_args!("{text}\nThe configuration is good."));
    Ok(())
}
