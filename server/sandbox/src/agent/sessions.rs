//! Who uses the agent: one entry per browser, in memory, found by a random cookie.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use coffer_core::{Rng, Timestamp, rng};
use coffer_crypto::Secret;
use openidconnect::Nonce;

use super::story::SignedIn;

/// Most browsers at a time; the oldest goes first.
pub(super) const MOST: usize = 200;
/// Seconds after which an entry ends, used or not.
pub(super) const LIFE: i64 = 8 * 3600;
/// Seconds in which a sign-in must come to its end.
pub(super) const SIGN_IN_LIFE: i64 = 600;

/// A sign-in that is under way.
pub(super) struct Pending {
    pub(super) state: Secret,
    pub(super) nonce: Nonce,
    pub(super) verifier: Secret,
    /// Whether it is to mend an account that the provider refused.
    pub(super) mends: bool,
    pub(super) since: Timestamp,
}

/// What the agent knows of one browser.
#[derive(Default)]
pub(super) struct Session {
    pub(super) pending: Option<Pending>,
    pub(super) signed_in: Option<SignedIn>,
}

#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, (Timestamp, Session)>>);

impl Sessions {
    fn entries(&self) -> MutexGuard<'_, HashMap<String, (Timestamp, Session)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a session under a new key, which is returned.
    pub(super) fn open(&self, session: Session, now: Timestamp, rng: &dyn Rng) -> String {
        let mut entries = self.entries();
        entries.retain(|_, (since, _)| now < since.plus_seconds(LIFE));
        if entries.len() >= MOST
            && let Some(oldest) =
                entries.iter().min_by_key(|(_, (since, _))| *since).map(|(key, _)| key.clone())
        {
            entries.remove(&oldest);
        }
        let key = rng::token(rng);
        entries.insert(key.clone(), (now, session));
        key
    }

    /// Does something with the session of this key, where there is one.
    pub(super) fn with<T>(
        &self,
        key: &str,
        now: Timestamp,
        act: impl FnOnce(&mut Session) -> T,
    ) -> Option<T> {
        let mut entries = self.entries();
        let (since, session) = entries.get_mut(key)?;
        (now < since.plus_seconds(LIFE)).then(|| act(session))
    }

    /// Forgets the session of this key.
    pub(super) fn close(&self, key: &str) -> Option<Session> {
        self.entries().remove(key).map(|(_, session)| session)
    }
}

#[cfg(test)]
mod tests {
    use coffer_core::SystemRng;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn the_oldest_goes_where_there_are_too_many() {
        let sessions = Sessions::default();
        let first = sessions.open(Session::default(), at(0), &SystemRng);
        let second = sessions.open(Session::default(), at(1), &SystemRng);
        for _ in 0..MOST - 1 {
            sessions.open(Session::default(), at(2), &SystemRng);
        }
        assert_eq!(sessions.entries().len(), MOST);
        assert!(sessions.with(&first, at(3), |_| ()).is_none());
        assert!(sessions.with(&second, at(3), |_| ()).is_some());
    }

    #[test]
    fn sessions_end() {
        let sessions = Sessions::default();
        let key = sessions.open(Session::default(), at(0), &SystemRng);
        assert!(sessions.with(&key, at(LIFE - 1), |_| ()).is_some());
        assert!(sessions.with(&key, at(LIFE), |_| ()).is_none());
        sessions.open(Session::default(), at(LIFE), &SystemRng);
        assert_eq!(sessions.entries().len(), 1);
    }
}
