//! Device authorization (RFC 8628): a device without a browser shows a code, which a person enters in one.
//!
//! 1. The device asks and gets a device code for itself and a user code for the person.
//! 2. The person enters the user code, signs in and decides; meanwhile the device polls.
//! 3. The device exchanges its code for tokens, once.

use std::fmt;

use coffer_contract::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    authorization::{AuthorizationRequest, SignIn, WrongStage},
    rng::{Rng, text_of},
};

/// Seconds in which the person must have decided and the device have fetched its tokens: 15 minutes.
pub const DEVICE_SECONDS: i64 = 15 * 60;
/// Seconds that a device waits between two polls, at first.
pub const INTERVAL_SECONDS: i64 = 5;
/// Seconds by which a device that polls too fast is slowed down (RFC 8628 section 3.5).
const SLOWER_SECONDS: i64 = 5;
/// A poll this much early, for what the network takes, is not too fast.
const EARLY_MILLIS: i64 = 1000;

/// Where a device authorization stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum DeviceStage {
    /// The person has not decided yet.
    Pending,
    /// The person allowed it; the tokens wait for the device.
    Allowed {
        /// Who.
        sign_in: SignIn,
    },
    /// The person said no.
    Refused,
    /// The device has its tokens; nothing more happens.
    Done,
}

impl DeviceStage {
    /// The person allowed it.
    pub fn allowed(&self, sign_in: SignIn) -> Result<Self, WrongStage> {
        match self {
            Self::Pending => Ok(Self::Allowed { sign_in }),
            Self::Allowed { .. } | Self::Refused | Self::Done => Err(WrongStage),
        }
    }

    /// The person said no.
    pub fn refused(&self) -> Result<Self, WrongStage> {
        match self {
            Self::Pending => Ok(Self::Refused),
            Self::Allowed { .. } | Self::Refused | Self::Done => Err(WrongStage),
        }
    }

    /// The device fetches its tokens: whose.
    pub fn redeemed(&self) -> Result<(Self, SignIn), WrongStage> {
        match self {
            Self::Allowed { sign_in } => Ok((Self::Done, sign_in.clone())),
            Self::Pending | Self::Refused | Self::Done => Err(WrongStage),
        }
    }
}

/// How a device polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polling {
    /// Seconds that it must wait between two polls.
    pub interval: i64,
    /// When it polled last.
    pub polled_at: Option<Timestamp>,
}

impl Default for Polling {
    fn default() -> Self {
        Self { interval: INTERVAL_SECONDS, polled_at: None }
    }
}

impl Polling {
    /// The device polls at `now`. Whether that is too fast, after which it must wait longer.
    pub fn poll(self, now: Timestamp) -> (Self, bool) {
        let early = |at: Timestamp| now.millis() + EARLY_MILLIS < at.plus_seconds(self.interval).millis();
        let too_fast = self.polled_at.is_some_and(early);
        let interval = self.interval + if too_fast { SLOWER_SECONDS } else { 0 };
        (Self { interval, polled_at: Some(now) }, too_fast)
    }
}

/// A stored device authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceAuthorization {
    /// What the device asked for. Everything in it was checked.
    pub request: AuthorizationRequest,
    /// Where it stands.
    pub stage: DeviceStage,
    /// How the device polls.
    pub polling: Polling,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Letters of user codes: no vowels, so that no words come of them (RFC 8628 section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Letters in a user code: 34 bits, guarded by a limit on attempts (RFC 8628 section 5.1).
const LENGTH: usize = 8;

/// The code that a person enters. Shown as `XXXX-XXXX`; case and hyphens do not matter.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode(String);

impl UserCode {
    /// A new one.
    pub fn generate(rng: &dyn Rng) -> Self {
        Self(text_of(rng, LETTERS, LENGTH))
    }

    /// What a person entered, if it can be a code at all.
    pub fn parse(text: &str) -> Option<Self> {
        let letters: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let known = letters.bytes().all(|letter| LETTERS.contains(&letter));
        (known && letters.len() == LENGTH).then_some(Self(letters))
    }

    /// What is hashed: the letters alone, told apart from every other kind of token.
    pub fn to_hash(&self) -> String {
        format!("user code {}", self.0)
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (begin, end) = self.0.split_at(LENGTH / 2);
        write!(f, "{begin}-{end}")
    }
}

/// Without the code: whoever has it can take part in the sign-in.
impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SystemRng, ids::UserId};

    fn sign_in() -> SignIn {
        SignIn { user_id: UserId::from_text("u"), auth_time: Timestamp::default(), session_id: "s".into() }
    }

    #[test]
    fn a_device_is_decided_once_and_gets_its_tokens_once() {
        let pending = DeviceStage::Pending;
        assert_eq!(pending.redeemed(), Err(WrongStage));
        let allowed = pending.allowed(sign_in()).unwrap();
        assert_eq!((allowed.refused(), allowed.allowed(sign_in())), (Err(WrongStage), Err(WrongStage)));
        let (done, who) = allowed.redeemed().unwrap();
        assert_eq!(who, sign_in());
        assert_eq!(done.redeemed(), Err(WrongStage));
        let refused = pending.refused().unwrap();
        assert_eq!((refused.allowed(sign_in()), refused.redeemed()), (Err(WrongStage), Err(WrongStage)));
    }

    /// RFC 8628 section 3.5: the interval grows by five seconds for this and all later requests.
    #[test]
    fn polling_too_fast_slows_down_for_good() {
        let at = Timestamp::from_seconds;
        let (first, too_fast) = Polling::default().poll(at(100));
        assert!(!too_fast);
        let (second, too_fast) = first.poll(at(103));
        assert!(too_fast && second.interval == 10);
        let (third, too_fast) = second.poll(at(108));
        assert!(too_fast && third.interval == 15);
        let (fourth, too_fast) = third.poll(at(123));
        assert!(!too_fast && fourth.interval == 15);
    }

    #[test]
    fn a_user_code_is_read_however_it_is_written() {
        let code = UserCode::generate(&SystemRng);
        let shown = code.to_string();
        assert_eq!((shown.len(), shown.as_bytes()[4]), (9, b'-'));
        for written in [shown.clone(), shown.to_lowercase(), shown.replace('-', " "), shown.replace('-', "")]
        {
            assert_eq!(UserCode::parse(&written), Some(code.clone()), "{written}");
        }
        for wrong in ["", "BCDF", "BCDF-GHJA", "BCDF-GHJKL", "BCDF_GHJK"] {
            assert_eq!(UserCode::parse(wrong), None, "{wrong}");
        }
        assert!(!format!("{code:?}").contains(&shown));
    }
}
