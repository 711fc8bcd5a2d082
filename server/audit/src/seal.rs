//! Sealing: committed events become links, in the order of their numbers.

use std::collections::VecDeque;
use std::time::Duration;

use coffer_store::{ChainHead, ChainLink, StoredEvent};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::{AuditError, AuditLog, encode::ChainKey};

/// How often a round begins anew from the head of a faster node; the next round is a moment later.
const TRIES: usize = 16;
/// Events of one transaction at most: others wait to write meanwhile.
const BATCH: u64 = 500;
/// Pause while there is nothing to do.
const IDLE: Duration = Duration::from_millis(500);
/// Pause between two batches of many: others want to write, too.
const BREATH: Duration = Duration::from_millis(20);
/// Pause after a failure.
const AGAIN: Duration = Duration::from_secs(5);
/// How often a failure that lasts is complained about.
const COMPLAIN: Duration = Duration::from_secs(300);
/// How often events are looked for that became visible late.
const LATE_EVERY: Duration = Duration::from_secs(30);
/// No transaction takes longer than this: after it, no event with a smaller number comes any more.
const SETTLED_AFTER: Duration = Duration::from_secs(300);

/// What one node has seen of the numbers, for events that become visible late.
#[derive(Default)]
struct Seen {
    /// When the head was at which event.
    samples: VecDeque<(Instant, i64)>,
    looked: Option<Instant>,
}

impl Seen {
    fn due(&self) -> bool {
        self.looked.is_none_or(|at| at.elapsed() >= LATE_EVERY)
    }

    /// The largest number below which everything has settled.
    fn settled(&mut self, last_event: i64) -> i64 {
        let now = Instant::now();
        self.looked = Some(now);
        self.samples.push_back((now, last_event));
        let mut settled = 0;
        while let Some((at, number)) = self.samples.front()
            && now.duration_since(*at) >= SETTLED_AFTER
        {
            settled = *number;
            self.samples.pop_front();
        }
        settled
    }
}

impl AuditLog {
    /// Seals events until `stop`, a moment after each was committed.
    pub async fn run(&self, stop: CancellationToken) {
        let mut seen = Seen::default();
        let mut complained: Option<Instant> = None;
        loop {
            let pause = match self.round(&mut seen).await {
                Ok(sealed) => {
                    complained = None;
                    if sealed == BATCH { BREATH } else { IDLE }
                }
                Err(error) => {
                    if complained.is_none_or(|at| at.elapsed() >= COMPLAIN) {
                        complained = Some(Instant::now());
                        tracing::error!(%error, "audit events are not sealed; see `coffer audit verify`");
                    }
                    AGAIN
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }

    /// Seals everything that is there. Returns how many events it were.
    pub async fn seal(&self) -> Result<u64, AuditError> {
        let mut sealed = 0;
        loop {
            match self.next().await? {
                0 => return Ok(sealed),
                count => sealed += count,
            }
        }
    }

    async fn round(&self, seen: &mut Seen) -> Result<u64, AuditError> {
        let sealed = self.next().await?;
        if self.store.chain().comes_late() && seen.due() {
            self.late(seen).await?;
        }
        Ok(sealed)
    }

    /// Seals a batch of what comes after the last event of the chain.
    async fn next(&self) -> Result<u64, AuditError> {
        let chain = self.store.chain();
        for _ in 0..TRIES {
            let (head, key) = self.head().await?;
            let events = chain.after(head.last_event, BATCH).await?;
            if events.is_empty() {
                return Ok(0);
            }
            let (mut new, links) = extended(&key, &head, &events);
            if !chain.comes_late() {
                new.settled = new.last_event;
            }
            if self.extend(&key, &head, new, links).await? {
                return Ok(events.len() as u64);
            }
            // Another node was faster: from its head on.
        }
        Ok(0)
    }

    /// Seals what became visible after events with larger numbers.
    async fn late(&self, seen: &mut Seen) -> Result<(), AuditError> {
        let (head, _) = self.head().await?;
        let settled = seen.settled(head.last_event);
        for _ in 0..TRIES {
            let (head, key) = self.head().await?;
            let events = self.store.chain().unlinked(head.settled, head.last_event, BATCH).await?;
            let (mut new, links) = extended(&key, &head, &events);
            // What is in this batch was not there before; what is beyond it is looked for once more.
            let to = if events.len() as u64 == BATCH { head.settled } else { settled };
            new.settled = head.settled.max(to);
            if new.settled == head.settled && links.is_empty() {
                return Ok(());
            }
            if self.extend(&key, &head, new, links).await? && (events.len() as u64) < BATCH {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn extend(
        &self,
        key: &ChainKey,
        head: &ChainHead,
        mut new: ChainHead,
        links: Vec<ChainLink>,
    ) -> Result<bool, AuditError> {
        new.mac = key.head(&new);
        let done = self.store.chain().extend(head, &new, links).await?;
        if done {
            // Enough for a position: an f64 is exact up to 2^53.
            metrics::gauge!("coffer_audit_position").set(new.position as f64);
        }
        Ok(done)
    }
}

/// The head after `events`, not yet proven, and their links.
fn extended(key: &ChainKey, head: &ChainHead, events: &[StoredEvent]) -> (ChainHead, Vec<ChainLink>) {
    let mut new = head.clone();
    let mut links = Vec::with_capacity(events.len());
    for event in events {
        new.position += 1;
        new.link = key.link(&new.link, new.position, event);
        new.last_event = new.last_event.max(event.id);
        links.push(ChainLink { position: new.position, event_id: event.id, link: new.link.clone() });
    }
    (new, links)
}
