//! `coffer admin`

use std::{
    fmt::Display,
    io::{BufRead as _, IsTerminal as _},
    sync::Arc,
};

use coffer_admin::Call;
use coffer_crypto::Secret;

use super::{Failure, say};
use crate::{cli::AdminCommand, config::Config, wiring};

pub(super) async fn run(config: &Config, command: AdminCommand) -> Result<(), Failure> {
    let base = wiring::base(config).await?;
    let admin = wiring::house(config, &base, None).await?.admin;
    let operator = Call::new(Arc::clone(&admin), None, "command line".to_owned()).operating();
    match command {
        AdminCommand::Create { email, role } => {
            let password = tokio::task::spawn_blocking(ask)
                .await
                .map_err(failed)?
                .map_err(|error| Failure::Start(format!("the password could not be read: {error}")))?;
            let created = admin.create_administrator(&email, password, role).await.map_err(failed)?;
            say(format_args!("{} can sign in at {}console/sign-in", created.email, config.public_url));
        }
        AdminCommand::List => {
            for known in operator.list_administrators().await.map_err(failed)?.administrators {
                let last = known.last_sign_in_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
                let factor = if known.second_factor { "second factor" } else { "no second factor" };
                say(format_args!("{}  {}  {factor}  last sign-in: {last}", known.email, known.role.code()));
            }
        }
        AdminCommand::SetRole { email, role } => {
            let known = operator.administrator_by_email(&email).await.map_err(failed)?;
            operator.set_administrator_role(&known.id, role).await.map_err(failed)?;
            say(format_args!("{} is {} now", known.email, role.with_article()));
        }
        AdminCommand::ResetFactors { email } => {
            let known = operator.administrator_by_email(&email).await.map_err(failed)?;
            operator.reset_factors(&known.id, &known.email).await.map_err(failed)?;
            say(format_args!("{} has no second factor now", known.email));
        }
        AdminCommand::Remove { email } => {
            let known = operator.administrator_by_email(&email).await.map_err(failed)?;
            operator.remove_administrator(&known.id, &known.email).await.map_err(failed)?;
            say(format_args!("{} is removed", known.email));
        }
    }
    Ok(())
}

fn failed(error: impl Display) -> Failure {
    Failure::Start(error.to_string())
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
