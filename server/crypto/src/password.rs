//! Passwords that people choose: argon2id with the parameters of the OWASP Password Storage Cheat
//! Sheet (19 MiB of memory, 2 passes, 1 lane). Both calls take tens of milliseconds: run them off
//! the async threads.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use coffer_core::Rng;

use crate::Secret;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

#[expect(clippy::expect_used, reason = "constants that argon2 accepts; the test below runs them")]
fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("valid parameters");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A PHC string with a fresh 16-byte salt.
#[expect(clippy::expect_used, reason = "argon2 refuses only lengths that cannot occur here")]
pub fn hash(password: &Secret, rng: &dyn Rng) -> String {
    let mut salt = [0u8; 16];
    rng.fill(&mut salt);
    let hash: argon2::password_hash::phc::PasswordHash = hasher()
        .hash_password_with_salt(password.reveal().as_bytes(), &salt)
        .expect("a 16-byte salt and any password are accepted");
    hash.to_string()
}

/// Whether `password` is the one behind the PHC string `hash`. Takes as long whether or not it is.
pub fn verify(password: &Secret, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|parsed| hasher().verify_password(password.reveal().as_bytes(), &parsed).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifies_the_right_password_alone() {
        let hash = hash(&Secret::new("correct horse"), &coffer_core::SystemRng);
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify(&Secret::new("correct horse"), &hash));
        assert!(!verify(&Secret::new("correct horsf"), &hash));
        assert!(!verify(&Secret::new("correct horse"), "nonsense"));
    }
}
