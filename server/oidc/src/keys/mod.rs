//! Signing keys (RFC 7517; rotation as OpenID Connect Core section 10.1.1 has it). One signs per algorithm; a
//! new one stands in the key set before it signs, an old one until the last token that it signed has ended. Which
//! one signs follows from the clock and the database alone, so that all nodes agree.

mod assertions;
mod rollover;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use coffer_contract::application::SigningAlgorithm;
use coffer_core::{Clock, Rng, Timestamp, ids::SigningKeyId};
use coffer_crypto::{Context, Keyring, Secret, SigningKey};
use coffer_store::{Store, StoredSigningKey};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::sync::{Mutex, RwLock};

pub use assertions::KeyAssertions;
pub use rollover::{Rotated, Start, ahead_seconds, rotate};

/// Seconds that clients may keep the key set, where nothing else is configured.
pub const CACHE_SECONDS: u32 = 300;
/// Seconds after which the database is asked again, so that another node's rotation is noticed.
const RELOAD_SECONDS: i64 = 10;
/// That a key signs for so long is written down this much ahead, in seconds, so that few tokens wait for it.
const NOTED_AHEAD_SECONDS: i64 = 3600;

/// Why keys could not be made or read.
#[derive(Debug, Error)]
pub enum KeysError {
    /// The database.
    #[error(transparent)]
    Store(#[from] coffer_store::StoreError),
    /// A stored key did not open.
    #[error("signing key {0}: {1}")]
    Sealed(String, coffer_crypto::OpenError),
    /// A key could not be made or used.
    #[error(transparent)]
    Signing(#[from] coffer_crypto::SigningError),
    /// No active key for this algorithm.
    #[error("there is no active signing key for {0}")]
    Missing(&'static str),
    /// The key before it has not begun.
    #[error(
        "signing key {id} for {alg} is new and does not sign before {from}; wait until then, or pass \
         --compromised if the keys before it must not be used any more"
    )]
    Waiting {
        /// The key.
        id: SigningKeyId,
        /// Its algorithm.
        alg: &'static str,
        /// When it begins.
        from: Timestamp,
    },
}

/// A key in the key set.
struct Held {
    id: SigningKeyId,
    alg: SigningAlgorithm,
    signs_from: Timestamp,
    /// No token of it that may be about lives longer, in milliseconds.
    noted: AtomicI64,
    public_jwk: Value,
    /// `None` where it does not open.
    key: Option<Arc<SigningKey>>,
}

struct Loaded {
    at: Timestamp,
    keys: Vec<Held>,
    /// Public halves of keys that retired in good order.
    past: Vec<Value>,
}

/// The signing keys, cached.
#[derive(Clone)]
pub struct SigningKeys {
    store: Store,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    cache_seconds: u32,
    loaded: Arc<RwLock<Arc<Loaded>>>,
    /// Held while it is written down how long a key signs for.
    noting: Arc<Mutex<()>>,
}

impl SigningKeys {
    /// Reads the keys and makes those that are missing.
    pub async fn load(
        store: Store,
        keyring: Arc<Keyring>,
        clock: Arc<dyn Clock>,
        rng: &dyn Rng,
    ) -> Result<Self, KeysError> {
        let present = store.signing_keys().list().await?;
        for alg in SigningAlgorithm::ALL {
            if !present.iter().any(|key| key.alg == alg && key.retired_at.is_none()) {
                rotate(&store, &keyring, clock.as_ref(), rng, alg, Start::Now).await?;
            }
        }
        let empty = Loaded { at: clock.now(), keys: Vec::new(), past: Vec::new() };
        let loaded = read(&store, &keyring, clock.now(), &empty).await?;
        if let Some((id, error)) = loaded.1 {
            return Err(KeysError::Sealed(id.to_string(), error));
        }
        Ok(Self {
            store,
            keyring,
            clock,
            cache_seconds: CACHE_SECONDS,
            loaded: Arc::new(RwLock::new(Arc::new(loaded.0))),
            noting: Arc::default(),
        })
    }

    /// With another time that clients may keep the key set for.
    #[must_use]
    pub fn cached_for(self, cache_seconds: u32) -> Self {
        Self { cache_seconds, ..self }
    }

    /// Seconds that clients may keep the key set.
    pub fn cache_seconds(&self) -> u32 {
        self.cache_seconds
    }

    /// The key of `alg` that signs now, for a token that lives until then. The key stays published for as long.
    pub async fn signing(
        &self,
        alg: SigningAlgorithm,
        until: Timestamp,
    ) -> Result<Arc<SigningKey>, KeysError> {
        let loaded = self.current().await;
        let held = signer(&loaded.keys, alg, self.clock.now());
        let (held, key) =
            held.and_then(|held| Some((held, held.key.clone()?))).ok_or(KeysError::Missing(alg.code()))?;
        let is_noted = || until.millis() <= held.noted.load(Ordering::Acquire);
        if !is_noted() {
            let _one = self.noting.lock().await;
            if !is_noted() {
                let noted = until.plus_seconds(NOTED_AHEAD_SECONDS);
                self.store.signing_keys().will_sign_until(&held.id, noted).await?;
                held.noted.fetch_max(noted.millis(), Ordering::AcqRel);
            }
        }
        Ok(key)
    }

    /// The JWKS document (RFC 7517 section 5), the keys that sign first.
    pub async fn jwks(&self) -> Value {
        let (loaded, now) = (self.current().await, self.clock.now());
        let signs = |key: &Held| signer(&loaded.keys, key.alg, now).is_some_and(|signer| signer.id == key.id);
        let (mut first, rest): (Vec<_>, Vec<_>) = loaded.keys.iter().partition(|key| signs(key));
        first.extend(rest);
        json!({ "keys": first.into_iter().map(|key| &key.public_jwk).collect::<Vec<_>>() })
    }

    /// The key set, and the keys that were in it: for ID tokens that have ended, and that only hint at a user.
    pub(crate) async fn jwks_of_hints(&self) -> Value {
        let loaded = self.current().await;
        let present = loaded.keys.iter().map(|key| &key.public_jwk);
        json!({ "keys": present.chain(&loaded.past).collect::<Vec<_>>() })
    }

    /// The cached keys. A failed reload keeps the old ones: signing goes on.
    async fn current(&self) -> Arc<Loaded> {
        let now = self.clock.now();
        let loaded = Arc::clone(&*self.loaded.read().await);
        if now < loaded.at.plus_seconds(RELOAD_SECONDS) {
            return loaded;
        }
        match read(&self.store, &self.keyring, now, &loaded).await {
            Ok((fresh, closed)) => {
                if let Some((id, error)) = closed {
                    tracing::error!(%id, %error, "a signing key does not open; this server cannot sign with it");
                }
                let fresh = Arc::new(fresh);
                *self.loaded.write().await = Arc::clone(&fresh);
                fresh
            }
            Err(error) => {
                tracing::warn!(%error, "the signing keys could not be read again; the known ones stay in use");
                loaded
            }
        }
    }
}

/// The key of `alg` that signs at `now`: the one that began last.
fn signer(keys: &[Held], alg: SigningAlgorithm, now: Timestamp) -> Option<&Held> {
    let usable = || keys.iter().filter(|key| key.alg == alg && key.key.is_some());
    let order = |a: &&Held, b: &&Held| (a.signs_from, a.id.as_str()).cmp(&(b.signs_from, b.id.as_str()));
    // A clock that was put back to before any of them began leaves the first.
    usable().filter(|key| key.signs_from <= now).max_by(order).or_else(|| usable().min_by(order))
}

fn context(id: &SigningKeyId) -> Context<'_> {
    Context { table: "signing_keys", row: id.as_str(), column: "private" }
}

/// A key that does not open, and why.
type Closed = (SigningKeyId, coffer_crypto::OpenError);

/// Reads what is in the key set, and says which key does not open. What `before` has open stays open.
async fn read(
    store: &Store,
    keyring: &Keyring,
    now: Timestamp,
    before: &Loaded,
) -> Result<(Loaded, Option<Closed>), KeysError> {
    let (mut keys, mut past) = (Vec::new(), Vec::new());
    let mut closed = None;
    for stored in store.signing_keys().list().await? {
        if let Some(at) = stored.retired_at {
            // A withdrawn one has no last token.
            if stored.signed_until.is_some_and(|until| until < at) {
                past.push(stored.public_jwk);
            }
            continue;
        }
        let known = before.keys.iter().find(|key| key.id == stored.id).and_then(|key| key.key.clone());
        let key = match known {
            Some(key) => Some(key),
            None => match open(keyring, &stored).await? {
                Ok(key) => Some(Arc::new(key)),
                Err(error) => {
                    closed = Some((stored.id.clone(), error));
                    None
                }
            },
        };
        keys.push(Held {
            id: stored.id,
            alg: stored.alg,
            signs_from: stored.signs_from,
            noted: AtomicI64::new(stored.signed_until.map_or(i64::MIN, Timestamp::millis)),
            public_jwk: stored.public_jwk,
            key,
        });
    }
    Ok((Loaded { at: now, keys, past }, closed))
}

async fn open(
    keyring: &Keyring,
    stored: &StoredSigningKey,
) -> Result<Result<SigningKey, coffer_crypto::OpenError>, KeysError> {
    let plain = match keyring.open(context(&stored.id), &stored.private).await {
        Ok(plain) => plain,
        Err(error) => return Ok(Err(error)),
    };
    let pem = Secret::new(String::from_utf8_lossy(&plain));
    Ok(Ok(SigningKey::from_pem(stored.id.clone(), stored.alg, &pem)?))
}
