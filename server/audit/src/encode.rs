//! What is authenticated, byte for byte.
//!
//! Every part has its length before it, so that no two events read the same. A part that is absent is left out,
//! and each has a number: a column that comes later gets a new one and changes nothing about events before it.

use coffer_crypto::mac::hmac_sha256;
use coffer_store::{ChainHead, StoredEvent};
use zeroize::Zeroizing;

/// The key of the chain.
#[derive(Clone)]
pub(crate) struct ChainKey(pub(crate) Zeroizing<Vec<u8>>);

/// Length of a link.
pub(crate) const LINK: usize = 32;

/// What comes before the first link.
pub(crate) const START: [u8; LINK] = [0; LINK];

struct Message(Vec<u8>);

impl Message {
    fn new(label: &str) -> Self {
        let mut message = Self(Vec::with_capacity(512));
        message.part(0, label.as_bytes());
        message
    }

    fn part(&mut self, number: u8, bytes: &[u8]) {
        self.0.push(number);
        self.0.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
    }

    fn number(&mut self, number: u8, value: i64) {
        self.part(number, &value.to_be_bytes());
    }

    fn text(&mut self, number: u8, value: Option<&str>) {
        if let Some(value) = value {
            self.part(number, value.as_bytes());
        }
    }
}

impl ChainKey {
    /// The link of `event` at `position`, after the link `previous`.
    pub(crate) fn link(&self, previous: &[u8], position: i64, event: &StoredEvent) -> Vec<u8> {
        let mut message = Message::new("coffer audit link");
        message.part(1, previous);
        message.number(2, position);
        message.number(3, event.id);
        message.number(4, event.at);
        message.text(5, Some(&event.code));
        message.number(6, i64::from(event.success));
        message.text(7, Some(&event.actor_kind));
        message.text(8, Some(&event.actor));
        message.text(9, event.client_id.as_deref());
        message.text(10, event.connection.as_deref());
        message.text(11, event.user_id.as_deref());
        message.text(12, event.account.as_deref());
        message.text(13, event.ip.as_deref());
        message.text(14, Some(&event.description));
        hmac_sha256(&self.0, &message.0)
    }

    /// What proves the head.
    pub(crate) fn head(&self, head: &ChainHead) -> Vec<u8> {
        let mut message = Message::new("coffer audit head");
        message.number(1, head.position);
        message.part(2, &head.link);
        message.number(3, head.last_event);
        message.number(4, head.settled);
        message.number(5, head.pruned_to);
        message.part(6, &head.pruned_link);
        hmac_sha256(&self.0, &message.0)
    }
}

/// The bytes of a link that was written in hexadecimal.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    coffer_core::hex::unhex(text).filter(|link| link.len() == LINK)
}
