//! The head of the chain, and its key.

use coffer_crypto::Sealed;
use coffer_store::ChainHead;
use zeroize::Zeroizing;

use crate::{
    AuditError, AuditLog,
    encode::{ChainKey, START},
};

/// The key, and the sealed value that it came from: after a restored backup it is another.
pub(crate) struct Opened {
    sealed: Sealed,
    key: ChainKey,
}

impl AuditLog {
    /// The key that `head` holds.
    pub(crate) async fn key(&self, head: &ChainHead) -> Result<ChainKey, AuditError> {
        let mut opened = self.opened.lock().await;
        if let Some(known) = opened.as_ref().filter(|known| known.sealed == head.key) {
            return Ok(known.key.clone());
        }
        let key = ChainKey(self.keyring.open(ChainHead::KEY, &head.key).await?);
        *opened = Some(Opened { sealed: head.key.clone(), key: key.clone() });
        Ok(key)
    }

    /// The head, proven, with its key. A head that was changed is not gone on from: that would prove it.
    pub(crate) async fn proven(&self) -> Result<Option<(ChainHead, ChainKey)>, AuditError> {
        let Some(head) = self.store.chain().head().await? else {
            return match self.store.chain().is_headless().await? {
                true => Err(AuditError::NoHead),
                false => Ok(None),
            };
        };
        let key = self.key(&head).await?;
        if key.head(&head) != head.mac {
            return Err(AuditError::Head);
        }
        Ok(Some((head, key)))
    }

    /// The head, proven; a new one where there is none yet.
    pub(crate) async fn head(&self) -> Result<(ChainHead, ChainKey), AuditError> {
        loop {
            if let Some(found) = self.proven().await? {
                return Ok(found);
            }
            let mut secret = Zeroizing::new(vec![0u8; 32]);
            self.rng.fill(&mut secret);
            let key = ChainKey(secret);
            let mut head = ChainHead {
                key: self.keyring.seal(self.rng.as_ref(), ChainHead::KEY, &key.0),
                position: 0,
                link: START.to_vec(),
                last_event: 0,
                settled: 0,
                pruned_to: 0,
                pruned_link: START.to_vec(),
                mac: Vec::new(),
            };
            head.mac = key.head(&head);
            // Somebody else may have begun at the same moment: theirs is found in the next round.
            self.store.chain().begin(&head).await?;
        }
    }
}
