//! The provider catalogue.

use coffer_contract::catalogue::{CatalogueEntry, ConnectionGroup};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::Failure;

/// What the form for a new connection starts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewConnection {
    /// Its kind.
    pub entry: CatalogueEntry,
    /// What to register at the provider as redirect URI.
    pub callback_url: String,
}

/// The kinds of connection of one group.
#[server(prefix = "/console/api", endpoint = "catalogue")]
pub async fn catalogue(group: ConnectionGroup) -> Result<Vec<CatalogueEntry>, Failure> {
    Ok(super::visit::signed_in().await?.catalogue(group))
}

/// One kind of connection, and the callback URL to register.
#[server(prefix = "/console/api", endpoint = "new_connection", name = StartConnection)]
pub async fn new_connection(strategy: String) -> Result<NewConnection, Failure> {
    let signed = super::visit::signed_in().await?;
    let entry = signed.catalogue_entry(&strategy).map_err(super::visit::refuse)?;
    Ok(NewConnection { entry, callback_url: signed.callback_url() })
}
