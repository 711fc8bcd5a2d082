//! What somebody does to the database file, and that it is noticed.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests: a failed unwrap is a failed test")]

mod engine;
mod export;
mod prune;
mod race;
mod tamper;

use std::sync::Arc;

use coffer_audit::AuditLog;
use coffer_core::{
    Clock as _, SystemRng, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    clock::ManualClock,
};
use coffer_crypto::{KeyFile, Keyring};
use coffer_store::Store;
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};
use tempfile::TempDir;

const DAY: i64 = 24 * 3600;

struct World {
    folder: TempDir,
    store: Store,
    clock: ManualClock,
    keyring: Arc<Keyring>,
    log: AuditLog,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::connect(&url(&folder), 2).await.unwrap();
        store.migrate().await.unwrap();
        let clock = ManualClock::new(Timestamp::from_seconds(1_700_000_000));
        let keyring = Arc::new(Keyring::from(KeyFile::generate(&SystemRng)));
        let log = AuditLog::new(store.clone(), keyring.clone(), Arc::new(clock.clone()), Arc::new(SystemRng));
        Self { folder, store, clock, keyring, log }
    }

    /// With this many sealed events.
    async fn with(events: usize) -> Self {
        let world = Self::new().await;
        world.write(events).await;
        assert_eq!(world.log.seal().await.unwrap(), events as u64);
        world
    }

    async fn write(&self, events: usize) {
        let event = |n| {
            let code = EventCode::ALL[n % EventCode::ALL.len()];
            AuditEvent::new(self.clock.now(), code, Actor::System, format!("event {n}"))
                .connection("acme")
                .from_ip((n % 2 == 0).then_some("192.0.2.1"))
        };
        let events: Vec<_> = (1..=events).map(event).collect();
        self.store.audit().append(&events).await.unwrap();
    }

    /// A node of its own over the same database.
    fn node(&self) -> AuditLog {
        let clock = Arc::new(self.clock.clone());
        AuditLog::new(self.store.clone(), self.keyring.clone(), clock, Arc::new(SystemRng))
    }

    /// Somebody who has the file.
    async fn file(&self) -> DatabaseConnection {
        Database::connect(url(&self.folder)).await.unwrap()
    }

    /// Somebody who has the file, and takes the triggers away first.
    async fn tampered(&self, statement: &str) {
        let file = self.file().await;
        for trigger in [
            "audit_events_kept",
            "audit_links_kept",
            "audit_events_not_deleted",
            "audit_links_not_deleted",
            "audit_chain_not_deleted",
            "audit_chain_forward",
        ] {
            file.execute_unprepared(&format!("DROP TRIGGER IF EXISTS {trigger}")).await.unwrap();
        }
        file.execute_unprepared(statement).await.unwrap();
        file.close().await.unwrap();
    }
}

fn url(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("coffer.db").display())
}
