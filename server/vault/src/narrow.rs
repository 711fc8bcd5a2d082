//! Access tokens with fewer scopes than the account has, for applications with a scope ceiling. They are
//! kept in this process alone, for as long as they are fresh: another refresh brings another.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use coffer_core::{Scopes, Timestamp, ids::TokenSetId, token_set::TokenSet};

use crate::{refresh::Opened, tokens::Tokens};

/// How many are kept before the ended ones are swept out.
const SWEEP_AT: usize = 4096;

/// The account, what it allows, and what the token allows of it.
type Key = (TokenSetId, String, String);

#[derive(Default)]
pub(crate) struct Narrowed(Mutex<HashMap<Key, Opened>>);

fn key(set: &TokenSet, scopes: &Scopes) -> Key {
    (set.id.clone(), set.scopes.to_string(), scopes.to_string())
}

impl Narrowed {
    /// The kept token of `set` with these scopes, if it is still fresh.
    pub(crate) fn get(&self, set: &TokenSet, scopes: &Scopes, now: Timestamp) -> Option<Opened> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&key(set, scopes)).filter(|(narrow, _)| narrow.is_fresh(now)).cloned()
    }

    /// Keeps a token. One whose end is unknown is not kept.
    pub(crate) fn keep(&self, set: &TokenSet, scopes: &Scopes, narrow: &(TokenSet, Tokens), now: Timestamp) {
        if narrow.0.access_expires_at.is_none() {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= SWEEP_AT {
            kept.retain(|_, (narrow, _)| narrow.is_fresh(now));
        }
        kept.insert(key(set, scopes), narrow.clone());
    }
}

/// What of the account's scopes the ceiling lets through.
pub(crate) fn below(granted: &Scopes, ceiling: &Scopes) -> Scopes {
    granted.iter().filter(|scope| ceiling.contains(scope)).collect()
}

/// What of these scopes the ceiling does not let through.
pub(crate) fn above(granted: &Scopes, ceiling: &Scopes) -> Scopes {
    granted.iter().filter(|scope| !ceiling.contains(scope)).collect()
}

/// The most that a token may allow: what is asked for, within the application's ceiling. An error names what
/// is asked for and was never granted.
pub(crate) fn ceiling(
    granted: &Scopes,
    wanted: Option<&Scopes>,
    ceiling: Option<&Scopes>,
) -> Result<Option<Scopes>, Scopes> {
    let Some(wanted) = wanted else { return Ok(ceiling.cloned()) };
    let missing = above(wanted, granted);
    if !missing.is_empty() {
        return Err(missing);
    }
    Ok(Some(ceiling.map_or_else(|| wanted.clone(), |ceiling| below(wanted, ceiling))))
}
