//! Walking the chain: every event as it was, in its place, none missing.

use std::fmt;

use coffer_core::hex::hex;
use coffer_store::{ChainHead, ChainLink, StoredEvent};

use crate::{AuditError, AuditLog, encode::ChainKey};

/// Links looked at in one go.
const PAGE: u64 = 1000;
/// Breaks that are named; the others are counted.
const NAMED: usize = 20;

/// Where the chain is not as Coffer wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// The head was changed, so that nothing proves where the chain ends.
    Head,
    /// There is no head, although there are links.
    NoHead,
    /// Event and link do not belong together, or not to what is before them.
    Changed {
        /// Position.
        position: i64,
        /// Number of the event.
        event: i64,
    },
    /// The event of a link is gone.
    Missing {
        /// Position.
        position: i64,
        /// Number of the event.
        event: i64,
    },
    /// These links are gone, from the first to the last.
    Removed(i64, i64),
    /// The chain ends too early: these are gone.
    Cut(i64, i64),
    /// The chain does not end with the head's link.
    End(i64),
    /// A link beyond the head.
    Beyond(i64),
    /// An event that was put between others: it has no link.
    Inserted(i64),
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("the head was changed: nothing proves where the chain ends"),
            Self::NoHead => f.write_str("the head is missing"),
            Self::Changed { position, event } => {
                write!(f, "position {position}: event {event} or its link was changed, moved or put there")
            }
            Self::Missing { position, event } => write!(f, "position {position}: event {event} is missing"),
            Self::Removed(from, to) => write!(f, "positions {from} to {to} are missing"),
            Self::Cut(from, to) => write!(f, "positions {from} to {to} are missing: the end was cut off"),
            Self::End(position) => write!(f, "position {position}: the chain does not end with its head"),
            Self::Beyond(position) => write!(f, "position {position}: a link beyond the head was put there"),
            Self::Inserted(event) => write!(f, "event {event} has no link: it was put there"),
        }
    }
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The last position whose event was deleted for its age.
    pub pruned_to: i64,
    /// The last position.
    pub position: i64,
    /// Its link, in hexadecimal.
    pub link: String,
    /// Events with their links that are as they were.
    pub good: u64,
    /// Events that are not sealed yet.
    pub waiting: u64,
    /// The first breaks.
    pub breaks: Vec<Break>,
    /// How many more there are.
    pub further: u64,
}

impl Report {
    fn found(&mut self, found: Break) {
        if self.breaks.len() < NAMED {
            self.breaks.push(found);
        } else {
            self.further += 1;
        }
    }
}

impl AuditLog {
    /// Walks the whole chain. What is written meanwhile is not looked at.
    pub async fn verify(&self) -> Result<Report, AuditError> {
        let chain = self.store.chain();
        loop {
            let mut report = Report::default();
            let Some(head) = chain.head().await? else {
                if chain.is_headless().await? {
                    report.found(Break::NoHead);
                }
                report.waiting = chain.count_after(0).await?;
                return Ok(report);
            };
            let key = self.key(&head).await?;
            if key.head(&head) != head.mac {
                report.found(Break::Head);
            }
            self.walk(&head, &key, &mut report).await?;
            // Old events may have gone while they were looked at.
            if chain.head().await?.is_some_and(|now| now.pruned_to == head.pruned_to) {
                return Ok(report);
            }
        }
    }

    async fn walk(&self, head: &ChainHead, key: &ChainKey, report: &mut Report) -> Result<(), AuditError> {
        let chain = self.store.chain();
        (report.pruned_to, report.position, report.link) = (head.pruned_to, head.position, hex(&head.link));
        let (mut at, mut last) = (head.pruned_to, head.pruned_link.clone());
        let mut page = chain.links(at, PAGE).await?;
        while at < head.position {
            page.retain(|(link, _)| link.position <= head.position);
            let Some(end) = page.last().map(|(link, _)| link.position) else { break };
            for (link, event) in page {
                let follows = link.position == at + 1;
                if !follows {
                    report.found(Break::Removed(at + 1, link.position - 1));
                }
                match check(key, &last, &link, event.as_ref(), follows) {
                    Some(found) => report.found(found),
                    // After a gap nothing proves the first.
                    None if follows => report.good += 1,
                    None => {}
                }
                (at, last) = (link.position, link.link);
            }
            page = chain.links(end, PAGE).await?;
        }
        if at < head.position {
            report.found(Break::Cut(at + 1, head.position));
        } else if last != head.link {
            report.found(Break::End(at));
        }
        self.around(head, report).await
    }

    /// What no link leads to.
    async fn around(&self, head: &ChainHead, report: &mut Report) -> Result<(), AuditError> {
        let chain = self.store.chain();
        let mut after = i64::MIN;
        loop {
            let page = chain.unlinked(after, head.settled, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            page.iter().for_each(|event| report.found(Break::Inserted(event.id)));
        }
        // The links first: with each of them, the head moves.
        let beyond = chain.links(head.position, PAGE).await?;
        let now = chain.head().await?.map_or(head.position, |now| now.position);
        for (link, _) in beyond.iter().filter(|(link, _)| link.position > now) {
            report.found(Break::Beyond(link.position));
        }
        report.waiting = chain.count_after(head.last_event).await?;
        Ok(())
    }
}

/// `follows`: whether the link before it is there.
fn check(
    key: &ChainKey,
    last: &[u8],
    link: &ChainLink,
    event: Option<&StoredEvent>,
    follows: bool,
) -> Option<Break> {
    let (position, number) = (link.position, link.event_id);
    let Some(event) = event else { return Some(Break::Missing { position, event: number }) };
    (follows && key.link(last, position, event) != link.link)
        .then_some(Break::Changed { position, event: number })
}
