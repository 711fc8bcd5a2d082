//! Signing administrators in and out.

use coffer_contract::{administrator::AdministratorView, second_factor::SignInStep};
use leptos::prelude::*;

use super::Failure;

/// Signs an administrator in and sends them to `return_to`, if that is a page of the console; or first to where
/// their second factor is asked for.
#[server(prefix = "/console/api", endpoint = "sign_in")]
pub async fn sign_in(email: String, password: String, return_to: String) -> Result<SignInStep, Failure> {
    let password = coffer_crypto::Secret::new(password);
    let step = super::visit::visit()?.sign_in(&email, password).await.map_err(super::visit::refuse)?;
    super::visit::go_on(&step, &return_to);
    Ok(step)
}

/// Begins to sign an administrator in through a connection; `address::THROUGH` goes on to its provider.
#[server(prefix = "/console/api", endpoint = "sign_in_through")]
pub async fn sign_in_through(connection: String, return_to: String) -> Result<(), Failure> {
    super::visit::visit()?.begin_sign_in_through(&connection, &return_to).await.map_err(super::visit::refuse)
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
