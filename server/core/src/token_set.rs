//! Token sets: what the vault knows of one connected account. The tokens themselves are sealed.

use coffer_contract::{Timestamp, user::AccountState};

use crate::{
    Scopes,
    ids::{ConnectionId, TokenSetId, UserId},
};

/// Whether an account can still be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSetState {
    /// Usable.
    Active,
    /// The provider refused it for good; the user has to consent again. Carries the provider's reason.
    NeedsConsent(String),
}

/// One connected account of one user at one provider, without its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSet {
    /// Identifier.
    pub id: TokenSetId,
    /// Whose it is.
    pub user_id: UserId,
    /// Through which connection.
    pub connection_id: ConnectionId,
    /// The user's id at the provider.
    pub provider_user_id: String,
    /// What people call the account: its e-mail address or name at the provider.
    pub label: Option<String>,
    /// Whether it can be used.
    pub state: TokenSetState,
    /// What the provider granted.
    pub scopes: Scopes,
    /// When the access token was obtained.
    pub obtained_at: Timestamp,
    /// When the access token ends; `None` when the provider did not say, so it is used until refused.
    pub access_expires_at: Option<Timestamp>,
    /// Whether there is a refresh token.
    pub has_refresh_token: bool,
    /// When the refresh token ends if it is not used; `None` when the provider does not say.
    pub refresh_expires_at: Option<Timestamp>,
    /// Rises with every replacement of the tokens.
    pub generation: i64,
    /// Rises with every claim; a write is accepted only with the newest one.
    pub fence: i64,
    /// Until when the present holder of the fence may act.
    pub lease_until: Option<Timestamp>,
    /// Transient failures since the last success.
    pub failures: i64,
    /// No further attempt before this instant.
    pub retry_at: Option<Timestamp>,
    /// When the account was connected.
    pub created_at: Timestamp,
    /// When the tokens were last replaced.
    pub updated_at: Timestamp,
}

/// The longest margin before its end in which an access token no longer counts as fresh, in seconds.
const MARGIN_SECONDS: i64 = 60;

/// Clocks of nodes differ by less than this, in seconds. What was obtained later than that was obtained before the
/// clock was put back, and when it ends is not known.
const AHEAD_SECONDS: i64 = 300;

/// An account counts as expiring this long before its refresh token ends, in seconds: a week.
const EXPIRING_SECONDS: i64 = 7 * 24 * 3600;

impl TokenSet {
    /// Whether the access token can be handed out as it is: not ended, and not within the last
    /// minute (for tokens that live less than five minutes, the last fifth) of its life; and not obtained when
    /// the clock was ahead.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.access_expires_at.is_none_or(|end| {
            if self.obtained_at > now.plus_seconds(AHEAD_SECONDS) {
                return false;
            }
            let life = (end.seconds() - self.obtained_at.seconds()).max(0);
            now < end.plus_seconds(-MARGIN_SECONDS.min(life / 5))
        })
    }

    /// Whether the access token has not ended, margin or not.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.access_expires_at.is_none_or(|end| now < end)
    }

    /// Whether the account can be used, for people.
    pub fn account_state(&self, now: Timestamp) -> AccountState {
        match (&self.state, self.has_refresh_token, self.refresh_expires_at, self.retry_at) {
            (TokenSetState::NeedsConsent(reason), ..) => {
                AccountState::NeedsConsent { reason: reason.clone() }
            }
            (_, false, ..) => AccountState::NoRefreshToken { at: self.access_expires_at },
            (_, _, _, Some(until)) if self.failures > 0 && !self.is_fresh(now) => {
                AccountState::Waiting { until }
            }
            (_, _, Some(at), _) if at < now.plus_seconds(EXPIRING_SECONDS) => AccountState::Expiring { at },
            _ => AccountState::Healthy,
        }
    }

    /// Seconds that the access token still lives.
    pub fn expires_in(&self, now: Timestamp) -> Option<i64> {
        self.access_expires_at.map(|end| (end.seconds() - now.seconds()).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(life: Option<i64>) -> TokenSet {
        let start = Timestamp::from_seconds(1_000);
        TokenSet {
            id: TokenSetId::from_text("cac_1"),
            user_id: UserId::from_text("u"),
            connection_id: ConnectionId::from_text("con_1"),
            provider_user_id: "p".into(),
            label: None,
            state: TokenSetState::Active,
            scopes: Scopes::default(),
            obtained_at: start,
            access_expires_at: life.map(|l| start.plus_seconds(l)),
            has_refresh_token: true,
            refresh_expires_at: None,
            generation: 1,
            fence: 0,
            lease_until: None,
            failures: 0,
            retry_at: None,
            created_at: start,
            updated_at: start,
        }
    }

    #[test]
    fn the_state_says_what_people_have_to_know() {
        let at = Timestamp::from_seconds;
        let healthy = set(Some(3600));
        assert_eq!(healthy.account_state(at(9_000)), AccountState::Healthy);
        let ends = at(1_000 + 8 * 24 * 3600);
        let expiring = TokenSet { refresh_expires_at: Some(ends), ..healthy.clone() };
        assert_eq!(expiring.account_state(at(1_000)), AccountState::Healthy);
        assert_eq!(expiring.account_state(at(1_000 + 2 * 24 * 3600)), AccountState::Expiring { at: ends });
        let without = TokenSet { has_refresh_token: false, ..healthy.clone() };
        let end = without.access_expires_at;
        assert_eq!(without.account_state(at(1_000)), AccountState::NoRefreshToken { at: end });
        let waiting = TokenSet { failures: 1, retry_at: Some(at(9_100)), ..healthy.clone() };
        assert_eq!(waiting.account_state(at(9_000)), AccountState::Waiting { until: at(9_100) });
        let refused = TokenSet { state: TokenSetState::NeedsConsent("gone".into()), ..healthy };
        assert_eq!(refused.account_state(at(1_000)), AccountState::NeedsConsent { reason: "gone".into() });
    }

    #[test]
    fn freshness_leaves_a_margin() {
        let at = |s: i64| Timestamp::from_seconds(1_000 + s);
        assert!(set(Some(3600)).is_fresh(at(3539)));
        assert!(!set(Some(3600)).is_fresh(at(3540)));
        assert!(set(Some(10)).is_fresh(at(7)));
        assert!(!set(Some(10)).is_fresh(at(8)));
        assert!(set(None).is_fresh(at(1_000_000)));
        assert!(set(Some(3600)).is_fresh(at(-300)));
        assert!(!set(Some(3600)).is_fresh(at(-301)), "it was obtained when the clock was ahead");
    }
}
