//! The `coffer` command.

mod cli;
mod commands;
mod config;
mod explain;
mod keyfile;
mod logging;
mod reseal;
mod sandbox;
mod serving;
mod tls;
mod wiring;

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
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
