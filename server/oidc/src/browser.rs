//! What the server knows of the browser that sent a request.

use coffer_core::{Timestamp, authorization::SignIn};
use coffer_crypto::TokenHash;

/// The end user's browser session.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Hash of a secret that lives in the browser's session alone: ties an interaction to it.
    pub hash: TokenHash,
    /// Who is signed in.
    pub sign_in: Option<SignIn>,
    /// Where the request came from.
    pub ip: Option<String>,
}

impl Browser {
    /// The sign-in, unless it is older than `max_age` seconds (OpenID Connect Core section 3.1.2.1).
    pub fn recent(&self, max_age: Option<i64>, now: Timestamp) -> Option<&SignIn> {
        self.sign_in.as_ref().filter(|sign_in| {
            max_age.is_none_or(|age| now.seconds().saturating_sub(sign_in.auth_time.seconds()) <= age)
        })
    }
}
