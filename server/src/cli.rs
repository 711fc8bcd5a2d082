//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// App connections with a token vault.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    /// Configuration file (TOML); what it leaves out has its default.
    #[arg(long, env = "COFFER_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring the database up to date and serve.
    Serve {
        /// Also start a provider and an example agent on this machine, to try Coffer with. Anyone can sign in
        /// there as anyone.
        #[arg(long)]
        sandbox: bool,
    },
    /// Bring the database up to date, and no more.
    Migrate,
    /// Administrators of the dashboard.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Keys: those that seal the database (in the key file) and those that sign ID tokens.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Check the configuration and show what applies.
    CheckConfig,
}

/// What to do with administrators.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Create one. Asks for the password, or reads it from standard input.
    Create {
        /// E-mail address.
        #[arg(long)]
        email: String,
    },
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Show the ids, and how many stored values each key seals.
    List,
    /// Add a key to the key file and make it the active one. Restart the server afterwards: it seals
    /// everything anew in the background.
    Add,
    /// Remove a key that seals nothing any more.
    Remove {
        /// Its id, as listed.
        id: String,
    },
    /// Make a new signing key. The old one goes on verifying for a day.
    RotateSigning {
        /// RS256, ES256 or EdDSA.
        alg: String,
    },
}
