//! `cargo xtask test`: every check, in the order in which mistakes are cheapest to find.

use std::time::Instant;

use crate::{
    Outcome, browser,
    command::{cargo, output, program, run as finish, step, target},
    sdk,
    wasm_target::{self, Toolchain},
    web,
};

type Part = (&'static str, fn() -> Outcome);

const PARTS: [Part; 6] = [
    ("fmt", fmt),
    ("web", web::build),
    ("clippy", clippy),
    ("rust", rust),
    ("browser", browser::test),
    ("sdk", sdk::test),
];

/// Runs the named parts, or all; stops at the first that fails.
pub fn run(names: &[String]) -> Outcome {
    if let Some(unknown) = names.iter().find(|name| PARTS.iter().all(|(part, _)| part != name)) {
        let known = PARTS.map(|(part, _)| part).join(", ");
        return Err(format!("there is no part \"{unknown}\"; the parts are {known}").into());
    }
    let chosen = PARTS.iter().filter(|(part, _)| names.is_empty() || names.iter().any(|name| name == part));
    let mut summary = String::new();
    for (part, check) in chosen {
        let started = Instant::now();
        let outcome = check();
        let verdict = if outcome.is_ok() { "passed" } else { "FAILED" };
        summary.push_str(&format!("  {part:<8} {verdict} {:>7.1} s\n", started.elapsed().as_secs_f32()));
        if let Err(error) = outcome {
            return Err(format!("{error}\n\n{summary}").into());
        }
    }
    step("All passed");
    print!("{summary}");
    Ok(())
}

fn fmt() -> Outcome {
    component("rustfmt")?;
    finish("Formatting", &mut cargo("fmt --all --check"))
}

fn clippy() -> Outcome {
    component("clippy")?;
    finish("Clippy, server", &mut cargo("clippy --workspace --all-targets -- --deny warnings"))?;
    let toolchain = wasm_target::ensure()?;
    let mut command = match toolchain {
        Toolchain::Active => cargo("clippy --package coffer-app --lib --features hydrate"),
        // The packaged toolchain has no clippy.
        Toolchain::Named(_) => cargo("check --package coffer-app --lib --features hydrate"),
    };
    toolchain.apply(&mut command).arg("--target-dir").arg(target().join("web"));
    match toolchain {
        Toolchain::Active => command.args(["--", "--deny", "warnings"]),
        Toolchain::Named(_) => command.env("RUSTFLAGS", "--deny warnings"),
    };
    finish("Clippy, browser bundle", &mut command)
}

fn rust() -> Outcome {
    finish("Rust tests", &mut cargo("test --workspace"))
}

/// Adds a part of the toolchain where it is missing.
fn component(name: &str) -> Outcome {
    if output(program("cargo").args([name.trim_start_matches("rust"), "--version"])).is_some() {
        return Ok(());
    }
    finish(&format!("Adding {name}"), program("rustup").args(["component", "add", name]))
}
