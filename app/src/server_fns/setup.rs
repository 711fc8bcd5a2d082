//! Setting up the first administrator.

use coffer_contract::{administrator::SetupState, second_factor::SignInStep};
use leptos::prelude::*;

use super::Failure;

/// Whether the installation waits for its first administrator, and whether `token` may create them.
#[server(prefix = "/console/api", endpoint = "setup_state", name = ReadSetupState)]
pub async fn setup_state(token: String) -> Result<SetupState, Failure> {
    super::visit::visit()?.setup_state(&token).await.map_err(super::visit::refuse)
}

/// Creates the first administrator and signs them in.
#[server(prefix = "/console/api", endpoint = "complete_setup")]
pub async fn complete_setup(token: String, email: String, password: String) -> Result<SignInStep, Failure> {
    let password = coffer_crypto::Secret::new(password);
    let visit = super::visit::visit()?;
    let step = visit.complete_setup(&token, &email, password).await.map_err(super::visit::refuse)?;
    super::visit::go_on(&step, crate::address::HOME);
    Ok(step)
}
