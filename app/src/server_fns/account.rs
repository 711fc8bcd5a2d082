//! One's own account as an administrator.

use leptos::prelude::*;

use super::Failure;

/// Replaces one's own password, and ends every other session.
#[server(prefix = "/console/api", endpoint = "change_password")]
pub async fn change_password(current_password: String, new_password: String) -> Result<(), Failure> {
    let (current, new) =
        (coffer_crypto::Secret::new(current_password), coffer_crypto::Secret::new(new_password));
    super::visit::visit()?.change_password(current, new).await.map_err(super::visit::refuse)
}
