//! The audit log, as the Logs page reads it.

use coffer_contract::{
    ApiError, Page,
    log::{LogCode, LogEntry, LogFilter},
    page::PAGE_SIZE,
};
use coffer_core::audit::EventCode;

use crate::Signed;

impl Signed {
    /// A page of the events that pass `filter`, newest first, older than the one numbered `before`.
    pub async fn list_logs(
        &self,
        filter: LogFilter,
        before: Option<i64>,
    ) -> Result<Page<LogEntry>, ApiError> {
        let found = self.store().audit().list(&filter, before, PAGE_SIZE + 1).await;
        let mut items = found.map_err(|e| self.visit.store_failed(e))?;
        let size = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        let next = if more { items.last().map(|entry| entry.id.to_string()) } else { None };
        Ok(Page { items, next })
    }

    /// Every type of event.
    pub fn log_codes(&self) -> Vec<LogCode> {
        let code =
            |code: &EventCode| LogCode { code: code.as_str().to_owned(), title: code.title().to_owned() };
        EventCode::ALL.iter().map(code).collect()
    }
}
