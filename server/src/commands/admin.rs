//! `coffer admin`

use std::io::{BufRead as _, IsTerminal as _};

use coffer_crypto::Secret;

use super::{Failure, say};
use crate::{cli::AdminCommand, config::Config, wiring};

pub(super) async fn run(config: &Config, command: AdminCommand) -> Result<(), Failure> {
    let AdminCommand::Create { email } = command;
    let base = wiring::base(config).await?;
    let admin = wiring::house(config, &base, None).await?.admin;
    let password = tokio::task::spawn_blocking(ask)
        .await
        .map_err(|error| Failure::Start(error.to_string()))?
        .map_err(|error| Failure::Start(format!("the password could not be read: {error}")))?;
    let created = admin.create_administrator(&email, password).await;
    let created = created.map_err(|error| Failure::Start(error.to_string()))?;
    say(format_args!("{} can sign in at {}console/sign-in", created.email, config.public_url));
    Ok(())
}

/// Asks twice at a terminal; reads one line otherwise.
fn ask() -> std::io::Result<Secret> {
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        return Ok(Secret::new(line.trim_end_matches(['\r', '\n'])));
    }
    let first = Secret::new(rpassword::prompt_password("Password: ")?);
    let second = Secret::new(rpassword::prompt_password("Once more: ")?);
    if first == second { Ok(first) } else { Err(std::io::Error::other("the two differ")) }
}
