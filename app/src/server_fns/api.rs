//! APIs.

use coffer_contract::{
    Page,
    api::{ApiDetail, ApiForm, ApiSummary, NewApi},
};
use leptos::{prelude::*, server_fn::codec::Json};

use super::Failure;

/// A page of the list of APIs.
#[server(prefix = "/console/api", endpoint = "list_apis", input = Json)]
pub async fn list_apis(search: String, after: Option<String>) -> Result<Page<ApiSummary>, Failure> {
    use coffer_contract::page::PAGE_SIZE;
    let signed = super::visit::signed_in().await?;
    signed.list_apis(&search, after.as_deref(), PAGE_SIZE).await.map_err(super::visit::refuse)
}

/// One API.
#[server(prefix = "/console/api", endpoint = "api")]
pub async fn api(id: String) -> Result<ApiDetail, Failure> {
    super::visit::signed_in().await?.api(&id).await.map_err(super::visit::refuse)
}

/// Creates an API.
#[server(prefix = "/console/api", endpoint = "create_api", input = Json)]
pub async fn create_api(api: NewApi) -> Result<ApiDetail, Failure> {
    super::visit::editor().await?.create_api(api).await.map_err(super::visit::refuse)
}

/// Changes an API, unless somebody changed it since `version`.
#[server(prefix = "/console/api", endpoint = "update_api", input = Json)]
pub async fn update_api(id: String, form: ApiForm, version: i64) -> Result<ApiDetail, Failure> {
    super::visit::editor().await?.update_api(&id, form, version).await.map_err(super::visit::refuse)
}

/// Deletes an API whose name was typed as confirmation.
#[server(prefix = "/console/api", endpoint = "delete_api")]
pub async fn delete_api(id: String, confirm_name: String) -> Result<(), Failure> {
    super::visit::editor().await?.delete_api(&id, &confirm_name).await.map_err(super::visit::refuse)
}
