//! What has happened so far to one person: what the page tells.

use coffer_core::{Scopes, Timestamp};
use coffer_crypto::Secret;

use super::{
    api::Note,
    problem::Problem,
    trace::{Trace, short},
};

/// Somebody who is signed in.
pub(super) struct SignedIn {
    pub(super) name: String,
    pub(super) email: Option<String>,
    /// Coffer's refresh token: all that the agent keeps.
    pub(super) refresh_token: Secret,
    /// The requests of the sign-in.
    pub(super) trace: Trace,
    /// Whether it mended an account that the provider had refused.
    pub(super) mended: bool,
    pub(super) story: Story,
}

/// What came of something, and how it went over the wire.
pub(super) struct Told<T> {
    pub(super) outcome: Result<T, Problem>,
    pub(super) trace: Trace,
}

/// A provider's access token.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) token: Secret,
    pub(super) scopes: Scopes,
    /// Seconds that it had when it was handed out, as far as that is known.
    pub(super) lives: Option<i64>,
    /// When it ends, as far as that is known.
    pub(super) ends: Option<Timestamp>,
    /// Whose it is at the provider.
    pub(super) account: Option<String>,
}

impl Held {
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|end| now >= end)
    }

    /// Seconds that it still lives.
    pub(super) fn left(&self, now: Timestamp) -> i64 {
        self.ends.map_or(0, |end| (end.seconds() - now.seconds()).max(0))
    }

    pub(super) fn short(&self) -> String {
        short(self.token.reveal())
    }
}

/// The steps after the sign-in.
#[derive(Default)]
pub(super) struct Story {
    /// The newest token, once there was one.
    pub(super) held: Option<Held>,
    /// Step 2.
    pub(super) exchange: Option<Told<Held>>,
    /// Step 3.
    pub(super) notes: Option<Told<Vec<Note>>>,
    /// Step 4.
    pub(super) renewal: Option<Renewal>,
    /// Step 5.
    pub(super) revocation: Option<Revocation>,
    /// The step that happened last.
    pub(super) latest: u8,
}

/// An exchange after the end of the token that was there.
pub(super) struct Renewal {
    /// The token before, in short.
    pub(super) before: String,
    /// Whether another one came.
    pub(super) is_new: bool,
    pub(super) told: Told<Held>,
}

/// The person took everything back at the provider.
pub(super) struct Revocation {
    /// How many consents that ended.
    pub(super) ended: usize,
    /// What the token that the agent still has is worth.
    pub(super) call: Told<Vec<Note>>,
    /// The exchange after its end.
    pub(super) after: Option<Told<Held>>,
}
