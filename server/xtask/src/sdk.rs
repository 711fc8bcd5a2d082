//! `cargo xtask test sdk`: published SDKs, unmodified, each against a fresh server over TLS.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Outcome, browser,
    command::{output, program, root, run, target},
    postgres::run_on,
    server, web,
};

/// Builds the server, installs the SDKs and runs the acceptance programs, on SQLite or on the PostgreSQL server at this
/// address.
pub fn test(postgres: Option<&str>) -> Outcome {
    web::build()?;
    server::build_linted()?;
    let chromium = browser::prepare()?;
    if output(program("openssl").arg("version")).is_none() {
        browser::install("OpenSSL's command", &["openssl"])?;
    }
    if output(program("curl").arg("--version")).is_none() {
        browser::install("curl, which the guides use", &["curl"])?;
    }
    let folder = root().join("end2end/sdk");
    browser::packages("SDKs from npm", &folder)?;
    let place = target().join("sdk");
    let python = python(&folder.join("requirements.txt"), &place.join("python"))?;
    let mut tests = program("npm");
    tests.current_dir(&folder).arg("test").env("SDK_PLACE", &place);
    tests.env("COFFER_BIN", target().join("debug/coffer")).env("PYTHON", python).env("CHROMIUM", chromium);
    run_on(postgres, "SDK acceptance", &mut tests)
}

/// A Python of its own in `place`, with exactly these packages; returns its path.
fn python(requirements: &Path, place: &Path) -> Outcome<PathBuf> {
    let python = place.join("bin/python");
    let wanted = fs::read_to_string(requirements)?;
    let stamp = place.join("requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) && python.is_file() {
        return Ok(python);
    }
    if output(program("python3").args(["-c", "import ensurepip, venv"])).is_none() {
        browser::install("Python with venv", &["python3", "python3-venv"])?;
    }
    if place.exists() {
        fs::remove_dir_all(place)?;
    }
    run("Python of its own", program("python3").args(["-m", "venv"]).arg(place))?;
    let mut pip = program(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"]);
    run("SDKs from PyPI", pip.arg(requirements))?;
    fs::write(stamp, wanted)?;
    Ok(python)
}
