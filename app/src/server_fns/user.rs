//! End users.

use coffer_contract::{
    Page,
    user::{UserDetail, UserSummary},
};
use leptos::prelude::*;

use super::Failure;

/// A page of the user list.
#[server(prefix = "/console/api", endpoint = "list_users")]
pub async fn list_users(search: String, after: Option<String>) -> Result<Page<UserSummary>, Failure> {
    let signed = super::visit::signed_in().await?;
    signed.list_users(&search, after.as_deref()).await.map_err(super::visit::refuse)
}

/// One user.
#[server(prefix = "/console/api", endpoint = "user")]
pub async fn user(id: String) -> Result<UserDetail, Failure> {
    super::visit::signed_in().await?.user(&id).await.map_err(super::visit::refuse)
}

/// Disconnects an account of a user.
#[server(prefix = "/console/api", endpoint = "disconnect_account")]
pub async fn disconnect_account(user_id: String, account_id: String) -> Result<(), Failure> {
    let editor = super::visit::editor().await?;
    editor.disconnect_account(&user_id, &account_id).await.map_err(super::visit::refuse)
}

/// Deletes a user whose id was typed as confirmation.
#[server(prefix = "/console/api", endpoint = "delete_user")]
pub async fn delete_user(id: String, confirm: String) -> Result<(), Failure> {
    super::visit::editor().await?.delete_user(&id, &confirm).await.map_err(super::visit::refuse)
}
