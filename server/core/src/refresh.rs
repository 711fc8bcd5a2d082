//! Refresh tokens that this server issues, and what presenting one means (RFC 9700 section 4.14.2).

use coffer_contract::Timestamp;

use crate::{
    Scopes,
    ids::{ClientId, FamilyId, UserId},
};

/// Seconds in which a rotated refresh token still works, for answers lost on the way.
pub const OVERLAP_SECONDS: i64 = 30;
/// A refresh token unused for this many seconds ends: 30 days.
pub const IDLE_SECONDS: i64 = 30 * 24 * 3600;
/// A family ends this many seconds after the sign-in: 365 days.
pub const ABSOLUTE_SECONDS: i64 = 365 * 24 * 3600;

/// A refresh token as stored, with its family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its family.
    pub family_id: FamilyId,
    /// The client it was issued to.
    pub client_id: ClientId,
    /// The user it stands for.
    pub user_id: UserId,
    /// What was granted.
    pub scopes: Scopes,
    /// The API that its access tokens are for, unless a request names another.
    pub audience: Option<String>,
    /// Thumbprint of the key that it is bound to (RFC 9449 section 5).
    pub jkt: Option<String>,
    /// When the user signed in.
    pub auth_time: Timestamp,
    /// Session id of that sign-in, the `sid` of ID tokens.
    pub session_id: String,
    /// When this token was issued.
    pub issued_at: Timestamp,
    /// When it was exchanged for its successor.
    pub rotated_at: Option<Timestamp>,
    /// When this token ends for lack of use.
    pub idle_expires_at: Timestamp,
    /// When the family ends.
    pub family_expires_at: Timestamp,
    /// When the family was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What presenting a refresh token means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// It is good.
    Usable,
    /// It ended.
    Expired,
    /// Its family was revoked.
    Revoked,
    /// It was exchanged before, longer ago than the overlap: somebody has a copy, the family must end.
    Reused,
}

impl RefreshToken {
    /// What presenting it at `now` means.
    pub fn presented(&self, now: Timestamp) -> Presented {
        if self.revoked_at.is_some() {
            Presented::Revoked
        } else if self.rotated_at.is_some_and(|at| now >= at.plus_seconds(OVERLAP_SECONDS)) {
            Presented::Reused
        } else if now >= self.idle_expires_at || now >= self.family_expires_at {
            Presented::Expired
        } else {
            Presented::Usable
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_token_works_for_the_overlap_and_then_betrays_its_copy() {
        let start = Timestamp::from_seconds(0);
        let token = RefreshToken {
            family_id: FamilyId::from_text("f"),
            client_id: ClientId::from_text("c"),
            user_id: UserId::from_text("u"),
            scopes: Scopes::default(),
            audience: None,
            jkt: None,
            auth_time: start,
            session_id: "s".into(),
            issued_at: start,
            rotated_at: Some(Timestamp::from_seconds(100)),
            idle_expires_at: Timestamp::from_seconds(IDLE_SECONDS),
            family_expires_at: Timestamp::from_seconds(ABSOLUTE_SECONDS),
            revoked_at: None,
        };
        assert_eq!(token.presented(Timestamp::from_seconds(129)), Presented::Usable);
        assert_eq!(token.presented(Timestamp::from_seconds(130)), Presented::Reused);
        let fresh = RefreshToken { rotated_at: None, ..token.clone() };
        assert_eq!(fresh.presented(Timestamp::from_seconds(IDLE_SECONDS)), Presented::Expired);
        let revoked = RefreshToken { revoked_at: Some(start), ..token };
        assert_eq!(revoked.presented(Timestamp::from_seconds(1)), Presented::Revoked);
    }
}
