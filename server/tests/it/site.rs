//! A server whose keys come from a key service: a stand-in with keys of its own.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use coffer_providers::Transit;
use coffer_store::{Scratch, Store, StoredKey};

use crate::harness::{self, Outcome, Place, free_port};

/// Longest time for anything that happens by itself.
const PATIENCE: Duration = Duration::from_secs(40);

/// Place, database and key service.
pub struct Site {
    pub place: Place,
    pub service: Transit,
    scratch: Scratch,
    tokens: Vec<String>,
}

impl Site {
    /// With a key `coffer` at the service, and its token in the file.
    pub async fn new() -> Self {
        let service = Transit::start().await.unwrap();
        service.create("coffer", "aes256-gcm96");
        let scratch = Scratch::new().await.unwrap();
        let mut site = Self { place: Place::with_file(), service, scratch, tokens: Vec::new() };
        site.write_token(&site.service.token());
        site
    }

    pub fn write_token(&mut self, token: &str) {
        self.place.write("token", &format!("{token}\n"));
        self.tokens.push(token.to_owned());
    }

    pub fn database(&self) -> &str {
        &self.scratch.url
    }

    pub async fn keys(&self) -> Vec<StoredKey> {
        let store = Store::connect(self.database(), 2).await.unwrap();
        store.wrapped_keys().list().await.unwrap()
    }

    /// Waits until the service's key of this version wrapped every key.
    pub async fn wrapped_by(&self, version: i64) {
        let until = Instant::now() + PATIENCE;
        loop {
            let keys = self.keys().await;
            if keys.iter().all(|key| key.wrapped.version == version) {
                return;
            }
            assert!(Instant::now() < until, "not wrapped anew: {keys:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn file(&self, file: &str) -> Vec<(&'static str, String)> {
        vec![("COFFER_DATABASE__URL", self.database().to_owned()), ("COFFER_KEYS__FILE", file.to_owned())]
    }

    fn with_service(&self) -> Vec<(&'static str, String)> {
        vec![
            ("COFFER_DATABASE__URL", self.database().to_owned()),
            ("COFFER_KEYS__SERVICE__ADDRESS", self.service.url()),
            ("COFFER_KEYS__SERVICE__TOKEN_FILE", "token".to_owned()),
        ]
    }

    /// A command that has the keys from the service.
    pub fn run(&self, args: &[&str]) -> Outcome {
        self.run_in(args, &self.with_service())
    }

    /// A command that has the keys from a file.
    pub fn run_with_file(&self, args: &[&str], file: &str) -> Outcome {
        self.run_in(args, &self.file(file))
    }

    fn run_in(&self, args: &[&str], environment: &[(&str, String)]) -> Outcome {
        let mut all: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, &**value)).collect();
        all.push(("COFFER_LISTEN", "127.0.0.1:0"));
        let outcome = self.place.run_with(args, &all);
        self.tells_no_token(&outcome.out);
        self.tells_no_token(&outcome.err);
        outcome
    }

    /// A server that has the keys from the service.
    pub fn serve(&self) -> Server<'_> {
        self.spawn(&self.with_service())
    }

    /// A server that has the keys from a file.
    pub fn serve_with_file(&self, file: &str) -> Server<'_> {
        self.spawn(&self.file(file))
    }

    fn spawn(&self, environment: &[(&str, String)]) -> Server<'_> {
        let port = free_port();
        let name = format!("server-{port}.log");
        let log = std::fs::File::create(self.place.path(&name)).unwrap();
        let mut command = self.place.command(&["serve"]);
        command
            .env("COFFER_LOG__FILTER", "info")
            .env("COFFER_LISTEN", format!("127.0.0.1:{port}"))
            .env("COFFER_OUTBOUND__ALLOW_PRIVATE", "[\"127.0.0.0/8\"]")
            .envs(environment.iter().map(|(name, value)| (*name, value)))
            .stdout(Stdio::null())
            .stderr(log);
        Server { site: self, child: command.spawn().unwrap(), port, name }
    }

    fn tells_no_token(&self, text: &str) {
        assert!(self.tokens.iter().all(|token| !text.contains(token)), "a token is printed");
    }
}

/// A server.
pub struct Server<'s> {
    site: &'s Site,
    child: Child,
    port: u16,
    name: String,
}

impl Server<'_> {
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Status and body, once something answers.
    pub async fn get(&mut self, path: &str) -> (u16, String) {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Ok(answer) = reqwest::get(self.url(path)).await {
                return (answer.status().as_u16(), answer.text().await.unwrap());
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < until, "no answer: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until it serves. Returns the public signing keys.
    pub async fn ready(&mut self) -> String {
        let until = Instant::now() + PATIENCE;
        while self.get("/readyz").await.0 != 200 {
            assert!(Instant::now() < until, "it does not serve: {}", self.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.get("/.well-known/jwks.json").await.1
    }

    /// Waits until the log has this in it.
    pub async fn says(&mut self, part: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.log().contains(part) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < until, "“{part}” is not in: {}", self.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub fn log(&self) -> String {
        let log = self.site.place.read(&self.name);
        self.site.tells_no_token(&log);
        self.site.place.holds_no_secret(&log);
        log
    }

    /// Has it look at the keys now.
    pub fn look(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, name: &str) {
        harness::signal(&self.child, name);
    }

    pub fn stop(mut self) {
        self.signal("-TERM");
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{}", self.log());
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
