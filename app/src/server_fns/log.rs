//! The audit log.

use coffer_contract::{
    Page,
    log::{LogCode, LogEntry, LogFilter},
};
use leptos::{prelude::*, server_fn::codec::Json};

use super::Failure;

/// A page of the audit log, newest first. `before` is the number of the last event of the page before.
#[server(prefix = "/console/api", endpoint = "list_logs", input = Json)]
pub async fn list_logs(filter: LogFilter, before: Option<i64>) -> Result<Page<LogEntry>, Failure> {
    super::visit::signed_in().await?.list_logs(filter, before).await.map_err(super::visit::refuse)
}

/// Every type code, for the filter.
#[server(prefix = "/console/api", endpoint = "log_codes")]
pub async fn log_codes() -> Result<Vec<LogCode>, Failure> {
    Ok(super::visit::signed_in().await?.log_codes())
}
