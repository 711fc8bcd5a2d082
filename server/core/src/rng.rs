//! Randomness is an argument: whatever needs it is given an [`Rng`].

use rand::TryRngCore as _;

/// Letters and digits that identifiers and tokens are made of.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A source of unpredictable bytes.
pub trait Rng: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    #[expect(
        clippy::expect_used,
        reason = "without the system's randomness nothing here is safe to go on with"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        rand::rngs::OsRng.try_fill_bytes(bytes).expect("the operating system gave no randomness");
    }
}

/// `length` letters and digits, each one of 62 with equal probability (5.95 bits a character).
pub fn alphanumeric(rng: &dyn Rng, length: usize) -> String {
    text_of(rng, ALPHABET, length)
}

/// `length` characters of an alphabet of at most 256, each with equal probability.
pub fn text_of(rng: &dyn Rng, alphabet: &[u8], length: usize) -> String {
    // Bytes above the last whole multiple would favour the alphabet's beginning.
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    let mut block = [0u8; 64];
    while text.len() < length {
        rng.fill(&mut block);
        for byte in block.map(usize::from) {
            if byte < fair && text.len() < length {
                text.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
    }
    text
}

/// 43 letters and digits: at least 256 bits, for tokens, codes and secrets.
pub fn token(rng: &dyn Rng) -> String {
    alphanumeric(rng, 43)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_have_their_length() {
        let (a, b) = (token(&SystemRng), token(&SystemRng));
        assert_eq!(a.len(), 43);
        assert_ne!(a, b);
    }
}
