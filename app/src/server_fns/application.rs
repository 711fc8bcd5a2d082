//! Applications.

use coffer_contract::{
    Page,
    application::{
        ApplicationDetail, ApplicationExchange, ApplicationForm, ApplicationSummary, IssuedSecret, KeysForm,
        NewApplication,
    },
};
use leptos::{prelude::*, server_fn::codec::Json};

use super::Failure;

/// A page of the application list.
#[server(prefix = "/console/api", endpoint = "list_applications", input = Json)]
pub async fn list_applications(
    search: String,
    after: Option<String>,
) -> Result<Page<ApplicationSummary>, Failure> {
    let signed = super::visit::signed_in().await?;
    signed.list_applications(&search, after.as_deref()).await.map_err(super::visit::refuse)
}

/// One application.
#[server(prefix = "/console/api", endpoint = "application")]
pub async fn application(client_id: String) -> Result<ApplicationDetail, Failure> {
    super::visit::signed_in().await?.application(&client_id).await.map_err(super::visit::refuse)
}

/// Creates an application; the only answer that shows its secret, besides [`rotate_secret`]'s.
#[server(prefix = "/console/api", endpoint = "create_application", input = Json)]
pub async fn create_application(application: NewApplication) -> Result<IssuedSecret, Failure> {
    super::visit::editor().await?.create_application(application).await.map_err(super::visit::refuse)
}

/// Changes an application, unless somebody changed it since `version`.
#[server(prefix = "/console/api", endpoint = "update_application", input = Json)]
pub async fn update_application(
    client_id: String,
    form: ApplicationForm,
    keys: KeysForm,
    version: i64,
) -> Result<ApplicationDetail, Failure> {
    let editor = super::visit::editor().await?;
    editor.update_application_and_keys(&client_id, form, keys, version).await.map_err(super::visit::refuse)
}

/// Changes what an application may exchange tokens for, unless somebody changed it since `version`.
#[server(prefix = "/console/api", endpoint = "update_exchange", input = Json)]
pub async fn update_exchange(
    client_id: String,
    exchange: ApplicationExchange,
    version: i64,
) -> Result<ApplicationDetail, Failure> {
    let editor = super::visit::editor().await?;
    editor.update_exchange(&client_id, exchange, version).await.map_err(super::visit::refuse)
}

/// Replaces an application's secret and shows the new one.
#[server(prefix = "/console/api", endpoint = "rotate_secret")]
pub async fn rotate_secret(client_id: String) -> Result<IssuedSecret, Failure> {
    super::visit::editor().await?.rotate_secret(&client_id).await.map_err(super::visit::refuse)
}

/// Deletes an application whose name was typed as confirmation.
#[server(prefix = "/console/api", endpoint = "delete_application")]
pub async fn delete_application(client_id: String, confirm_name: String) -> Result<(), Failure> {
    let editor = super::visit::editor().await?;
    editor.delete_application(&client_id, &confirm_name).await.map_err(super::visit::refuse)
}
