//! The signing secrets of a webhook: the present one, and for a day the one before.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_core::{Rng, Timestamp, ids::WebhookId};
use coffer_crypto::{Context, Keyring, Sealed, Secret};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::WebhookError;

/// How long a replaced secret still signs, in seconds: a day.
pub const OVERLAP_SECONDS: i64 = 24 * 3600;

/// Begins every secret, as Standard Webhooks says.
pub(crate) const PREFIX: &str = "whsec_";

/// What is sealed in a webhook's row.
pub struct Secrets {
    current: Secret,
    previous: Option<(Secret, Timestamp)>,
}

/// As it is sealed.
#[derive(Serialize, Deserialize)]
struct Plain {
    current: Zeroizing<String>,
    previous: Option<Zeroizing<String>>,
    previous_until: Option<Timestamp>,
}

fn context(id: &WebhookId) -> Context<'_> {
    Context { table: "webhooks", row: id.as_str(), column: "secrets" }
}

fn new_secret(rng: &dyn Rng) -> Secret {
    let mut bytes = Zeroizing::new([0u8; 32]);
    rng.fill(bytes.as_mut());
    Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

impl Secrets {
    /// Those of a new webhook.
    pub fn generate(rng: &dyn Rng) -> Self {
        Self { current: new_secret(rng), previous: None }
    }

    /// With a new secret; the present one still signs for [`OVERLAP_SECONDS`], an older one no more.
    #[must_use]
    pub fn rotated(self, rng: &dyn Rng, now: Timestamp) -> Self {
        let previous = Some((self.current, now.plus_seconds(OVERLAP_SECONDS)));
        Self { current: new_secret(rng), previous }
    }

    /// The present one.
    pub fn current(&self) -> &Secret {
        &self.current
    }

    /// Those that sign at `now`, the present one first.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        let previous = self.previous.as_ref().filter(|(_, until)| now < *until);
        std::iter::once(&self.current).chain(previous.map(|(secret, _)| secret))
    }

    /// For the row of webhook `id`.
    pub fn seal(&self, keyring: &Keyring, rng: &dyn Rng, id: &WebhookId) -> Result<Sealed, WebhookError> {
        let plain = Plain {
            current: Zeroizing::new(self.current.reveal().to_owned()),
            previous: self.previous.as_ref().map(|(secret, _)| Zeroizing::new(secret.reveal().to_owned())),
            previous_until: self.previous.as_ref().map(|(_, until)| *until),
        };
        let plain = serde_json::to_vec(&plain).map_err(|_| WebhookError::Format(id.to_string()))?;
        Ok(keyring.seal(rng, context(id), &Zeroizing::new(plain)))
    }

    /// From the row of webhook `id`.
    pub async fn open(keyring: &Keyring, id: &WebhookId, sealed: &Sealed) -> Result<Self, WebhookError> {
        let plain = keyring
            .open(context(id), sealed)
            .await
            .map_err(|source| WebhookError::Sealed { id: id.to_string(), source })?;
        let mut plain: Plain =
            serde_json::from_slice(&plain).map_err(|_| WebhookError::Format(id.to_string()))?;
        let previous = plain.previous.take().map(|text| Secret::new(text.as_str()));
        Ok(Self {
            current: Secret::new(plain.current.as_str()),
            previous: previous.zip(plain.previous_until),
        })
    }
}

#[cfg(test)]
mod tests {
    use coffer_core::SystemRng;
    use coffer_crypto::KeyFile;

    use super::*;

    #[tokio::test]
    async fn a_replaced_secret_signs_for_a_day_beside_the_new_one() {
        let at = Timestamp::from_seconds;
        let first = Secrets::generate(&SystemRng);
        let bytes = STANDARD.decode(first.current().reveal().strip_prefix(PREFIX).unwrap()).unwrap();
        assert_eq!(bytes.len(), 32, "between 24 and 64 bytes, says the specification");
        let old = first.current().clone();
        let keyring = Keyring::from(KeyFile::generate(&SystemRng));
        let id = WebhookId::from_text("whk_1");
        let sealed = first.rotated(&SystemRng, at(100)).seal(&keyring, &SystemRng, &id).unwrap();
        let second = Secrets::open(&keyring, &id, &sealed).await.unwrap();
        let signing = |secrets: &Secrets, now| secrets.signing(at(now)).cloned().collect::<Vec<_>>();
        assert_eq!(signing(&second, 100 + OVERLAP_SECONDS - 1), [second.current().clone(), old.clone()]);
        assert_eq!(signing(&second, 100 + OVERLAP_SECONDS), [second.current().clone()]);
        let third = second.rotated(&SystemRng, at(200));
        assert!(!signing(&third, 201).contains(&old));
        assert!(Secrets::open(&keyring, &WebhookId::from_text("whk_2"), &sealed).await.is_err());
    }
}
