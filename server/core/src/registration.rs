//! Applications that registered themselves (RFC 7591), and the tokens that let them.

use coffer_contract::Timestamp;

use crate::ids::InitialTokenId;

/// Seconds for which a registered application is kept without getting a token: 30 days.
pub const UNUSED_SECONDS: i64 = 30 * 24 * 3600;
/// Seconds after which another use of a registered application is noted.
pub const NOTE_SECONDS: i64 = 24 * 3600;

/// How an application that nobody made in the dashboard came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Where the request came from.
    pub ip: Option<String>,
    /// The name of the initial access token, or the host of the document.
    pub via: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// When it last got a token, to the day; `None` when it never did.
    pub last_used_at: Option<Timestamp>,
}

impl Registration {
    /// When it goes, unless it gets a token before.
    pub fn ends_at(&self) -> Timestamp {
        self.last_used_at.unwrap_or(self.created_at).plus_seconds(UNUSED_SECONDS)
    }
}

/// An initial access token, without the token (section 1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialToken {
    /// Identifier.
    pub id: InitialTokenId,
    /// Whom it was given to.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How many applications registered with it.
    pub uses: i64,
}
