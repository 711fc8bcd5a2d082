//! From one signing key to the next.

use coffer_contract::application::SigningAlgorithm;
use coffer_core::{
    Clock, Rng, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    ids::SigningKeyId,
};
use coffer_crypto::{Keyring, SigningKey, signing::generate_pem};
use coffer_store::{Store, StoredSigningKey};

use super::{KeysError, SigningKeys, context};

/// A node may be this late in noticing a new key, and its clock as far from another's, in seconds.
const LATE_SECONDS: i64 = 30;
/// A key whose last token is not written down stays for as long as any token may live, in seconds: 30 days.
const LONGEST_SECONDS: i64 = 30 * 24 * 3600;

/// Seconds for which a new key is published before it signs: every client that kept the key set has
/// fetched it again by then.
pub fn ahead_seconds(cache_seconds: u32) -> i64 {
    i64::from(cache_seconds) + LATE_SECONDS
}

/// When a new key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Once whoever keeps the key set for so many seconds has it.
    Published(u32),
    /// At once: there is none so far.
    Now,
    /// At once, and every other key of its algorithm leaves the key set: tokens that it signed verify no more.
    Compromised,
}

/// A new key.
#[derive(Clone, Debug)]
pub struct Rotated {
    /// Its `kid`.
    pub id: SigningKeyId,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it begins.
    pub signs_from: Timestamp,
}

/// Makes a new key for `alg`.
pub async fn rotate(
    store: &Store,
    keyring: &Keyring,
    clock: &dyn Clock,
    rng: &dyn Rng,
    alg: SigningAlgorithm,
    start: Start,
) -> Result<Rotated, KeysError> {
    let now = clock.now();
    let present = store.signing_keys().list().await?;
    let in_use = || present.iter().filter(|key| key.alg == alg && key.retired_at.is_none());
    let signs_from = match start {
        Start::Published(cache_seconds) if in_use().next().is_some() => {
            if let Some(waiting) = in_use().find(|key| key.signs_from > now) {
                let (id, from) = (waiting.id.clone(), waiting.signs_from);
                return Err(KeysError::Waiting { id, alg: alg.code(), from });
            }
            now.plus_seconds(ahead_seconds(cache_seconds))
        }
        _ => now,
    };
    let pem = generate_pem(alg)?;
    let id = SigningKeyId::generate(rng);
    let public_jwk = SigningKey::from_pem(id.clone(), alg, &pem)?.public_jwk()?;
    let stored = StoredSigningKey {
        private: keyring.seal(rng, context(&id), pem.reveal().as_bytes()),
        id: id.clone(),
        alg,
        public_jwk,
        created_at: now,
        signs_from,
        // Nothing so far.
        signed_until: Some(now),
        retired_at: None,
    };
    let event = |text| AuditEvent::new(now, EventCode::KeyRotated, Actor::System, text);
    let code = alg.code();
    match start {
        Start::Compromised => {
            let text = format!("New signing key {id} for {code}; those before it were withdrawn.");
            store.signing_keys().replace(&stored, event(text)).await?;
        }
        _ if signs_from > now => {
            let text =
                format!("New signing key {id} for {code}. It is published, and signs from {signs_from}.");
            store.signing_keys().insert(&stored, event(text)).await?;
        }
        _ => {
            store.signing_keys().insert(&stored, event(format!("New signing key {id} for {code}."))).await?;
        }
    }
    Ok(Rotated { id, made_at: now, signs_from })
}

impl SigningKeys {
    /// Takes keys out of the key set whose successor signs and whose last token has ended. Returns their ids.
    pub async fn retire_ended(&self) -> Result<Vec<SigningKeyId>, KeysError> {
        let (now, mut retired) = (self.clock.now(), Vec::new());
        let keys = self.store.signing_keys().list().await?;
        for key in keys.iter().filter(|key| ended(key, &keys, now)) {
            let text = format!("Signing key {} for {} was retired.", key.id, key.alg.code());
            let event = AuditEvent::new(now, EventCode::KeyRetired, Actor::System, text);
            if self.store.signing_keys().retire(key, now, event).await? {
                tracing::info!(id = %key.id, alg = key.alg.code(), "a signing key was retired");
                retired.push(key.id.clone());
            }
        }
        Ok(retired)
    }
}

/// Whether nothing needs the key any more: no node signs with it, and no token of it lives.
fn ended(key: &StoredSigningKey, keys: &[StoredSigningKey], now: Timestamp) -> bool {
    let begins = |key: &StoredSigningKey| (key.signs_from, key.id.clone());
    let of_its_kind = keys.iter().filter(|other| other.alg == key.alg && other.retired_at.is_none());
    // The one that came right after it: later ones change nothing about when it stopped.
    let Some(next) =
        of_its_kind.filter(|other| begins(other) > begins(key)).min_by_key(|other| begins(other))
    else {
        return false;
    };
    let last = key.signed_until.unwrap_or(next.signs_from.plus_seconds(LONGEST_SECONDS));
    let late = |at: Timestamp| at.plus_seconds(LATE_SECONDS);
    key.retired_at.is_none() && now >= late(next.signs_from).max(late(last))
}
