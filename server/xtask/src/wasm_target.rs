//! A toolchain that compiles for the browser.

use std::process::Command;

use crate::{
    Outcome,
    command::{output, program, root, step},
};

/// The target's name.
pub const NAME: &str = "wasm32-unknown-unknown";

/// The toolchain to compile the browser bundle with.
pub enum Toolchain {
    /// The one in use.
    Active,
    /// Another one that rustup knows by this name.
    Named(String),
}

impl Toolchain {
    /// Makes a cargo command compile for the browser with this toolchain.
    pub fn apply<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if let Self::Named(name) = self {
            command.env("RUSTUP_TOOLCHAIN", name).env_remove("RUSTC").env_remove("CARGO");
        }
        command.arg("--target").arg(NAME)
    }
}

/// Finds the target, or adds it through rustup, or (on Debian) from the distribution's packages.
pub fn ensure() -> Outcome<Toolchain> {
    let rustup = |words: &str| output(program("rustup").args(words.split_whitespace()));
    let Some(installed) = rustup("target list --installed") else {
        return Err("rustup was not found: install it from https://rustup.rs and start this again".into());
    };
    if installed.lines().any(|line| line == NAME) {
        return Ok(Toolchain::Active);
    }
    step("Adding the compiler's target for the browser");
    if program("rustup").args(["target", "add", NAME]).status()?.success() {
        return Ok(Toolchain::Active);
    }
    step("rustup could not add it; building it from the distribution's packages");
    let script = root().join("server/xtask/wasm-toolchain.sh");
    match output(program("bash").arg(script).stderr(std::process::Stdio::inherit())) {
        Some(name) => Ok(Toolchain::Named(name)),
        None => Err(format!(
            "no toolchain for {NAME}: make `rustup target add {NAME}` work (it needs the network), \
             or run this as root on Debian 12 or later"
        )
        .into()),
    }
}
