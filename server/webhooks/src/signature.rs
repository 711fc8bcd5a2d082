//! Signatures of Standard Webhooks, version 1: HMAC-SHA256 over id, timestamp and body.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_core::{Timestamp, ids::DeliveryId};
use coffer_crypto::{Secret, mac::hmac_sha256};
use zeroize::Zeroizing;

use crate::secrets::PREFIX;

/// The value of `webhook-signature`: one signature for each secret, separated by spaces. A secret that is not
/// of the form `whsec_` and base64 signs nothing.
pub fn sign<'a>(
    secrets: impl Iterator<Item = &'a Secret>,
    id: &DeliveryId,
    at: Timestamp,
    body: &str,
) -> String {
    let message = format!("{id}.{}.{body}", at.seconds());
    let signatures: Vec<String> = secrets
        .filter_map(|secret| STANDARD.decode(secret.reveal().strip_prefix(PREFIX)?).ok().map(Zeroizing::new))
        .map(|key| format!("v1,{}", STANDARD.encode(hmac_sha256(&key, message.as_bytes()))))
        .collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the specification's own libraries are tested with.
    #[test]
    fn signs_as_the_published_vector() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let id = DeliveryId::from_text("msg_p5jXN8AQM9LWM0D4loKWxJek");
        let at = Timestamp::from_seconds(1_614_265_330);
        let signature = sign([&secret].into_iter(), &id, at, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let two = sign([&secret, &secret].into_iter(), &id, at, r#"{"test": 2432232314}"#);
        assert_eq!(two, format!("{signature} {signature}"));
    }
}
