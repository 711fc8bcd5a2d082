//! One's own account as an administrator.

use coffer_contract::administrator::LinkedAccounts;
use leptos::prelude::*;

use super::Failure;

/// Replaces one's own password, and ends every other session.
#[server(prefix = "/console/api", endpoint = "change_password")]
pub async fn change_password(current_password: String, new_password: String) -> Result<(), Failure> {
    let (current, new) =
        (coffer_crypto::Secret::new(current_password), coffer_crypto::Secret::new(new_password));
    super::visit::visit()?.change_password(current, new).await.map_err(super::visit::refuse)
}

/// One's own accounts at providers, with which one signs in.
#[server(prefix = "/console/api", endpoint = "linked_accounts", name = ReadLinkedAccounts)]
pub async fn linked_accounts() -> Result<LinkedAccounts, Failure> {
    super::visit::visit()?.linked_accounts().await.map_err(super::visit::refuse)
}

/// Begins to link one; `address::THROUGH` goes on to the connection's provider.
#[server(prefix = "/console/api", endpoint = "link_account")]
pub async fn link_account(connection: String, current_password: String) -> Result<(), Failure> {
    let current = coffer_crypto::Secret::new(current_password);
    super::visit::visit()?.begin_link(&connection, current).await.map_err(super::visit::refuse)
}

/// Removes one.
#[server(prefix = "/console/api", endpoint = "unlink_account")]
pub async fn unlink_account(id: String) -> Result<(), Failure> {
    super::visit::visit()?.unlink_account(&id).await.map_err(super::visit::refuse)
}
