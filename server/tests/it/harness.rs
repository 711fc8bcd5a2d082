//! Running the binary, and what its answers must never hold.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use coffer_store::Scratch;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A password that no output may repeat.
pub const PASSWORD: &str = "correct horse pa55word staple";

/// A directory of its own, with the default configuration, and a database of its own.
pub struct Place {
    folder: TempDir,
    /// Where the tests run on a server, the address of the database there.
    database: Option<String>,
}

/// What a run came to.
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Place {
    /// On whatever engine these tests run with.
    pub fn new() -> Self {
        let database = Scratch::is_shared().then(|| {
            let scratch = std::thread::spawn(|| Runtime::new().unwrap().block_on(Scratch::new()));
            scratch.join().unwrap().unwrap().url
        });
        Self { database, ..Self::with_file() }
    }

    /// On SQLite.
    pub fn with_file() -> Self {
        Self { folder: TempDir::new().unwrap(), database: None }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// A key file at the default path that only its owner can read.
    pub fn write_key_file(&self, text: &str) {
        self.write("data/coffer.key", text);
        set_mode(&self.path("data/coffer.key"), 0o600);
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coffer"));
        command.args(args).current_dir(self.folder.path()).env_clear().env("COFFER_LOG__FILTER", "warn");
        if let Some(url) = &self.database {
            command.env("COFFER_DATABASE__URL", url);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[&str]) -> Outcome {
        self.run_in(args, &[], "")
    }

    pub fn run_with(&self, args: &[&str], environment: &[(&str, &str)]) -> Outcome {
        self.run_in(args, environment, "")
    }

    pub fn run_in(&self, args: &[&str], environment: &[(&str, &str)], input: &str) -> Outcome {
        let mut command = self.command(args);
        command.envs(environment.iter().copied()).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that fails before it reads closes the pipe.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let outcome =
            Outcome { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
        self.holds_no_secret(&outcome.out);
        self.holds_no_secret(&outcome.err);
        outcome
    }

    /// Neither a key, nor a password, nor codes that colour a terminal.
    pub fn holds_no_secret(&self, text: &str) {
        let keys = std::fs::read_to_string(self.path("data/coffer.key")).unwrap_or_default();
        let values = keys.split('"').filter(|part| part.len() == 44 && part.ends_with('='));
        for secret in values.chain(["pa55word"]) {
            assert!(!text.contains(secret), "a secret is printed");
        }
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }

    /// Values that the key file seals from now on: the database cannot do without it any more.
    pub fn with_sealed_value() -> Self {
        Self::new().sealing()
    }

    /// The same, on SQLite.
    pub fn with_sealed_file() -> Self {
        Self::with_file().sealing()
    }

    fn sealing(self) -> Self {
        let place = self;
        place.run(&["keys", "rotate-signing", "ES256"]).succeeds();
        place
    }
}

impl Outcome {
    #[track_caller]
    pub fn succeeds(&self) -> &str {
        assert_eq!(self.code, Some(0), "{}", self.err);
        assert_eq!(self.err, "", "nothing to complain about");
        &self.out
    }

    /// It fails with one message, in the command's own voice, that has all of this in it.
    #[track_caller]
    pub fn fails_with(&self, parts: &[&str]) {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        assert!(self.err.starts_with("coffer: "), "{}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        assert_eq!(self.out, "");
        for part in parts {
            assert!(self.err.contains(part), "“{part}” is not in: {}", self.err);
        }
    }
}

/// A port of this machine that nothing listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Sends a signal to a process that this test started.
pub fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// For tests of several servers.
pub fn must_be_shared() {
    assert!(Scratch::is_shared(), "several servers share no SQLite file: name a server in TEST_DATABASE");
}

/// A database that several servers share.
pub async fn shared_database() -> Scratch {
    must_be_shared();
    Scratch::new().await.unwrap()
}

pub fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
