//! Second factors of administrators: what they prove at sign-in besides the password.

use serde::{Deserialize, Serialize};

use crate::{FieldError, Timestamp, administrator::AdministratorView};

/// So many recovery codes are made at once.
pub const RECOVERY_CODES: usize = 10;
/// Second factors that one administrator can have.
pub const FACTORS_MAX: usize = 10;
/// Longest name of a second factor, in characters.
pub const FACTOR_NAME_MAX: usize = 60;

/// What a second factor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorKind {
    /// An authenticator app: codes by time (RFC 6238).
    Authenticator,
    /// A passkey: a key pair that a device or a password manager keeps (WebAuthn).
    Passkey,
}

impl FactorKind {
    /// A word for pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Authenticator => "Authenticator app",
            Self::Passkey => "Passkey",
        }
    }
}

/// A second factor, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorView {
    /// Identifier.
    pub id: String,
    /// What it is.
    pub kind: FactorKind,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last proved who signed in.
    pub last_used_at: Option<Timestamp>,
}

/// One's own second factors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactors {
    /// The oldest first.
    pub factors: Vec<FactorView>,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: u64,
    /// Whether every administrator needs one.
    pub required: bool,
    /// Whether passkeys work at the server's address: it needs a name.
    pub passkeys: bool,
}

/// Whether administrators need a second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactorRule {
    /// Everybody needs one, and whoever has none adds it at the next sign-in.
    pub required: bool,
}

/// A drawing of dark squares on light ground: a QR code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QrDrawing {
    /// Squares on each side, the quiet zone included.
    pub size: usize,
    /// The dark ones, as the `d` of an SVG path.
    pub path: String,
}

/// An authenticator app that is being added, in the only moments in which its secret can be seen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAuthenticator {
    /// Identifier.
    pub id: String,
    /// The secret in base32, for typing it in.
    pub secret: String,
    /// The same for a camera, with what to call it.
    pub qr: QrDrawing,
}

impl std::fmt::Debug for NewAuthenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAuthenticator").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Recovery codes in the only moment in which they can be seen. Each works once, in a factor's place.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodes {
    /// As they are written down.
    pub codes: Vec<String>,
}

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecoveryCodes").field("count", &self.codes.len()).finish_non_exhaustive()
    }
}

/// How far a sign-in came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum SignInStep {
    /// Signed in.
    Done(AdministratorView),
    /// A second factor is asked for.
    Factor,
    /// A second factor must be added first.
    Enrolment,
}

/// What is still asked of somebody whose password was right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum HalfWayView {
    /// A second factor, or a recovery code.
    Factor {
        /// Who is signing in.
        email: String,
        /// The kinds that they have.
        kinds: Vec<FactorKind>,
    },
    /// To add a second factor.
    Enrolment {
        /// Who is signing in.
        email: String,
        /// What to add.
        authenticator: NewAuthenticator,
        /// Whether a passkey can be added in its place: that takes a server whose address is a name.
        passkeys: bool,
    },
}

/// How a second factor was proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorAnswer {
    /// Who is signed in.
    pub me: AdministratorView,
    /// Whether a recovery code took a factor's place.
    pub recovery_code_used: bool,
}

/// Checks what somebody calls a second factor; nothing is allowed.
pub fn validate_factor_name(name: &str) -> Option<FieldError> {
    let text = format!("Use at most {FACTOR_NAME_MAX} characters.");
    (name.chars().count() > FACTOR_NAME_MAX).then(|| FieldError::new("name", text))
}
