//! Connections.

use coffer_contract::{
    Page,
    catalogue::ConnectionGroup,
    connection::{
        ConnectionDetail, ConnectionForm, ConnectionSummary, DiscoverySummary, MappedProfile, ProfileMapping,
        TryResult, TryStart,
    },
};
use leptos::{prelude::*, server_fn::codec::Json};

use super::Failure;

/// A page of a connection list.
#[server(prefix = "/console/api", endpoint = "list_connections", input = Json)]
pub async fn list_connections(
    group: ConnectionGroup,
    search: String,
    after: Option<String>,
) -> Result<Page<ConnectionSummary>, Failure> {
    let signed = super::visit::signed_in().await?;
    signed.list_connections(group, &search, after.as_deref()).await.map_err(super::visit::refuse)
}

/// One connection.
#[server(prefix = "/console/api", endpoint = "connection")]
pub async fn connection(id: String) -> Result<ConnectionDetail, Failure> {
    super::visit::signed_in().await?.connection(&id).await.map_err(super::visit::refuse)
}

/// Creates a connection.
#[server(prefix = "/console/api", endpoint = "create_connection", input = Json)]
pub async fn create_connection(strategy: String, form: ConnectionForm) -> Result<ConnectionDetail, Failure> {
    let editor = super::visit::editor().await?;
    editor.create_connection(&strategy, form).await.map_err(super::visit::refuse)
}

/// Changes a connection, unless somebody changed it since `version`.
#[server(prefix = "/console/api", endpoint = "update_connection", input = Json)]
pub async fn update_connection(
    id: String,
    form: ConnectionForm,
    version: i64,
) -> Result<ConnectionDetail, Failure> {
    let editor = super::visit::editor().await?;
    editor.update_connection(&id, form, version).await.map_err(super::visit::refuse)
}

/// Deletes a connection whose name was typed as confirmation.
#[server(prefix = "/console/api", endpoint = "delete_connection")]
pub async fn delete_connection(id: String, confirm_name: String) -> Result<(), Failure> {
    let editor = super::visit::editor().await?;
    editor.delete_connection(&id, &confirm_name).await.map_err(super::visit::refuse)
}

/// Fetches and checks a discovery document.
#[server(prefix = "/console/api", endpoint = "check_discovery")]
pub async fn check_discovery(url: String) -> Result<DiscoverySummary, Failure> {
    super::visit::editor().await?.check_discovery(&url).await.map_err(super::visit::refuse)
}

/// Tries a profile mapping on a sample answer of the provider.
#[server(prefix = "/console/api", endpoint = "try_mapping", input = Json)]
pub async fn try_mapping(mapping: ProfileMapping, sample: String) -> Result<MappedProfile, Failure> {
    super::visit::editor().await?.try_mapping(&mapping, &sample).map_err(super::visit::refuse)
}

/// Begins a try of a connection.
#[server(prefix = "/console/api", endpoint = "begin_try")]
pub async fn begin_try(connection_id: String) -> Result<TryStart, Failure> {
    super::visit::editor().await?.begin_try(&connection_id).await.map_err(super::visit::refuse)
}

/// How a try stands.
#[server(prefix = "/console/api", endpoint = "try_result")]
pub async fn result_of_try(connection_id: String, handle: String) -> Result<TryResult, Failure> {
    let editor = super::visit::editor().await?;
    editor.try_result(&connection_id, &handle).await.map_err(super::visit::refuse)
}
