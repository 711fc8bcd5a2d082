//! What applications may do at APIs.

use coffer_contract::{
    Page,
    client_grant::{ApiApplication, ApplicationApi, ClientGrantView, NewClientGrant},
};
use leptos::{prelude::*, server_fn::codec::Json};

use super::Failure;

/// A page of the applications, and what each may do at the API.
#[server(prefix = "/console/api", endpoint = "api_applications", input = Json)]
pub async fn api_applications(
    id: String,
    search: String,
    after: Option<String>,
) -> Result<Page<ApiApplication>, Failure> {
    let signed = super::visit::signed_in().await?;
    signed.api_applications(&id, &search, after.as_deref()).await.map_err(super::visit::refuse)
}

/// A page of the APIs, and what the application may do at each.
#[server(prefix = "/console/api", endpoint = "application_apis", input = Json)]
pub async fn application_apis(
    client_id: String,
    search: String,
    after: Option<String>,
) -> Result<Page<ApplicationApi>, Failure> {
    let signed = super::visit::signed_in().await?;
    signed.application_apis(&client_id, &search, after.as_deref()).await.map_err(super::visit::refuse)
}

/// Lets an application use an API.
#[server(prefix = "/console/api", endpoint = "create_client_grant", input = Json)]
pub async fn create_client_grant(grant: NewClientGrant) -> Result<ClientGrantView, Failure> {
    super::visit::editor().await?.create_client_grant(grant).await.map_err(super::visit::refuse)
}

/// Changes what an application may get at an API.
#[server(prefix = "/console/api", endpoint = "update_client_grant", input = Json)]
pub async fn update_client_grant(id: String, scopes: Vec<String>) -> Result<ClientGrantView, Failure> {
    super::visit::editor().await?.update_client_grant(&id, &scopes).await.map_err(super::visit::refuse)
}

/// Ends what an application may do at an API.
#[server(prefix = "/console/api", endpoint = "delete_client_grant")]
pub async fn delete_client_grant(id: String) -> Result<(), Failure> {
    super::visit::editor().await?.delete_client_grant(&id).await.map_err(super::visit::refuse)
}
