//! `cargo xtask run` and `cargo xtask release`.

use std::{fs, os::unix::process::CommandExt as _, process::Command};

use crate::{
    Outcome,
    command::{cargo, program, root, run as finish, step, target},
    web,
};

/// Builds the whole workspace's programs. Never one package alone: cargo would choose other features for the
/// dependencies and compile them again; with the feature that the tests need, for the same reason.
pub fn build(cargo: fn(&str) -> Command) -> Outcome {
    finish("Server", &mut cargo("build --workspace --bins --features coffer-store/test-util"))
}

/// Builds everything and becomes the server.
pub fn run(arguments: &[String]) -> Outcome {
    web::build()?;
    build(cargo)?;
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
