//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use coffer_contract::Timestamp;
use coffer_contract::administrator::Role;

/// App connections with a token vault.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    /// The server's own settings (TOML); what they leave out has its default.
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
    /// Connections, applications and APIs as one file: write it, see what it would change, apply it.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The audit log: verify that nobody changed it, and export it.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Copy the database to a new file, while a server runs. No key that opens its values is in it.
    Backup {
        /// The file.
        file: PathBuf,
    },
    /// Put a copy in the database's place, while no server runs.
    Restore {
        /// The copy.
        file: PathBuf,
        /// There is a database: keep it beside, under another name, and put the copy in its place.
        #[arg(long)]
        force: bool,
    },
    /// Check the configuration and show what applies.
    CheckConfig,
}

/// What to do with connections, applications and APIs as a file.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Write what there is to standard output. Never a secret.
    Export {
        /// Refer to client secrets by environment variables, instead of saying in comments how to: for a database
        /// that does not have them yet.
        #[arg(long)]
        secret_references: bool,
    },
    /// Show what a file would change, and change nothing. Ends with status 0 if that is nothing, with 2 if there
    /// is something to do, and with 1 if the file cannot be used.
    Plan {
        /// The file; - is standard input.
        file: PathBuf,
        /// Delete what the file does not have, of the kinds that it has.
        #[arg(long)]
        prune: bool,
        /// Show it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what a file would change, ask, and change it: everything, or nothing if anything is refused.
    Apply {
        /// The file; - is standard input.
        file: PathBuf,
        /// Delete what the file does not have, of the kinds that it has.
        #[arg(long)]
        prune: bool,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        /// Write client secrets that are made to this new file, which only you can read.
        #[arg(long, value_name = "FILE", conflicts_with = "print_secrets")]
        secrets_to: Option<PathBuf>,
        /// Show client secrets that are made, once, on standard output.
        #[arg(long)]
        print_secrets: bool,
    },
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Walk the chain: every event as it was, in its place, none missing. Ends with status 1 where it is not so,
    /// and says where.
    Verify {
        /// Verify an exported file of JSON lines instead; - is standard input.
        #[arg(long)]
        file: Option<PathBuf>,
        /// The file was exported with filters: lines may be missing between others.
        #[arg(long, requires = "file")]
        filtered: bool,
    },
    /// Write the events as JSON lines, with position and link, oldest first.
    Export {
        /// From the first event at or after this: 2026-01-31 or 2026-01-31T12:00:00Z.
        #[arg(long, value_parser = instant)]
        from: Option<Timestamp>,
        /// Up to the first event at or after this.
        #[arg(long, value_parser = instant)]
        to: Option<Timestamp>,
        /// To this new file, which only you can read, instead of standard output.
        #[arg(long)]
        output: Option<PathBuf>,
    },
}

/// A day, or an instant of RFC 3339.
fn instant(text: &str) -> Result<Timestamp, String> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    Timestamp::parse(&whole).ok_or_else(|| "write 2026-01-31 or 2026-01-31T12:00:00Z".to_owned())
}

/// What to do with administrators.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Create one. Asks for the password, or reads it from standard input.
    Create {
        /// E-mail address.
        #[arg(long)]
        email: String,
        /// What they may do: owner, editor or viewer.
        #[arg(long, default_value = "owner", value_parser = role)]
        role: Role,
    },
    /// Show who there is: e-mail address, role, last sign-in.
    List,
    /// Give one another role. Who loses rights by it is signed out.
    SetRole {
        /// E-mail address.
        #[arg(long)]
        email: String,
        /// What they may do: owner, editor or viewer.
        #[arg(long, value_parser = role)]
        role: Role,
    },
    /// Remove the second factors and recovery codes of one who lost them. Their sessions end.
    ResetFactors {
        /// E-mail address.
        #[arg(long)]
        email: String,
    },
    /// Remove one. Their sessions end.
    Remove {
        /// E-mail address.
        #[arg(long)]
        email: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_code(text).ok_or_else(|| "it is owner, editor or viewer".to_owned())
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Show the ids, and how many stored values each key seals.
    List,
    /// Add a key to the key file. It seals nothing until it is activated.
    Add,
    /// Have a key seal from now on. Running servers then seal everything anew with it, in the background.
    Activate {
        /// Its id, as listed.
        id: String,
        /// Although running servers do not have it yet. They cannot open what others seal with it.
        #[arg(long)]
        force: bool,
    },
    /// Remove a key that seals nothing any more.
    Remove {
        /// Its id, as listed.
        id: String,
    },
    /// Have the key service wrap the keys anew with the newest version of its own. Servers do it by themselves.
    Rewrap,
    /// Move the keys between a key file and the key service that is configured. Nothing is sealed anew.
    #[command(group(clap::ArgGroup::new("direction").required(true)))]
    Migrate {
        /// Have the key service wrap the keys of this file.
        #[arg(long, value_name = "FILE", group = "direction")]
        from_file: Option<PathBuf>,
        /// Write the keys to this new file.
        #[arg(long, value_name = "FILE", group = "direction")]
        to_file: Option<PathBuf>,
    },
    /// Make a new signing key. It signs once everybody can have it, and the old one verifies until the last token
    /// that it signed has ended.
    RotateSigning {
        /// RS256, ES256 or EdDSA.
        alg: String,
        /// Somebody may have the old key: the new one signs at once, and what the old one signed is no good any more.
        #[arg(long)]
        compromised: bool,
    },
}
