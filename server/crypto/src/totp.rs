//! Codes by time for authenticator apps (RFC 6238): six digits, steps of 30 seconds, SHA-1, which is what
//! every app does.

use coffer_core::Rng;
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use crate::{Secret, secret};

/// Length of a secret in bytes: 160 bits, as RFC 4226 section 4 recommends.
const LENGTH: usize = 20;
/// Steps before and after the present one whose codes are good: clocks differ, and people type slowly.
const SKEW: u16 = 1;

/// What an authenticator app and the server share. Prints as `[redacted]`.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    /// A new one.
    pub fn generate(rng: &dyn Rng) -> Self {
        let mut bytes = Zeroizing::new(vec![0; LENGTH]);
        rng.fill(&mut bytes);
        Self(bytes)
    }

    /// One that was stored.
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// For sealing it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// For typing it into an app.
    pub fn base32(&self) -> Secret {
        Secret::new(self.totp("", "").secret().to_base32())
    }

    /// For an app's camera: the secret, and what to call it. `None` where a name has a colon in it.
    pub fn address(&self, issuer: &str, account: &str) -> Option<Secret> {
        self.totp(issuer, account).to_url().ok().map(Secret::new)
    }

    /// The time step whose code this is, if it is that of `seconds` since 1970 or of one beside it. Whoever asks
    /// sees to it that no step is good twice (RFC 6238 section 5.2).
    pub fn step_of(&self, code: &str, seconds: i64) -> Option<i64> {
        let step = self.totp("", "").check(code, u64::try_from(seconds).ok()?)?;
        i64::try_from(step).ok()
    }

    /// One that somebody typed into an app: for tests.
    #[doc(hidden)]
    pub fn from_base32(text: &str) -> Option<Self> {
        let secret = totp_rs::Secret::try_from_base32(text).ok()?;
        Some(Self(Zeroizing::new(secret.as_bytes().to_vec())))
    }

    /// The code of `seconds` since 1970, as the app shows it: for tests.
    #[doc(hidden)]
    pub fn code_at(&self, seconds: i64) -> String {
        self.totp("", "").generate(u64::try_from(seconds).unwrap_or_default()).to_string()
    }

    fn totp(&self, issuer: &str, account: &str) -> Totp {
        let issuer = (!issuer.is_empty()).then_some(issuer);
        let builder = Builder::new().with_secret(self.0.to_vec()).with_skew(SKEW);
        // What it would check is ours to keep: digits and the secret's length.
        builder.with_issuer(issuer).with_account_name(account).build_noncompliant()
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(secret::REDACTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238 appendix B.
    fn secret() -> TotpSecret {
        TotpSecret::from_bytes(Zeroizing::new(b"12345678901234567890".to_vec()))
    }

    /// RFC 6238 appendix B has eight digits; six are the last six of them.
    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret().code_at(seconds), code);
            assert_eq!(secret().step_of(code, seconds), Some(seconds / 30));
        }
    }

    /// RFC 6238 section 5.2: "We RECOMMEND that at most one time step is allowed as the network delay."
    #[test]
    fn one_step_of_delay_is_allowed_and_no_more() {
        let code = secret().code_at(1_000_000_020);
        for (seconds, good) in [
            (1_000_000_020 - 31, false),
            (1_000_000_020 - 30, true),
            (1_000_000_020 + 59, true),
            (1_000_000_020 + 60, false),
        ] {
            assert_eq!(secret().step_of(&code, seconds).is_some(), good, "{seconds}");
        }
    }

    #[test]
    fn what_is_no_code_is_none() {
        let code = secret().code_at(59);
        for text in ["", "28708", "2870820", "+87082", "28708a", " 87082", "２８７０８２"] {
            assert_eq!(secret().step_of(text, 59), None, "{text}");
        }
        assert_eq!(secret().step_of(&code, -1), None);
    }

    #[test]
    fn apps_read_the_secret_with_a_name() {
        let address = secret().address("Coffer (coffer.example)", "ada@example.com").unwrap();
        assert_eq!(
            address.reveal(),
            "otpauth://totp/Coffer%20%28coffer.example%29:ada%40example.com\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Coffer%20%28coffer.example%29"
        );
        assert_eq!(secret().base32().reveal(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(format!("{:?}", secret()), "[redacted]");
    }

    #[test]
    fn secrets_are_long_and_differ() {
        let (one, two) =
            (TotpSecret::generate(&coffer_core::SystemRng), TotpSecret::generate(&coffer_core::SystemRng));
        assert_eq!(one.as_bytes().len(), 20);
        assert_ne!(one.as_bytes(), two.as_bytes());
    }
}
