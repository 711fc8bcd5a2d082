//! Tests and measurements in `end2end`, which need Node and Chromium.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{
    Outcome,
    command::{cargo, is_root, output, program, root, run, target},
    postgres::{Disk, Server, run_on},
    server, web,
};

/// The oldest major version of Node that the tests run on.
const NODE: u32 = 20;
/// Where Chromium is usually installed.
const CHROMIUMS: [&str; 7] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/usr/bin/google-chrome-stable",
    "/snap/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// `cargo xtask test browser`, on SQLite or on the PostgreSQL server at this address.
pub fn test(postgres: Option<&str>) -> Outcome {
    web::build()?;
    server::build_linted()?;
    let chromium = prepare()?;
    let mut tests = program("npm");
    tests.current_dir(folder()).arg("test");
    tests.env("COFFER_BIN", target().join("debug/coffer")).env("CHROMIUM", chromium);
    run_on(postgres, "Browser tests", &mut tests)
}

/// `cargo xtask bench`: every part, or those named in `parts`.
pub fn bench(parts: &[String]) -> Outcome {
    web::build()?;
    run(
        "Release binary, the bare handler beside it, and what fills databases",
        &mut cargo("build --release --package coffer --bin coffer --example bare --example seed"),
    )?;
    let chromium = prepare()?;
    // Without it, the table says that this was not measured.
    let postgres = if parts.is_empty() || parts.iter().any(|part| part == "exchange") {
        Server::start(Disk::Keeps).map_err(|error| println!("No PostgreSQL server: {error}")).ok()
    } else {
        None
    };
    let examples = target().join("release/examples");
    let mut bench = program("node");
    bench.current_dir(folder()).arg("bench/run.js").args(parts);
    bench.env("COFFER_BIN", target().join("release/coffer")).env("CHROMIUM", chromium);
    bench.env("BARE_BIN", examples.join("bare")).env("SEED_BIN", examples.join("seed"));
    match &postgres {
        Some(server) => bench.env("BENCH_POSTGRES_URL", &server.url),
        None => bench.env_remove("BENCH_POSTGRES_URL"),
    };
    run("Measurement", &mut bench)
}

/// Makes Node, Chromium and the packages of `end2end` available; returns Chromium's path.
pub fn prepare() -> Outcome<PathBuf> {
    if !node_is_there() {
        install("Node and npm", &["nodejs", "npm"])?;
        if !node_is_there() {
            return Err(
                format!("the browser tests need Node {NODE} or later, with npm: https://nodejs.org").into()
            );
        }
    }
    let chromium = match find_chromium()? {
        Some(path) => path,
        None => {
            install("Chromium", &["chromium"])?;
            find_chromium()?.ok_or("Chromium was installed but not found; name its path in CHROMIUM")?
        }
    };
    packages("Packages for the browser tests", &folder())?;
    Ok(chromium)
}

/// Installs the packages of the lock file in `folder`, unless they are there.
pub fn packages(what: &str, folder: &Path) -> Outcome {
    let lock = changed(&folder.join("package-lock.json"));
    let installed = changed(&folder.join("node_modules/.package-lock.json"));
    if installed.is_none() || installed < lock {
        // Packages come as they are: none of their own programs runs while they are installed.
        let mut command = program("npm");
        command.current_dir(folder).args(["ci", "--no-fund", "--no-audit", "--ignore-scripts"]);
        run(what, &mut command)?;
    }
    Ok(())
}

fn folder() -> PathBuf {
    root().join("end2end")
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

fn node_is_there() -> bool {
    let version = output(program("node").arg("--version")).unwrap_or_default();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= NODE) && output(program("npm").arg("--version")).is_some()
}

fn find_chromium() -> Outcome<Option<PathBuf>> {
    if let Some(named) = std::env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
        let path = PathBuf::from(named);
        if !path.is_file() {
            return Err(format!("CHROMIUM names {}, which is not a file", path.display()).into());
        }
        return Ok(Some(path));
    }
    Ok(CHROMIUMS.iter().map(PathBuf::from).find(|path| path.is_file()))
}

/// Installs Debian packages where this may; says what to do where it may not.
pub fn install(what: &str, packages: &[&str]) -> Outcome {
    let apt = output(program("apt-get").arg("--version")).is_some();
    if !(is_root() && apt) {
        let advice = if apt {
            format!("sudo apt-get install {}", packages.join(" "))
        } else {
            String::from("your system's packages")
        };
        return Err(format!(
            "the tests need {what}. Install it ({advice}); Chromium elsewhere than usual is named with CHROMIUM=<path>"
        )
        .into());
    }
    run("Reading the list of packages", program("apt-get").args(["update", "-qq"]))?;
    let mut command = program("apt-get");
    command.args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages);
    run(&format!("Installing {what}"), command.env("DEBIAN_FRONTEND", "noninteractive"))
}
