//! The dashboard at a glance.

use coffer_contract::overview::{Overview, SandboxView};
use leptos::prelude::*;

use super::Failure;

/// What the Overview page shows.
#[server(prefix = "/console/api", endpoint = "overview")]
pub async fn load_overview() -> Result<Overview, Failure> {
    super::visit::signed_in().await?.overview().await.map_err(super::visit::refuse)
}

/// Makes the sandbox's connection and application.
#[server(prefix = "/console/api", endpoint = "set_up_sandbox")]
pub async fn set_up_sandbox() -> Result<SandboxView, Failure> {
    super::visit::editor().await?.set_up_sandbox().await.map_err(super::visit::refuse)
}
