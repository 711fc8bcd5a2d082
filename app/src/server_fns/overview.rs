//! The dashboard at a glance.

use coffer_contract::overview::Overview;
use leptos::prelude::*;

use super::Failure;

/// What the Overview page shows.
#[server(prefix = "/console/api", endpoint = "overview")]
pub async fn load_overview() -> Result<Overview, Failure> {
    super::visit::signed_in().await?.overview().await.map_err(super::visit::refuse)
}
