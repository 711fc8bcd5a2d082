//! `cargo xtask test deny advisories`: what Coffer is built of, asked of cargo-deny as `deny.toml` has it.
//!
//! Licences, banned crates and sources need nothing but the lock file. Known flaws need RustSec's database, a git
//! repository: where it cannot be had, nothing was checked, and the summary says so.

use std::path::PathBuf;

use crate::{
    Outcome,
    command::{cargo, program, run, step, target},
    tests::Verdict,
};

/// Built once, in a minute or two on two cores: as a dependency of this tool it would add them to the first
/// `cargo xtask run`.
const VERSION: &str = "0.20.2";

/// Where there is a network, a database that cannot be had is an error: set it in CI.
const REQUIRED: &str = "COFFER_ADVISORIES_REQUIRED";

/// Licences, banned crates and sources.
pub fn check() -> Outcome<Verdict> {
    let deny = ensure()?;
    let arguments = ["--locked", "check", "licenses", "bans", "sources"];
    run("Licences, banned crates, sources", program(deny).args(arguments))?;
    Ok(Verdict::Passed)
}

/// Known flaws.
pub fn advisories() -> Outcome<Verdict> {
    let deny = ensure()?;
    step("RustSec's database of known flaws");
    // Never asks for a password on this terminal.
    let fetched = program(&deny).args(["fetch", "db"]).env("GIT_TERMINAL_PROMPT", "0").status();
    if !fetched.is_ok_and(|status| status.success()) {
        let reason = "RustSec's database could not be fetched from github.com";
        if std::env::var_os(REQUIRED).is_some_and(|value| !value.is_empty()) {
            return Err(format!("{reason}, and {REQUIRED} is set").into());
        }
        return Ok(Verdict::NotChecked(reason.to_owned()));
    }
    let arguments = ["--locked", "check", "--disable-fetch", "advisories"];
    run("Known flaws", program(&deny).args(arguments))?;
    Ok(Verdict::Passed)
}

/// cargo-deny of the right version, in a folder of its own: nothing is installed for the person's other projects.
fn ensure() -> Outcome<PathBuf> {
    let folder = target().join(format!("tools/cargo-deny-{VERSION}"));
    let binary = folder.join(format!("bin/cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if !binary.is_file() {
        let mut install = cargo("install cargo-deny --debug --locked --quiet --version");
        install.arg(VERSION).arg("--root").arg(&folder);
        // What it is made of is of no use for anything else here.
        install.env("CARGO_TARGET_DIR", folder.join("build"));
        run("cargo-deny, once (some minutes)", &mut install)?;
        std::fs::remove_dir_all(folder.join("build"))?;
    }
    Ok(binary)
}
