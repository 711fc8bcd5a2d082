//! Exporting the audit log from the Logs page, page by page.

use coffer_audit::Line;
use coffer_contract::{ApiError, log::LogFilter};
use coffer_store::StoreError;

use crate::Signed;

/// Events of one page.
const PAGE: u64 = 500;

/// An export under way.
#[derive(Debug)]
pub struct LogExport {
    signed: Signed,
    filter: LogFilter,
    after: i64,
    to: i64,
}

impl Signed {
    /// The events that pass `filter` and are there now, oldest first.
    pub async fn export_logs(&self, filter: LogFilter) -> Result<LogExport, ApiError> {
        // So that the newest have their links, too. Those that cannot be sealed are exported without.
        if let Err(error) = self.admin().audit_log.seal().await {
            tracing::error!(%error, "audit events could not be sealed before an export");
        }
        let to = self.store().audit().newest().await.map_err(|e| self.visit.store_failed(e))?;
        Ok(LogExport { signed: self.clone(), filter, after: 0, to })
    }
}

impl LogExport {
    /// The next lines; none when there are no more.
    pub async fn next(&mut self) -> Result<Option<Vec<Line>>, ApiError> {
        let page = self.page().await;
        page.map_err(|error| self.signed.visit.store_failed(error))
    }

    async fn page(&mut self) -> Result<Option<Vec<Line>>, StoreError> {
        let store = self.signed.store();
        let events = store.audit().whole(&self.filter, self.after, self.to, PAGE).await?;
        let Some(last) = events.last() else { return Ok(None) };
        self.after = last.id;
        let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
        let links = store.chain().links_of(&ids).await?;
        let before: Vec<i64> = links.values().map(|link| link.position - 1).collect();
        let mut previous = store.chain().links_at(&before).await?;
        // What comes before the first that is still there, the head says.
        if let Some(head) = store.chain().head().await? {
            previous.insert(head.pruned_to, head.pruned_link);
        }
        let lines = events.into_iter().map(|event| {
            let link = links.get(&event.id);
            let link = link.and_then(|link| Some((link, previous.get(&(link.position - 1))?.as_slice())));
            Line::new(event, link)
        });
        Ok(Some(lines.collect()))
    }
}
