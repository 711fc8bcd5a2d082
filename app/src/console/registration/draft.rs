//! What stands in the form while somebody edits it.

use coffer_contract::registration::{RegistrationMode, RegistrationSettings};
use leptos::prelude::*;

/// One signal for each control.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub mode: RwSignal<RegistrationMode>,
    pub documents: RwSignal<bool>,
    /// Ids.
    pub connections: RwSignal<Vec<String>>,
    pub token_vault: RwSignal<bool>,
    pub connect_accounts: RwSignal<bool>,
    pub first_party: RwSignal<bool>,
    pub loopback: RwSignal<bool>,
    pub own_schemes: RwSignal<bool>,
    /// One host on each line.
    pub hosts: RwSignal<String>,
    pub per_hour: RwSignal<String>,
}

impl Draft {
    /// The setting as it is.
    pub fn edit(settings: &RegistrationSettings) -> Self {
        Self {
            mode: RwSignal::new(settings.mode),
            documents: RwSignal::new(settings.documents),
            connections: RwSignal::new(settings.connections.clone()),
            token_vault: RwSignal::new(settings.token_vault),
            connect_accounts: RwSignal::new(settings.connect_accounts),
            first_party: RwSignal::new(settings.first_party),
            loopback: RwSignal::new(settings.loopback),
            own_schemes: RwSignal::new(settings.own_schemes),
            hosts: RwSignal::new(settings.hosts.join("\n")),
            per_hour: RwSignal::new(settings.per_hour.to_string()),
        }
    }

    /// What is sent; what is no number is none that is allowed.
    pub fn settings(self) -> RegistrationSettings {
        let hosts = self.hosts.get_untracked();
        RegistrationSettings {
            mode: self.mode.get_untracked(),
            documents: self.documents.get_untracked(),
            connections: self.connections.get_untracked(),
            token_vault: self.token_vault.get_untracked(),
            connect_accounts: self.connect_accounts.get_untracked(),
            first_party: self.first_party.get_untracked(),
            loopback: self.loopback.get_untracked(),
            own_schemes: self.own_schemes.get_untracked(),
            hosts: hosts.lines().map(str::trim).filter(|host| !host.is_empty()).map(str::to_owned).collect(),
            per_hour: self.per_hour.read_untracked().trim().parse().unwrap_or(0),
        }
    }
}
