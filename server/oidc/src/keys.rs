//! Signing keys: one active per algorithm, made at the first start; retired ones stay in the JWKS
//! until nothing they signed is still valid.

use std::sync::Arc;

use coffer_contract::application::SigningAlgorithm;
use coffer_core::{
    Clock, Rng, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    ids::SigningKeyId,
};
use coffer_crypto::{Context, Keyring, Secret, SigningKey, signing::generate_pem};
use coffer_store::{Store, StoredSigningKey};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::sync::RwLock;

/// Seconds for which a retired key still verifies: longer than any ID token lives.
const RETIRED_SECONDS: i64 = 24 * 3600;
/// Seconds after which the database is asked again, so that another node's rotation is noticed.
const RELOAD_SECONDS: i64 = 60;

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
}

struct Loaded {
    at: Timestamp,
    active: Vec<Arc<SigningKey>>,
    public: Vec<Value>,
}

/// The signing keys, cached.
#[derive(Clone)]
pub struct SigningKeys {
    store: Store,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    loaded: Arc<RwLock<Arc<Loaded>>>,
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
                rotate(&store, &keyring, clock.as_ref(), rng, alg).await?;
            }
        }
        let loaded = read(&store, &keyring, clock.now()).await?;
        Ok(Self { store, keyring, clock, loaded: Arc::new(RwLock::new(Arc::new(loaded))) })
    }

    /// The active key of `alg`.
    pub async fn active(&self, alg: SigningAlgorithm) -> Result<Arc<SigningKey>, KeysError> {
        let loaded = self.current().await;
        loaded.active.iter().find(|key| key.alg() == alg).cloned().ok_or(KeysError::Missing(alg.code()))
    }

    /// The JWKS document (RFC 7517 section 5): active keys, and retired ones for another day.
    pub async fn jwks(&self) -> Value {
        json!({ "keys": self.current().await.public })
    }

    /// The cached keys. A failed reload keeps the old ones: signing goes on.
    async fn current(&self) -> Arc<Loaded> {
        let now = self.clock.now();
        let loaded = Arc::clone(&*self.loaded.read().await);
        if now < loaded.at.plus_seconds(RELOAD_SECONDS) {
            return loaded;
        }
        match read(&self.store, &self.keyring, now).await {
            Ok(fresh) => {
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

/// Makes a new active key for `alg`; the old one retires. Returns its id.
pub async fn rotate(
    store: &Store,
    keyring: &Keyring,
    clock: &dyn Clock,
    rng: &dyn Rng,
    alg: SigningAlgorithm,
) -> Result<SigningKeyId, KeysError> {
    let pem = generate_pem(alg)?;
    let id = SigningKeyId::generate(rng);
    let public_jwk = SigningKey::from_pem(id.clone(), alg, &pem)?.public_jwk()?;
    let now = clock.now();
    let stored = StoredSigningKey {
        private: keyring.seal(rng, context(&id), pem.reveal().as_bytes()),
        id: id.clone(),
        alg,
        public_jwk,
        created_at: now,
        retired_at: None,
    };
    let text = format!("New signing key {id} for {}.", alg.code());
    store
        .signing_keys()
        .insert(&stored, AuditEvent::new(now, EventCode::KeyRotated, Actor::System, text))
        .await?;
    Ok(id)
}

fn context(id: &SigningKeyId) -> Context<'_> {
    Context { table: "signing_keys", row: id.as_str(), column: "private" }
}

async fn read(store: &Store, keyring: &Keyring, now: Timestamp) -> Result<Loaded, KeysError> {
    let mut loaded = Loaded { at: now, active: Vec::new(), public: Vec::new() };
    for stored in store.signing_keys().list().await? {
        match stored.retired_at {
            Some(at) if now >= at.plus_seconds(RETIRED_SECONDS) => continue,
            Some(_) => {}
            None => {
                let plain = keyring
                    .open(context(&stored.id), &stored.private)
                    .map_err(|error| KeysError::Sealed(stored.id.to_string(), error))?;
                let pem = Secret::new(String::from_utf8_lossy(&plain));
                loaded.active.push(Arc::new(SigningKey::from_pem(stored.id.clone(), stored.alg, &pem)?));
            }
        }
        loaded.public.push(stored.public_jwk);
    }
    Ok(loaded)
}

/// Seconds that a client assertion is good for.
const ASSERTION_SECONDS: i64 = 60;

/// Proves this server to providers with its own signing key, which they find in its key set.
pub struct KeyAssertions {
    keys: SigningKeys,
    rng: Arc<dyn Rng>,
}

impl KeyAssertions {
    /// With these keys.
    pub fn new(keys: SigningKeys, rng: Arc<dyn Rng>) -> Self {
        Self { keys, rng }
    }
}

#[async_trait::async_trait]
impl coffer_federation::Assertions for KeyAssertions {
    /// RFC 7523 section 3, as OpenID Connect Core section 9 has it.
    async fn assertion(&self, client_id: &str, audience: &str) -> Result<String, String> {
        let now = self.keys.clock.now().seconds();
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "jti": coffer_core::rng::token(self.rng.as_ref()),
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        });
        let key = self.keys.active(SigningAlgorithm::Rs256).await.map_err(|error| error.to_string())?;
        key.sign(&claims).map_err(|error| error.to_string())
    }
}
