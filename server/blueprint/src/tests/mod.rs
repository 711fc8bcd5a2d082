//! Blueprints over a real store, through the real use cases.

mod apply;
mod docs;
mod fuzz;
mod refuse;
mod round_trip;

use std::{collections::HashMap, io, path::Path, sync::Arc, time::Duration};

use coffer_admin::Admin;
use coffer_contract::{Timestamp, log::LogFilter};
use coffer_core::{Clock, SystemRng, clock::ManualClock};
use coffer_crypto::{KeyFile, Keyring, Secret};
use coffer_federation::{Catalogue, Federation, OutboundConfig};
use coffer_store::Store;
use coffer_vault::Vault;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{BlueprintError, Desk, Draft, Outcome, Problem, References, Sources};

/// A secret that no output may repeat.
pub const SECRET: &str = "pa55word-pa55word-pa55word-pa55word";

/// A fresh server's database, and the desk over it.
pub struct Place {
    pub desk: Desk,
    pub store: Store,
    pub secrets: Secrets,
}

/// Environment variables and files of a test.
#[derive(Clone, Default)]
pub struct Secrets(pub HashMap<String, String>);

impl Sources for Secrets {
    fn env(&self, name: &str) -> Option<Secret> {
        self.0.get(name).map(Secret::new)
    }

    fn file(&self, path: &Path) -> io::Result<Secret> {
        self.env(&path.to_string_lossy()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Place {
    pub async fn new() -> Self {
        Self::over(Store::temporary().await.unwrap())
    }

    pub fn over(store: Store) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::from_seconds(1_800_000_000)));
        let outbound = OutboundConfig {
            allow_private: vec!["127.0.0.0/8".parse().unwrap()],
            timeout: Duration::from_secs(2),
        };
        let keyring = Arc::new(Keyring::from(KeyFile::generate(&SystemRng)));
        let catalogue = Catalogue::embedded().unwrap();
        let federation = Arc::new(Federation::new(catalogue, outbound, clock.clone()).unwrap());
        let rng = Arc::new(SystemRng);
        let vault = Vault::new(
            store.clone(),
            keyring.clone(),
            federation.clone(),
            clock.clone(),
            rng.clone(),
            "https://coffer.example/login/callback".to_owned(),
        );
        let issuer = "https://coffer.example/".parse().unwrap();
        let admin = Admin::new(store.clone(), keyring, clock, rng, federation, vault, issuer);
        let desk = Desk::new(Arc::new(admin), store.clone());
        Self { desk, store, secrets: Secrets::default() }
    }

    pub fn with_secret(mut self, name: &str, secret: &str) -> Self {
        self.secrets.0.insert(name.to_owned(), secret.to_owned());
        self
    }

    pub async fn draft(&self, text: &str) -> Result<Draft, BlueprintError> {
        self.desk.draft("x.toml", text, &self.secrets, false).await
    }

    pub async fn apply(&self, text: &str) -> Outcome {
        let draft = self.draft(text).await.unwrap();
        self.desk.apply(&draft, |_| Ok(())).await.unwrap()
    }

    /// What it says is wrong.
    pub async fn problems(&self, text: &str) -> Vec<Problem> {
        match self.draft(text).await {
            Err(BlueprintError::Refused(problems)) => problems,
            other => panic!("{other:?}"),
        }
    }

    pub async fn export(&self) -> String {
        self.desk.export(References::Commented).await.unwrap()
    }

    /// Codes and descriptions of all events, oldest first.
    pub async fn log(&self) -> Vec<String> {
        let entries = self.store.audit().list(&LogFilter::default(), None, 1000).await.unwrap();
        entries.into_iter().rev().map(|entry| format!("{} {}", entry.code, entry.description)).collect()
    }
}

/// An OpenID provider of which there is the discovery document alone. Returns its issuer.
pub async fn provider() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let document = format!(
        r#"{{"issuer":"{issuer}","authorization_endpoint":"{issuer}/a","token_endpoint":"{issuer}/t",
            "jwks_uri":"{issuer}/k","response_types_supported":["code"]}}"#
    );
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            _ = stream.read(&mut request).await;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
            let answer = format!("{head}content-length: {}\r\n\r\n{document}", document.len());
            _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    issuer
}
