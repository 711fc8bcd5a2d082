//! Administrators of the dashboard.

use coffer_contract::{Timestamp, administrator::Role};

use crate::ids::{AdministratorId, ConnectionId, InvitationId, LinkedAccountId};

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

/// Whom a provider named on an administrator's trip there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountThere {
    /// The account's id there.
    pub provider_user_id: String,
    /// What people call it: its e-mail address, or its name.
    pub label: Option<String>,
}

/// An account at a provider with which an administrator signs in. It was linked by themselves, signed in with their
/// password; what the provider says of its owner's e-mail address makes nobody an administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedAccount {
    /// Identifier.
    pub id: LinkedAccountId,
    /// Whose it is.
    pub administrator: AdministratorId,
    /// Through which connection.
    pub connection: ConnectionId,
    /// The account's id at the provider.
    pub provider_user_id: String,
    /// What the provider called it last: an e-mail address or a name.
    pub label: Option<String>,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When somebody last signed in with it.
    pub last_used_at: Option<Timestamp>,
}
