//! `cargo xtask`: builds, runs and tests Coffer with nothing but a Rust toolchain (the browser tests also
//! need Node and Chromium).

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool: its output is for the terminal"
)]

mod browser;
mod bundle;
mod command;
mod deny;
mod files;
mod inputs;
mod postgres;
mod sdk;
mod server;
mod style;
mod tests;
mod wasm_target;
mod web;

use std::process::ExitCode;

/// What a task comes to; the error is words for the person at the terminal.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "\
cargo xtask <task>

  run               build everything and serve Coffer on http://localhost:3000/
  test [part ...]   every check, or only these: fmt, web, clippy, deny, advisories, rust,
                    fuzz, browser, sdk, postgres (Rust, browser and SDK tests once more, there)
  build-web         the browser bundle and the stylesheet, into target/site
  release           one binary with the assets in it: target/release/coffer
  bench [part ...]  measurements, each beside its peer or limit, or only these: small, exchange,
                    refresh, pages, scale";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    let outcome = match arguments.first().map(String::as_str) {
        Some("run") => server::run(rest),
        Some("test") => tests::run(rest),
        Some("build-web") => web::build(),
        Some("release") => server::release(),
        Some("bench") => browser::bench(rest),
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(format!("there is no task \"{other}\"\n\n{USAGE}").into()),
        None => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error}");
            ExitCode::FAILURE
        }
    }
}
