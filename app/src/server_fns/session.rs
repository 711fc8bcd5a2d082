//! Signing administrators in and out.

use coffer_contract::administrator::AdministratorView;
use leptos::prelude::*;

use super::Failure;

/// Signs an administrator in and sends them to `return_to`, if that is a page of the console.
#[server(prefix = "/console/api", endpoint = "sign_in")]
pub async fn sign_in(
    email: String,
    password: String,
    return_to: String,
) -> Result<AdministratorView, Failure> {
    let password = coffer_crypto::Secret::new(password);
    let me = super::visit::visit()?.sign_in(&email, password).await.map_err(super::visit::refuse)?;
    super::visit::go_to(crate::address::inside(&return_to));
    Ok(me)
}

/// Ends the session.
#[server(prefix = "/console/api", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), Failure> {
    super::visit::visit()?.sign_out().await.map_err(super::visit::refuse)?;
    super::visit::go_to(crate::address::SIGN_IN);
    Ok(())
}

/// Who is signed in.
#[server(prefix = "/console/api", endpoint = "me")]
pub async fn me() -> Result<AdministratorView, Failure> {
    Ok(super::visit::signed_in().await?.me())
}
