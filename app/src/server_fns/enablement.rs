//! Which application may use which connection.

use coffer_contract::connection::Enablement;
use leptos::{prelude::*, server_fn::codec::Json};

use super::Failure;

/// Every application, and whether it may use the connection.
#[server(prefix = "/console/api", endpoint = "connection_applications")]
pub async fn connection_applications(id: String) -> Result<Vec<Enablement>, Failure> {
    super::visit::signed_in().await?.connection_applications(&id).await.map_err(super::visit::refuse)
}

/// Every connection, and whether the application may use it.
#[server(prefix = "/console/api", endpoint = "application_connections")]
pub async fn application_connections(client_id: String) -> Result<Vec<Enablement>, Failure> {
    super::visit::signed_in().await?.application_connections(&client_id).await.map_err(super::visit::refuse)
}

/// Saves one toggle.
#[server(prefix = "/console/api", endpoint = "set_enablement")]
pub async fn set_enablement(
    connection_id: String,
    client_id: String,
    enabled: bool,
) -> Result<Enablement, Failure> {
    let editor = super::visit::editor().await?;
    editor.set_enablement(&connection_id, &client_id, enabled).await.map_err(super::visit::refuse)
}

/// Sets the most that tokens released to an application may allow; `None` lifts the limit.
#[server(prefix = "/console/api", endpoint = "set_scope_ceiling", input = Json)]
pub async fn set_scope_ceiling(
    connection_id: String,
    client_id: String,
    ceiling: Option<Vec<String>>,
) -> Result<Enablement, Failure> {
    let editor = super::visit::editor().await?;
    editor.set_scope_ceiling(&connection_id, &client_id, ceiling).await.map_err(super::visit::refuse)
}
