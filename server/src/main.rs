//! The `coffer` command.

mod cli;
mod commands;
mod complaint;
mod config;
mod explain;
mod files;
mod gate;
mod hangup;
mod keeper;
mod keyfile;
mod logging;
mod metrics;
mod place;
mod reseal;
mod sandbox;
mod service_keys;
mod serving;
mod tls;
mod traces;
mod wiring;

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return say_usage(&error),
    };
    match commands::run(cli).await {
        Ok(code) => code,
        Err(error) => {
            say_error(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the command's own message; the log may not be set up")]
fn say_error(error: &commands::Failure) {
    eprintln!("coffer: {error}");
}

/// What is wrong with the arguments, or the help that they ask for.
fn say_usage(error: &clap::Error) -> ExitCode {
    // Nobody is left to hear of it if that fails.
    _ = error.print();
    match error.exit_code() {
        0 => ExitCode::SUCCESS,
        // There, 2 says that there are changes: a mistyped option must not be taken for that.
        _ if std::env::args_os().any(|arg| arg == "config") => ExitCode::FAILURE,
        _ => ExitCode::from(2),
    }
}
