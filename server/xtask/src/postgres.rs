//! A PostgreSQL server that lives for one task alone, in a folder of its own, on a free port of this machine; and
//! all tests once more, on it.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Outcome,
    browser::{self, install},
    command::{is_root, linted, program, run},
    sdk,
};

/// Names the server to the tests, each of which makes a schema of its own there.
const SERVER: &str = "TEST_DATABASE";

/// Where Debian puts the server's programs: in a folder for each version.
const VERSIONS: &str = "/usr/lib/postgresql";
/// Where Homebrew puts them.
const FOLDERS: [&str; 2] = ["/opt/homebrew/opt/postgresql@17/bin", "/usr/local/opt/postgresql@17/bin"];

/// `cargo xtask test postgres`.
pub fn test() -> Outcome {
    let server = Server::start(Disk::Forgets)?;
    let url = Some(server.url.as_str());
    run_on(url, "Rust tests", &mut linted("test --workspace -- --include-ignored")?)?;
    browser::test(url)?;
    sdk::test(url)
}

/// Runs tests, on the server at this address where there is one.
pub fn run_on(postgres: Option<&str>, what: &str, tests: &mut Command) -> Outcome {
    match postgres {
        Some(url) => run(&format!("{what}, on PostgreSQL"), tests.env(SERVER, url)),
        None => run(what, tests),
    }
}

/// What the server does with what it wrote.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// It holds nothing that anybody misses: faster.
    Forgets,
    /// What was committed is on disk, as where people rely on it.
    Keeps,
}

/// A running server; it stops when this goes.
pub struct Server {
    /// The address of its database.
    pub url: String,
    folder: PathBuf,
    programs: PathBuf,
}

impl Server {
    /// Starts one.
    pub fn start(disk: Disk) -> Outcome<Self> {
        let programs = match find() {
            Some(found) => found,
            None => {
                install("PostgreSQL", &["postgresql"])?;
                find().ok_or("PostgreSQL was installed but its programs were not found")?
            }
        };
        // Not below the repository: as root the server runs as somebody else, who need not get in there.
        let folder = std::env::temp_dir().join(format!("coffer-postgres-{}", std::process::id()));
        fs::create_dir(&folder)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let server = Self {
            url: format!("postgres://coffer@127.0.0.1:{port}/postgres?sslmode=disable"),
            folder,
            programs,
        };
        if is_root() {
            run("Its folder", program("chown").arg("postgres").arg(&server.folder))?;
        }
        let data = server.data();
        let mut init = server.command("initdb");
        init.args(["--username=coffer", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]);
        run("A PostgreSQL server of its own", init.arg(&data))?;
        let mut options =
            format!("-h 127.0.0.1 -p {port} -k '' -c max_connections=400 -c max_locks_per_transaction=256");
        if disk == Disk::Forgets {
            options.push_str(" -c fsync=off -c full_page_writes=off");
        }
        let mut start = server.command("pg_ctl");
        start.args(["start", "--wait", "--silent", "-o", &options, "-l"]).arg(server.folder.join("log"));
        run("Its start", start.arg("-D").arg(&data))?;
        Ok(server)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// One of the server's programs. They refuse to run as root.
    fn command(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = program("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            program(path)
        };
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        let stopped = stop.args(["stop", "--silent", "--mode=immediate", "-D"]).arg(self.data()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            println!("The PostgreSQL server in {} could not be stopped.", self.folder.display());
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The folder with the newest server's programs.
fn find() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(PathBuf::from).collect();
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_unstable();
    folders.extend(versions.into_iter().map(|(_, path)| path));
    folders.into_iter().rev().find(|folder| has(folder, "initdb") && has(folder, "pg_ctl"))
}

fn has(folder: &Path, name: &str) -> bool {
    folder.join(name).is_file()
}
