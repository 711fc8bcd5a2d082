//! The running providers, in the hands of a test.

use std::{
    collections::{BTreeMap, VecDeque},
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::Router;
use coffer_core::{Clock, Rng, SystemClock, SystemRng, Timestamp};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::{net::TcpListener, sync::Notify};

use crate::{
    Client, Counters, Grant, Provider, Seen, Settings, SettingsError,
    keys::{KeyError, Keys},
    line::{Lines, Scissors},
    log::LONGEST,
    place::Place,
    server,
};

/// How to run them.
pub struct Config {
    /// Port on 127.0.0.1; any free one where it is 0.
    pub port: u16,
    /// Whether `/_control` is served.
    pub control: bool,
    /// Which providers are served.
    pub providers: Vec<Provider>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where tokens come from.
    pub rng: Arc<dyn Rng>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 0,
            control: false,
            providers: Provider::ALL.to_vec(),
            clock: Arc::new(SystemClock),
            rng: Arc::new(SystemRng),
        }
    }
}

/// Why they could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The port is taken, or the like.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
    /// No signing key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The providers. Clones are the same providers.
#[derive(Clone)]
pub struct Providers(Arc<Shared>);

struct Shared {
    base: String,
    control: bool,
    served: Vec<Provider>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    keys: Keys,
    outbound: reqwest::Client,
    places: Mutex<BTreeMap<Provider, Place>>,
    seen: Mutex<VecDeque<Seen>>,
    stop: Notify,
    stopped: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Providers {
    /// Listens on 127.0.0.1 and serves until [`Self::stop`].
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, config.port))).await?;
        let providers = Self::at(format!("http://{}", listener.local_addr()?), config)?;
        let service = providers.router().into_make_service_with_connect_info::<Scissors>();
        let running = providers.clone();
        tokio::spawn(async move {
            let stop = running.0.stop.notified();
            tokio::select! {
                _ = axum::serve(Lines(listener), service) => {}
                () = stop => {}
            }
        });
        Ok(providers)
    }

    /// Serves nothing by itself: [`Self::router`] goes into a server that is reached at `base`
    /// (`https://sandbox.example`, without a slash at the end). Connections cannot be cut there.
    pub fn at(base: String, config: Config) -> Result<Self, StartError> {
        let places = Provider::ALL.into_iter().map(|provider| (provider, Place::new(provider))).collect();
        Ok(Self(Arc::new(Shared {
            base,
            control: config.control,
            served: config.providers,
            clock: config.clock,
            rng: config.rng,
            keys: Keys::shared()?,
            outbound: reqwest::Client::builder().no_proxy().build().unwrap_or_default(),
            places: Mutex::new(places),
            seen: Mutex::default(),
            stop: Notify::new(),
            stopped: AtomicBool::new(false),
        })))
    }

    /// What answers the requests.
    pub fn router(&self) -> Router {
        server::router(self.clone())
    }

    /// No new connections from now on, and open ones are cut with their next request.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::SeqCst);
        self.0.stop.notify_one();
    }

    /// Where they are: `http://127.0.0.1:PORT`.
    pub fn base(&self) -> &str {
        &self.0.base
    }

    /// `text` with every `https://` address in it leading here.
    pub fn local(&self, text: &str) -> String {
        text.replace("https://", &format!("{}/", self.0.base))
    }

    /// The present settings.
    pub fn settings(&self, provider: Provider) -> Settings {
        self.place(provider, |place| place.settings.clone())
    }

    /// Changes settings.
    pub fn change(&self, provider: Provider, change: impl FnOnce(&mut Settings)) {
        self.place(provider, |place| change(&mut place.settings));
    }

    /// Changes the settings that `patch`, an object, has.
    pub fn set(&self, provider: Provider, patch: &Value) -> Result<(), SettingsError> {
        self.place(provider, |place| {
            place.settings = place.settings.patched(patch)?;
            Ok(())
        })
    }

    /// Registers a client: its redirect URIs and its secret are held to from now on.
    pub fn register(&self, provider: Provider, client_id: &str, client: Client) {
        self.place(provider, |place| place.register(client_id, client));
    }

    /// The person takes back everything at the provider. How many grants that ended.
    pub fn revoke_account(&self, provider: Provider, account: &str) -> usize {
        self.place(provider, |place| place.end_account(account))
    }

    /// The person whose token this is, of either kind, where the grant behind it still holds.
    pub fn account(&self, provider: Provider, token: &str) -> Option<String> {
        self.place(provider, |place| place.grant_of(token).map(|id| place.grant(id).account.clone()))
    }

    /// What people consented to, and whether it still holds.
    pub fn grants(&self, provider: Provider) -> Vec<Grant> {
        self.place(provider, |place| place.grants())
    }

    /// What was counted.
    pub fn counters(&self, provider: Provider) -> Counters {
        self.place(provider, |place| place.counters)
    }

    /// As at the start: settings, clients, grants, tokens and counters.
    pub fn reset(&self, provider: Provider) {
        self.place(provider, |place| *place = Place::new(provider));
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.0.seen).iter().cloned().collect()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        lock(&self.0.seen).clear();
    }

    /// Everything that can be told, as JSON.
    pub fn state(&self) -> Value {
        let places = lock(&self.0.places);
        let hosts: serde_json::Map<String, Value> =
            places.iter().map(|(provider, place)| (provider.to_string(), place.state())).collect();
        drop(places);
        json!({"base": self.0.base, "hosts": hosts, "requests": self.requests()})
    }

    /// Does something with a provider's state.
    pub(crate) fn place<T>(&self, provider: Provider, act: impl FnOnce(&mut Place) -> T) -> T {
        act(lock(&self.0.places).entry(provider).or_insert_with(|| Place::new(provider)))
    }

    pub(crate) fn has(&self, provider: Provider) -> bool {
        self.0.served.contains(&provider)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::SeqCst)
    }

    pub(crate) fn has_control(&self) -> bool {
        self.0.control
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn rng(&self) -> &dyn Rng {
        &*self.0.rng
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn outbound(&self) -> &reqwest::Client {
        &self.0.outbound
    }

    pub(crate) fn remember(&self, seen: Seen) {
        let mut all = lock(&self.0.seen);
        if all.len() == LONGEST {
            all.pop_front();
        }
        all.push_back(seen);
    }
}
