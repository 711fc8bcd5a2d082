//! Message authentication codes.

use aws_lc_rs::hmac;

/// HMAC-SHA256 of `message` (RFC 2104).
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}
