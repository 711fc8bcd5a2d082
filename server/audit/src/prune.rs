//! Old events go, from the beginning of the chain; the head says up to where, and is proven.

use std::time::Duration;

use coffer_core::audit::{Actor, AuditEvent, EventCode};

use crate::{AuditError, AuditLog};

/// Events of one transaction at most.
const BATCH: u64 = 200;
/// Pause between two of them: others want to write, too.
const BREATH: Duration = Duration::from_millis(50);

impl AuditLog {
    /// Deletes sealed events that are older than this, up to the first that is not. Returns how many it were.
    pub async fn prune(&self, keep_days: u32) -> Result<u64, AuditError> {
        let now = self.clock.now();
        let cut = now.plus_seconds(-i64::from(keep_days) * 24 * 3600).millis();
        let mut removed = 0;
        while let Some((head, key)) = self.proven().await? {
            let old = self.store.chain().links(head.pruned_to, BATCH).await?;
            let full = old.len() as u64 == BATCH;
            let old: Vec<_> = old
                .into_iter()
                .map_while(|(link, event)| event.is_some_and(|event| event.at < cut).then_some(link))
                .take_while(|link| link.position <= head.position)
                .collect();
            let count = old.len() as u64;
            let Some(last) = old.into_iter().next_back() else { break };
            let mut new = head.clone();
            (new.pruned_to, new.pruned_link) = (last.position, last.link);
            new.mac = key.head(&new);
            if self.store.chain().prune(&head, &new).await? {
                removed += count;
                if !full {
                    break;
                }
            }
            tokio::time::sleep(BREATH).await;
        }
        if removed > 0 {
            let text = format!("{removed} events older than {keep_days} days were deleted.");
            let event = AuditEvent::new(now, EventCode::AuditPruned, Actor::System, text);
            self.store.audit().append(&[event]).await?;
        }
        Ok(removed)
    }
}
