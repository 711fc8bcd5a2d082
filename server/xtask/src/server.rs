//! `cargo xtask run` and `cargo xtask release`.

use std::{fs, os::unix::process::CommandExt as _, process::Command};

use crate::{
    Outcome,
    command::{cargo, linted, program, root, run as finish, step, target},
    web,
};

/// What cargo is told to build the whole workspace's programs. Never one package alone: cargo would choose other features for the
/// dependencies and compile them again; with the feature that the tests need, for the same reason.
const PROGRAMS: &str = "build --workspace --bins --features coffer-store/test-util";

/// Builds what the tests run, checked as they are.
pub fn build_linted() -> Outcome {
    finish("Server", &mut linted(PROGRAMS)?)
}

/// Builds everything and becomes the server.
pub fn run(arguments: &[String]) -> Outcome {
    web::build()?;
    finish("Server", &mut cargo(PROGRAMS))?;
    step("Coffer (stop it with Ctrl+C)");
    let mut server = program(target().join("debug/coffer"));
    server.args(["serve", "--sandbox"]).args(arguments);
    fs::create_dir_all(root().join("data"))?;
    default(&mut server, "COFFER_DATABASE__URL", "sqlite:data/coffer.db");
    default(&mut server, "COFFER_KEYS__FILE", "data/coffer.key");
    Err(format!("coffer could not be started: {}", server.exec()).into())
}

/// Builds the binary that is deployed.
pub fn release() -> Outcome {
    web::build()?;
    finish("Release binary", &mut cargo("build --release --package coffer --bin coffer"))?;
    println!("\n{}", target().join("release/coffer").display());
    Ok(())
}

fn default(command: &mut Command, name: &str, value: &str) {
    if std::env::var_os(name).is_none() {
        command.env(name, value);
    }
}
