//! The authorized object: what somebody with the right can do.

use coffer_contract::{
    ApiError,
    administrator::{AdministratorView, Role},
    catalogue::{CatalogueEntry, ConnectionGroup},
    connection::CALLBACK_PATH,
};
use coffer_core::audit::{Actor, AuditEvent, EventCode};
use coffer_store::Store;

use crate::{Admin, Call, failure};

/// The use cases that read, in the name of a signed-in administrator, or of whoever else was found to have
/// the right. Those that change something are [`crate::Editor`]'s and [`crate::Owner`]'s.
#[derive(Clone, Debug)]
pub struct Signed {
    pub(crate) visit: Call,
    pub(crate) actor: Actor,
    pub(crate) role: Role,
}

impl Signed {
    /// Who is signed in.
    pub fn me(&self) -> AdministratorView {
        AdministratorView { email: self.actor.parts().1, role: self.role }
    }

    /// The kinds of connection of one group.
    pub fn catalogue(&self, group: ConnectionGroup) -> Vec<CatalogueEntry> {
        let catalogue = self.admin().federation.catalogue();
        catalogue.entries(group).into_iter().map(|entry| entry.view()).collect()
    }

    /// One kind of connection.
    pub fn catalogue_entry(&self, strategy: &str) -> Result<CatalogueEntry, ApiError> {
        let entry = self.admin().federation.catalogue().get(strategy);
        entry.map(|entry| entry.view()).ok_or_else(|| failure::not_found("kind of connection"))
    }

    /// What to register at every provider as redirect URI.
    pub fn callback_url(&self) -> String {
        format!("{}{CALLBACK_PATH}", self.admin().issuer)
    }

    pub(crate) fn admin(&self) -> &Admin {
        &self.visit.admin
    }

    pub(crate) fn store(&self) -> &Store {
        &self.visit.admin.store
    }

    /// An event that is caused now.
    pub(crate) fn event(&self, code: EventCode, description: String) -> AuditEvent {
        self.visit.event(code, self.actor.clone(), description)
    }
}
