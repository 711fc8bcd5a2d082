//! Who may register applications.

use coffer_contract::registration::{
    IssuedInitialToken, NewInitialToken, RegistrationPage, RegistrationSettings,
};
use leptos::{prelude::*, server_fn::codec::Json};

use super::Failure;

/// The setting, and what its page shows.
#[server(prefix = "/console/api", endpoint = "registration")]
pub async fn registration() -> Result<RegistrationPage, Failure> {
    super::visit::signed_in().await?.registration().await.map_err(super::visit::refuse)
}

/// Changes the setting, unless somebody changed it since `version`. The new version.
#[server(prefix = "/console/api", endpoint = "set_registration", input = Json)]
pub async fn set_registration(settings: RegistrationSettings, version: i64) -> Result<i64, Failure> {
    let editor = super::visit::editor().await?;
    editor.set_registration(settings, version).await.map_err(super::visit::refuse)
}

/// Makes an initial access token; the only answer that shows it.
#[server(prefix = "/console/api", endpoint = "create_initial_token", input = Json)]
pub async fn create_initial_token(token: NewInitialToken) -> Result<IssuedInitialToken, Failure> {
    super::visit::editor().await?.create_initial_token(token).await.map_err(super::visit::refuse)
}

/// Ends an initial access token.
#[server(prefix = "/console/api", endpoint = "delete_initial_token")]
pub async fn delete_initial_token(id: String) -> Result<(), Failure> {
    super::visit::editor().await?.delete_initial_token(&id).await.map_err(super::visit::refuse)
}
