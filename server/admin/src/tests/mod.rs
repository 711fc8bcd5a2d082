//! The use cases over a real store and real sessions.

mod administrators;
mod apis;
mod applications;
mod client_grants;
mod connections;
mod factor_rule;
mod factors;
mod overview;
mod passkeys;
mod registration;
mod sign_in;
mod through;
mod webhooks;
mod whole;

use std::{sync::Arc, time::Duration};

use coffer_contract::{ApiError, Timestamp, administrator::Role, connection::ConnectionForm, log::LogFilter};
use coffer_core::{Clock, SystemRng, clock::ManualClock};
use coffer_crypto::{KeyFile, Keyring, Secret};
use coffer_federation::{Catalogue, Federation, OutboundConfig};
use coffer_store::{Sessions, Store};
use coffer_vault::Vault;
use tower_sessions::Session;

use crate::{Admin, Editor, Visit};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "four unrelated common words";

struct House {
    admin: Arc<Admin>,
    store: Store,
    clock: ManualClock,
    sessions: Arc<Sessions>,
}

impl House {
    async fn new() -> Self {
        let store = Store::temporary().await.unwrap();
        let clock = ManualClock::new(Timestamp::from_seconds(1_800_000_000));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let outbound = OutboundConfig { allow_private: vec![], timeout: Duration::from_secs(2) };
        let keyring = Arc::new(Keyring::from(KeyFile::generate(&SystemRng)));
        let federation =
            Arc::new(Federation::new(Catalogue::embedded().unwrap(), outbound, shared.clone()).unwrap());
        let rng = Arc::new(SystemRng);
        let vault = Vault::new(
            store.clone(),
            keyring.clone(),
            federation.clone(),
            shared.clone(),
            rng.clone(),
            "https://coffer.example/login/callback".to_owned(),
        );
        let admin = Admin::new(
            store.clone(),
            keyring,
            shared.clone(),
            rng,
            federation,
            vault,
            "https://coffer.example/".parse().unwrap(),
        );
        let sessions = Arc::new(Sessions::new(store.clone(), shared, "console"));
        Self { admin: Arc::new(admin), store, clock, sessions }
    }

    /// A house with an administrator.
    async fn set_up() -> Self {
        let house = Self::new().await;
        house.admin.create_administrator(EMAIL, Secret::new(PASSWORD), Role::Owner).await.unwrap();
        house
    }

    fn session(&self) -> Session {
        Session::new(None, self.sessions.clone(), None)
    }

    fn visit(&self, session: &Session) -> Visit {
        self.visit_from(session, "192.0.2.1")
    }

    fn visit_from(&self, session: &Session, ip: &str) -> Visit {
        Visit::new(self.admin.clone(), session.clone(), Some(ip.into()), "request-1".into())
    }

    async fn signed(&self) -> Editor {
        let session = self.session();
        self.visit(&session).sign_in(EMAIL, Secret::new(PASSWORD)).await.unwrap();
        self.visit(&session).signed_in().await.unwrap().editor().unwrap()
    }

    /// Codes of all events, oldest first.
    async fn log(&self) -> Vec<String> {
        let mut codes: Vec<String> = self
            .store
            .audit()
            .list(&LogFilter::default(), None, 1000)
            .await
            .unwrap()
            .into_iter()
            .map(|entry| entry.code)
            .collect();
        codes.reverse();
        codes
    }
}

fn fields(error: &ApiError) -> Vec<&str> {
    match error {
        ApiError::Invalid { fields } => fields.iter().map(|f| f.field.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

fn form(name: &str) -> ConnectionForm {
    ConnectionForm {
        name: name.into(),
        client_id: " upstream-id ".into(),
        client_secret: "upstream-secret\n".into(),
        scopes: vec!["repo".into(), " repo".into(), String::new()],
        vault_enabled: true,
        ..ConnectionForm::default()
    }
}
