//! `cargo xtask test`: every check, in the order in which mistakes are cheapest to find.

use std::time::Instant;

use crate::{
    Outcome, browser,
    command::{cargo, component, linted, run as finish, step, target},
    deny, postgres, sdk,
    wasm_target::{self, Toolchain},
    web,
};

/// What a part that did not fail comes to.
pub enum Verdict {
    Passed,
    /// It could not be done here, and why. It is said where the person looks: in the summary.
    NotChecked(String),
}

type Part = (&'static str, fn() -> Outcome<Verdict>);

const PARTS: [Part; 10] = [
    ("fmt", || passed(fmt())),
    ("web", || passed(web::build())),
    ("clippy", || passed(clippy())),
    ("deny", deny::check),
    ("advisories", deny::advisories),
    ("rust", || passed(rust())),
    ("fuzz", || passed(fuzz())),
    ("browser", || passed(browser::test(None))),
    ("sdk", || passed(sdk::test(None))),
    ("postgres", || passed(postgres::test())),
];

fn passed(outcome: Outcome) -> Outcome<Verdict> {
    outcome.map(|()| Verdict::Passed)
}

/// Runs the named parts, or all; stops at the first that fails.
pub fn run(names: &[String]) -> Outcome {
    if let Some(unknown) = names.iter().find(|name| PARTS.iter().all(|(part, _)| part != name)) {
        let known = PARTS.map(|(part, _)| part).join(", ");
        return Err(format!("there is no part \"{unknown}\"; the parts are {known}").into());
    }
    let chosen = PARTS.iter().filter(|(part, _)| names.is_empty() || names.iter().any(|name| name == part));
    let mut summary = String::new();
    let mut complete = true;
    for (part, check) in chosen {
        let started = Instant::now();
        let outcome = check();
        let verdict = match &outcome {
            Ok(Verdict::Passed) => "passed".to_owned(),
            Ok(Verdict::NotChecked(why)) => format!("NOT CHECKED: {why}"),
            Err(_) => "FAILED".to_owned(),
        };
        complete &= matches!(outcome, Ok(Verdict::Passed));
        let seconds = started.elapsed().as_secs_f32();
        summary.push_str(&format!("  {part:<10} {seconds:>7.1} s  {verdict}\n"));
        if let Err(error) = outcome {
            return Err(format!("{error}\n\n{summary}").into());
        }
    }
    step(if complete { "All passed" } else { "Passed, but not everything could be checked" });
    print!("{summary}");
    Ok(())
}

fn fmt() -> Outcome {
    component("rustfmt")?;
    finish("Formatting", &mut cargo("fmt --all --check"))
}

fn clippy() -> Outcome {
    finish("Server and tests, compiled with clippy's lints", &mut linted("test --workspace --no-run")?)?;
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
    finish("Rust tests", &mut linted("test --workspace")?)
}

/// Every fuzz target, for a minute each; as many at once as there are processors.
fn fuzz() -> Outcome {
    let mut command = linted("test --workspace fuzz")?;
    finish("Fuzzing, a minute for each target", command.env("COFFER_FUZZ_MILLISECONDS", "60000"))
}
