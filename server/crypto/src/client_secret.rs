//! A client secret as it is kept: as a hash, which is all that checking needs, and sealed, for callers of the
//! management API who may read it (`read:client_keys`).

use coffer_core::{Rng, ids::ClientId};

use crate::{Context, Keyring, OpenError, Sealed, Secret, TokenHash};

/// What is kept of a client secret.
#[derive(Clone, Debug)]
pub struct KeptSecret {
    /// To check it.
    pub hash: TokenHash,
    /// To read it.
    pub sealed: Sealed,
}

fn place(id: &ClientId) -> Context<'_> {
    Context { table: "clients", row: id.as_str(), column: "secret_sealed" }
}

impl KeptSecret {
    /// What is kept of `secret`, which is `id`'s.
    pub fn of(keyring: &Keyring, rng: &dyn Rng, id: &ClientId, secret: &str) -> Self {
        Self { hash: TokenHash::of(secret), sealed: keyring.seal(rng, place(id), secret.as_bytes()) }
    }

    /// The secret of `id` again.
    ///
    /// # Errors
    /// When it was sealed for another application, or under a key that is gone.
    pub async fn open(keyring: &Keyring, id: &ClientId, sealed: &Sealed) -> Result<Secret, OpenError> {
        let plain = keyring.open(place(id), sealed).await?;
        Ok(Secret::new(String::from_utf8_lossy(&plain).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use coffer_core::SystemRng;

    use super::*;
    use crate::KeyFile;

    #[tokio::test]
    async fn a_secret_is_read_again_by_its_own_application_alone() {
        let keyring = Keyring::from(KeyFile::generate(&SystemRng));
        let (one, two) = (ClientId::from_text("one"), ClientId::from_text("two"));
        let kept = KeptSecret::of(&keyring, &SystemRng, &one, "cfs_secret");
        assert_eq!(kept.hash, TokenHash::of("cfs_secret"));
        assert_eq!(KeptSecret::open(&keyring, &one, &kept.sealed).await.unwrap().reveal(), "cfs_secret");
        KeptSecret::open(&keyring, &two, &kept.sealed).await.unwrap_err();
        assert!(!format!("{kept:?}").contains("cfs_secret"));
    }
}
