//! Exporting the chain, page by page.

use coffer_contract::Timestamp;

use crate::{AuditError, AuditLog, Line};

/// Events of one page.
const PAGE: u64 = 500;

/// From the first event at or after `from`, up to the first at or after `to`. So the lines follow each other
/// without a gap, also where a clock was put back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Begins here.
    pub from: Option<Timestamp>,
    /// Ends before.
    pub to: Option<Timestamp>,
}

/// An export under way.
#[derive(Debug)]
pub struct Export {
    log: AuditLog,
    span: Span,
    begun: bool,
    ended: bool,
    at: i64,
    last: Vec<u8>,
}

impl AuditLog {
    /// The sealed events, by position.
    pub async fn export(&self, span: Span) -> Result<Export, AuditError> {
        let head = self.store.chain().head().await?;
        let (at, last) = head.map_or((0, Vec::new()), |head| (head.pruned_to, head.pruned_link));
        Ok(Export { log: self.clone(), span, begun: false, ended: false, at, last })
    }
}

impl Export {
    /// The next lines; none when there are no more. An event that is missing is left out, which verifying the
    /// file shows.
    pub async fn next(&mut self) -> Result<Option<Vec<Line>>, AuditError> {
        if self.ended {
            return Ok(None);
        }
        let page = self.log.store.chain().links(self.at, PAGE).await?;
        self.ended = page.is_empty();
        let mut lines = Vec::with_capacity(page.len());
        for (link, event) in page {
            let previous = std::mem::replace(&mut self.last, link.link.clone());
            self.at = link.position;
            let Some(event) = event else { continue };
            let at = Timestamp::from_millis(event.at);
            self.begun |= self.span.from.is_none_or(|from| at >= from);
            if !self.begun {
                continue;
            }
            if self.span.to.is_some_and(|to| at >= to) {
                self.ended = true;
                break;
            }
            lines.push(Line::new(event, Some((&link, &previous))));
        }
        Ok(if lines.is_empty() && self.ended { None } else { Some(lines) })
    }
}
