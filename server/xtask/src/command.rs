//! Other programs, started with their output on this terminal.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use crate::Outcome;

/// The repository's root.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    root().join("target")
}

/// A program that will run in the repository's root.
pub fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// Cargo, with the arguments in `words` (separated by blanks).
pub fn cargo(words: &str) -> Command {
    let mut command = program("cargo");
    command.args(words.split_whitespace());
    // One target directory for all tasks, so that they share what is compiled.
    command.env("CARGO_TARGET_DIR", target());
    command
}

/// Cargo, whose compiler is clippy for this workspace's crates, with warnings denied: what is checked is compiled in the
/// same go, and the dependencies need not be looked through a second time for `cargo clippy`, which sets these two
/// variables for `cargo check`.
pub fn linted(words: &str) -> Outcome<Command> {
    component("clippy")?;
    let mut command = cargo(words);
    command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver");
    command.env("CLIPPY_ARGS", "-Dwarnings");
    Ok(command)
}

/// Adds a part of the toolchain where it is missing.
pub fn component(name: &str) -> Outcome {
    if output(program("cargo").args([name.trim_start_matches("rust"), "--version"])).is_some() {
        return Ok(());
    }
    run(&format!("Adding {name}"), program("rustup").args(["component", "add", name]))
}

/// Says a step's name while it begins.
pub fn step(what: &str) {
    println!("\n\x1b[1m> {what}\x1b[0m");
}

/// Runs `command` to its end and says how long it took. Its failure is an error that names `what`.
pub fn run(what: &str, command: &mut Command) -> Outcome {
    step(what);
    let started = Instant::now();
    let status = command.status().map_err(|error| missing(command, &error))?;
    if !status.success() {
        return Err(format!("{what}: failed ({status})").into());
    }
    println!("  done in {:.1} s", started.elapsed().as_secs_f32());
    Ok(())
}

/// What `command` prints, or `None` where it is missing or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether this runs as root.
pub fn is_root() -> bool {
    output(program("id").arg("-u")).as_deref() == Some("0")
}

fn missing(command: &Command, error: &std::io::Error) -> String {
    format!("{} cannot be started: {error}", command.get_program().display())
}
