//! The authorized object: what a signed-in administrator can do.

use coffer_contract::{
    ApiError,
    administrator::AdministratorView,
    catalogue::{CatalogueEntry, ConnectionGroup},
};
use coffer_core::{
    administrator::Administrator,
    audit::{AuditEvent, EventCode},
};
use coffer_store::Store;

use crate::{Admin, Visit, failure, visit::actor};

/// The use cases of the dashboard, in the name of a signed-in administrator.
#[derive(Clone, Debug)]
pub struct Signed {
    pub(crate) visit: Visit,
    pub(crate) administrator: Administrator,
}

impl Signed {
    /// Who is signed in.
    pub fn me(&self) -> AdministratorView {
        AdministratorView { email: self.administrator.email.clone() }
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
        format!("{}login/callback", self.admin().issuer)
    }

    pub(crate) fn admin(&self) -> &Admin {
        &self.visit.admin
    }

    pub(crate) fn store(&self) -> &Store {
        &self.visit.admin.store
    }

    /// An event that this administrator causes now.
    pub(crate) fn event(&self, code: EventCode, description: String) -> AuditEvent {
        self.visit.event(code, actor(&self.administrator), description)
    }
}
