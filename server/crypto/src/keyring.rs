//! Sealing and opening with the keys there are, which may change while the server runs.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use coffer_core::Rng;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::{Context, KeyFile, OpenError, Sealed, seal};

/// Where the key-encryption keys come from: the key file, or the database with a key service.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The keys as they are there now. An error when those could not replace the ones that are `known`.
    async fn read(&self, known: &KeyFile) -> Result<KeyFile, SourceError>;
}

/// Why keys could not be read. Never has one in it.
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// Seals and opens values with key-encryption keys.
pub struct Keyring {
    keys: RwLock<Arc<KeyFile>>,
    source: Option<Arc<dyn KeySource>>,
    /// Held while the source is read.
    reading: Mutex<()>,
}

impl From<KeyFile> for Keyring {
    fn from(keys: KeyFile) -> Self {
        Self { keys: RwLock::new(Arc::new(keys)), source: None, reading: Mutex::new(()) }
    }
}

impl Keyring {
    /// One that looks at the source again when it meets a key that it does not have.
    #[must_use]
    pub fn with_source(self, source: Arc<dyn KeySource>) -> Self {
        Self { source: Some(source), ..self }
    }

    /// The keys of this moment.
    pub fn keys(&self) -> Arc<KeyFile> {
        // Nothing that holds the lock can panic half way.
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Seals and opens with other keys from now on.
    pub fn replace(&self, keys: KeyFile) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// Reads the source, and uses what it has from now on. False where nothing is new.
    pub async fn read_again(&self) -> Result<bool, SourceError> {
        let Some(source) = &self.source else { return Ok(false) };
        let _one = self.reading.lock().await;
        let known = self.keys();
        let read = source.read(&known).await?;
        let changed = read != *known;
        if changed {
            self.replace(read);
        }
        Ok(changed)
    }

    /// Encrypts a value for its place in the database.
    pub fn seal(&self, rng: &dyn Rng, context: Context<'_>, plain: &[u8]) -> Sealed {
        self.keys().seal(rng, context, plain)
    }

    /// Decrypts a value from its place in the database. One under a key that is not known has the source read
    /// again first: another server may have had it earlier.
    pub async fn open(&self, context: Context<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let known = self.keys();
        match known.open(context, sealed) {
            Err(OpenError::UnknownKey(_)) if self.source.is_some() => {
                self.open_anew(&known, context, sealed).await
            }
            opened => opened,
        }
    }

    async fn open_anew(
        &self,
        known: &Arc<KeyFile>,
        context: Context<'_>,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        // Whoever waited for another's reading has new keys by now.
        {
            let _one = self.reading.lock().await;
            if !Arc::ptr_eq(known, &self.keys()) {
                return self.keys().open(context, sealed);
            }
        }
        if let Err(error) = self.read_again().await {
            tracing::error!(%error, "a value is sealed with an unknown key, and the keys cannot be read again");
        }
        self.keys().open(context, sealed)
    }
}

impl KeyFile {
    /// Encrypts a value for its place in the database, under the active key.
    pub fn seal(&self, rng: &dyn Rng, context: Context<'_>, plain: &[u8]) -> Sealed {
        #[expect(clippy::expect_used, reason = "there is no way to make one whose active key is missing")]
        let key = self.key(self.active_id()).expect("the active key is among the keys");
        seal::seal(rng, self.active_id(), key, context, plain)
    }

    /// Decrypts a value from its place in the database.
    pub fn open(&self, context: Context<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        seal::open(|id| self.key(id).map(|key| &**key), context, sealed)
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("keys", &self.keys()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use coffer_core::SystemRng;

    use super::*;

    const PLACE: Context<'static> = Context { table: "token_sets", row: "cac_1", column: "tokens" };

    #[test]
    fn opens_only_where_it_was_sealed() {
        let keys = KeyFile::generate(&SystemRng);
        let sealed = keys.seal(&SystemRng, PLACE, b"secret");
        assert_eq!(keys.open(PLACE, &sealed).unwrap().as_slice(), b"secret");
        for moved in [
            Context { row: "cac_2", ..PLACE },
            Context { column: "token", ..PLACE },
            Context { table: "connections", ..PLACE },
        ] {
            assert_eq!(keys.open(moved, &sealed).unwrap_err(), OpenError::Rejected);
        }
    }

    #[test]
    fn notices_every_flipped_bit_and_every_cut() {
        let keys = KeyFile::generate(&SystemRng);
        let sealed = keys.seal(&SystemRng, PLACE, b"secret");
        for index in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[index] ^= 1;
            assert!(keys.open(PLACE, &Sealed::from_bytes(bytes)).is_err(), "byte {index}");
            let cut = sealed.as_bytes()[..index].to_vec();
            assert!(keys.open(PLACE, &Sealed::from_bytes(cut)).is_err(), "cut at {index}");
        }
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens_until_it_is_removed() {
        let mut file = KeyFile::generate(&SystemRng);
        let old = file.active_id().to_owned();
        let sealed = file.seal(&SystemRng, PLACE, b"secret");
        let new = file.add(&SystemRng);
        assert_eq!(file.seal(&SystemRng, PLACE, b"secret").key_id().unwrap(), old);
        file.activate(&new).unwrap();
        assert_eq!(file.seal(&SystemRng, PLACE, b"secret").key_id().unwrap(), new);
        assert_eq!(file.open(PLACE, &sealed).unwrap().as_slice(), b"secret");
        file.remove(&old).unwrap();
        assert_eq!(file.open(PLACE, &sealed).unwrap_err(), OpenError::UnknownKey(old));
    }

    /// A source that another server has added to, and how often it was read.
    struct Elsewhere(KeyFile, AtomicUsize);

    #[async_trait]
    impl KeySource for Elsewhere {
        async fn read(&self, _: &KeyFile) -> Result<KeyFile, SourceError> {
            self.1.fetch_add(1, Ordering::SeqCst);
            Ok(self.0.clone())
        }
    }

    #[tokio::test]
    async fn the_source_is_read_again_before_an_unknown_key_is_a_failure() {
        let here = KeyFile::generate(&SystemRng);
        let mut there = here.clone();
        let id = there.add(&SystemRng);
        there.activate(&id).unwrap();
        let sealed = there.seal(&SystemRng, PLACE, b"secret");
        let source = Arc::new(Elsewhere(there, AtomicUsize::new(0)));
        let keyring = Keyring::from(here).with_source(source.clone());
        assert_eq!(keyring.open(PLACE, &sealed).await.unwrap().as_slice(), b"secret");
        assert_eq!(keyring.keys().active_id(), id, "and everything else that is new there");
        assert_eq!(keyring.open(PLACE, &sealed).await.unwrap().as_slice(), b"secret");
        assert_eq!(source.1.load(Ordering::SeqCst), 1);
        let foreign = KeyFile::generate(&SystemRng).seal(&SystemRng, PLACE, b"secret");
        let refused = keyring.open(PLACE, &foreign).await.unwrap_err();
        assert!(matches!(refused, OpenError::UnknownKey(_)));
    }

    #[test]
    fn no_key_is_printed() {
        let file = KeyFile::generate(&SystemRng);
        let bytes = format!("{:?}", &file.key(file.active_id()).unwrap()[..4]);
        let text = file.to_text().split('"').nth(3).unwrap().to_owned();
        let printed = format!("{file:?} {:?}", Keyring::from(file.clone()));
        assert!(!printed.contains(bytes.trim_matches(['[', ']'])) && !printed.contains(&text), "{printed}");
    }
}
