//! Second factors of administrators.

use coffer_contract::{Timestamp, second_factor::FactorKind};

use crate::ids::{AdministratorId, FactorId};

/// A second factor, without what it proves itself with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Identifier.
    pub id: FactorId,
    /// Whose it is.
    pub administrator: AdministratorId,
    /// What it is.
    pub kind: FactorKind,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last proved who signed in.
    pub last_used_at: Option<Timestamp>,
}
