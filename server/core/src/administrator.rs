//! Administrators of the dashboard.

use coffer_contract::Timestamp;

use crate::ids::AdministratorId;

/// An administrator, without the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administrator {
    /// Identifier.
    pub id: AdministratorId,
    /// E-mail address, lower case, unique.
    pub email: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Last successful sign-in.
    pub last_sign_in_at: Option<Timestamp>,
}
