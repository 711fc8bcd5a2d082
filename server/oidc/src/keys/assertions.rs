//! Client assertions: how this server proves itself to providers that take them.

use std::sync::Arc;

use coffer_contract::application::SigningAlgorithm;
use coffer_core::Rng;
use serde_json::json;

use super::SigningKeys;

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
        let now = self.keys.clock.now();
        let until = now.plus_seconds(ASSERTION_SECONDS);
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "jti": coffer_core::rng::token(self.rng.as_ref()),
            "iat": now.seconds(),
            "exp": until.seconds(),
        });
        let key = self.keys.signing(SigningAlgorithm::Rs256, until).await;
        let key = key.map_err(|error| error.to_string())?;
        key.sign(&claims).map_err(|error| error.to_string())
    }
}
