//! Looks after the keys while the server serves: notices changed ones, says which this server has, seals stored
//! values anew under the active one, and retires signing keys that nothing needs any more.

use std::sync::Arc;
use std::time::Duration;

use coffer_core::{
    Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    rng::alphanumeric,
};
use coffer_oidc::SigningKeys;
use coffer_store::{KeyHolder, Store, StoreError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{commands::Failure, complaint::Complaint, hangup::Told, place::Place, reseal, wiring::Base};

/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// A server that was not heard of for so long has stopped, in seconds.
const GONE_SECONDS: i64 = 45;
/// What a server sealed with the key before may be written so much later, in seconds.
const UNDER_WAY_SECONDS: i64 = 15;
/// Pause after values that could not be sealed anew.
const AFTER_FAILURE: Duration = Duration::from_secs(600);
/// Pause between two questions for the version of the key service's key.
const REWRAP_EVERY: Duration = Duration::from_secs(60);
/// Pause between two tries whether the key service unwraps the keys.
const VERIFY_EVERY: Duration = Duration::from_secs(3600);

/// Tells the operator's metrics whether the keys could be read, or the key service be used, when that was last tried.
fn usable(what: &'static str, is: bool) {
    metrics::gauge!("coffer_keys_usable", "what" => what).set(if is { 1.0 } else { 0.0 });
}

/// Looks after the keys.
pub struct Keeper {
    base: Arc<Base>,
    signing: SigningKeys,
    told: Told,
    me: KeyHolder,
    complaint: Complaint,
    work: Work,
    rewrap_at: Instant,
    verify_at: Instant,
    service_complaint: Complaint,
}

/// What is left to do under the active key.
struct Work {
    /// Every value is sealed with it, and stays so.
    settled: bool,
    done: u64,
    next: Instant,
}

impl Work {
    fn new() -> Self {
        Self { settled: false, done: 0, next: Instant::now() }
    }
}

impl Keeper {
    /// Says that this server is there, before it serves.
    pub async fn start(base: Arc<Base>, signing: SigningKeys) -> Result<Self, Failure> {
        let now = base.clock.now();
        let me = KeyHolder {
            node: format!("{}-{}", host(), alphanumeric(base.rng.as_ref(), 8)),
            known: Vec::new(),
            active: String::new(),
            active_since: now,
            seen_at: now,
        };
        let told = Told::new().map_err(|error| Failure::Start(format!("cannot take signals: {error}")))?;
        let mut keeper = Self {
            base,
            signing,
            told,
            me,
            complaint: Complaint::default(),
            work: Work::new(),
            rewrap_at: Instant::now(),
            verify_at: Instant::now() + VERIFY_EVERY,
            service_complaint: Complaint::default(),
        };
        keeper.report().await?;
        Ok(keeper)
    }

    /// Looks again and again, and at once on `SIGHUP`, until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.read_again().await;
            if let Err(error) = self.report().await {
                tracing::warn!(%error, "it could not be written down which keys this server has");
            }
            if let Err(error) = self.signing.retire_ended().await {
                tracing::warn!(%error, "signing keys could not be looked through");
            }
            self.seal_anew(&stop).await;
            // What breaks off there is done again at the next start.
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.rewrap() => {}
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.told.next() => {
                    self.rewrap_at = Instant::now();
                    self.verify_at = self.rewrap_at;
                }
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        if let Err(error) = self.base.store.key_holders().leave(&self.me.node).await {
            tracing::debug!(%error, "it could not be written down that this server stops");
        }
    }

    /// What cannot be used leaves the keys before it in place, and is complained about once.
    async fn read_again(&mut self) {
        match self.base.keyring.read_again().await {
            Ok(changed) => {
                self.complaint.end();
                usable("keys", true);
                if changed {
                    let keys = self.base.keyring.keys();
                    let count = keys.ids().count();
                    tracing::info!(
                        active = keys.active_id(),
                        count,
                        "the key-encryption keys were read again"
                    );
                }
            }
            Err(error) => {
                usable("keys", false);
                if self.complaint.is_new(&error) {
                    tracing::error!(%error, "the key-encryption keys cannot be read again; those before stay");
                }
            }
        }
    }

    async fn report(&mut self) -> Result<(), StoreError> {
        let (keys, now) = (self.base.keyring.keys(), self.base.clock.now());
        if keys.active_id() != self.me.active {
            keys.active_id().clone_into(&mut self.me.active);
            self.me.active_since = now;
            self.work = Work::new();
        }
        self.me.known = keys.ids().map(str::to_owned).collect();
        self.me.seen_at = now;
        self.base.store.key_holders().report(&self.me).await?;
        self.base.store.key_holders().forget(gone(now)).await?;
        Ok(())
    }

    /// Seals values anew, where this server is the one to do it: the first by name. If two think so for a moment,
    /// they do it twice, and that is all.
    async fn seal_anew(&mut self, stop: &CancellationToken) {
        let holders = match running(&self.base.store, self.base.clock.now()).await {
            Ok(holders) => holders,
            Err(error) => return tracing::warn!(%error, "the servers that run could not be looked through"),
        };
        let agreed = holders.iter().all(|holder| holder.active == self.me.active);
        if !agreed {
            self.work.settled = false;
        }
        let first = holders.first().is_none_or(|holder| holder.node == self.me.node);
        if self.work.settled || !first || Instant::now() < self.work.next {
            return;
        }
        let over = |holder: &KeyHolder| is_over(holder, self.base.clock.now());
        let quiet = agreed && holders.iter().all(over);
        match reseal::run(&self.base.store, &self.base.keyring, self.base.rng.as_ref(), stop).await {
            Ok(pass) => {
                self.work.done += pass.done;
                if pass.failed > 0 {
                    self.work.next = Instant::now() + AFTER_FAILURE;
                } else if pass.done == 0 && quiet && !stop.is_cancelled() {
                    self.settle().await;
                }
            }
            Err(error) => tracing::error!(%error, "some values could not be sealed anew"),
        }
    }

    /// Follows the key service's own key. Several servers may do it at once: one of them is first.
    async fn rewrap(&mut self) {
        let Place::Service(service) = &self.base.place else { return };
        if Instant::now() < self.rewrap_at {
            return;
        }
        self.rewrap_at = Instant::now() + REWRAP_EVERY;
        let keys = self.base.keyring.keys();
        let mut outcome = service.rewrap(&keys).await.map(drop);
        if outcome.is_ok() && Instant::now() >= self.verify_at {
            self.verify_at = Instant::now() + VERIFY_EVERY;
            outcome = service.verify(&keys).await;
        }
        usable("service", outcome.is_ok());
        match outcome {
            Ok(()) => {
                if self.service_complaint.end() {
                    tracing::info!("the key service can be used again");
                }
            }
            Err(error) => {
                if self.service_complaint.is_new(&error) {
                    tracing::error!(%error, "the key service cannot be used; serving goes on, but no server could start");
                }
            }
        }
    }

    async fn settle(&mut self) {
        if self.work.done > 0 {
            let text = format!("{} stored values were sealed anew under {}.", self.work.done, self.me.active);
            tracing::info!(count = self.work.done, active = %self.me.active, "every value is sealed under the active key");
            let event = AuditEvent::new(self.base.clock.now(), EventCode::KeyResealed, Actor::System, text);
            if let Err(error) = self.base.store.audit().append(&[event]).await {
                tracing::warn!(%error, "what was sealed anew could not be written to the audit log");
                return;
            }
        }
        self.work = Work { settled: true, ..Work::new() };
    }
}

/// The servers that run, as far as the database knows.
pub async fn running(store: &Store, now: Timestamp) -> Result<Vec<KeyHolder>, StoreError> {
    store.key_holders().since(gone(now)).await
}

/// Whether everything that the server sealed with its key before has been written.
pub fn is_over(holder: &KeyHolder, now: Timestamp) -> bool {
    holder.active_since.plus_seconds(UNDER_WAY_SECONDS) <= now
}

fn gone(now: Timestamp) -> Timestamp {
    now.plus_seconds(-GONE_SECONDS)
}

/// The machine's name, where it has one.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or(std::env::var("HOSTNAME").ok());
    let name = name.as_deref().map(str::trim).filter(|name| !name.is_empty()).unwrap_or("server");
    name.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).take(64).collect()
}
