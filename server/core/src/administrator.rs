//! Administrators of the dashboard.

use coffer_contract::{Timestamp, administrator::Role};

use crate::ids::{AdministratorId, InvitationId};

/// An administrator, without the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administrator {
    /// Identifier.
    pub id: AdministratorId,
    /// E-mail address, lower case, unique.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Sessions of an earlier generation have ended.
    pub session_generation: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// Last successful sign-in.
    pub last_sign_in_at: Option<Timestamp>,
}

/// Somebody who may become an administrator, through a link that works once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Identifier.
    pub id: InvitationId,
    /// E-mail address, lower case.
    pub email: String,
    /// What they will be.
    pub role: Role,
    /// Whose invitation it is: it goes with them.
    pub invited_by: AdministratorId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when the link works.
    pub expires_at: Timestamp,
}
