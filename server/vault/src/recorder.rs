//! Audit events of releases, committed in groups: whoever waits shares one transaction, and nobody
//! is answered before the group that holds their event is on disk.

use coffer_core::audit::AuditEvent;
use coffer_store::Store;
use tokio::sync::{mpsc, oneshot};

use crate::VaultError;

/// Events waiting for the next group; beyond it, callers wait in line.
const QUEUE: usize = 4096;
/// Events in one transaction at most.
const GROUP: usize = 512;

/// Told whether it was written; if not, whether that may work a little later.
type Waiting = (AuditEvent, oneshot::Sender<Result<(), bool>>);

pub(crate) struct Recorder(mpsc::Sender<Waiting>);

impl Recorder {
    /// Starts the writing task; it ends when the recorder is dropped.
    pub(crate) fn start(store: Store) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(write(store, receiver));
        Self(sender)
    }

    /// Returns once `event` is committed.
    pub(crate) async fn record(&self, event: AuditEvent) -> Result<(), VaultError> {
        let (done, committed) = oneshot::channel();
        self.0.send((event, done)).await.map_err(|_| VaultError::Stopped)?;
        match committed.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(unavailable)) => Err(VaultError::NotRecorded { unavailable }),
            Err(_) => Err(VaultError::Stopped),
        }
    }
}

async fn write(store: Store, mut receiver: mpsc::Receiver<Waiting>) {
    let mut group = Vec::with_capacity(GROUP);
    while receiver.recv_many(&mut group, GROUP).await > 0 {
        let (events, waiters): (Vec<_>, Vec<_>) = group.drain(..).unzip();
        let written = store.audit().append(&events).await;
        if let Err(error) = &written {
            tracing::error!(%error, events = events.len(), "audit events could not be written; their tokens are withheld");
        }
        let told = written.map_err(|error| error.is_unavailable());
        for waiter in waiters {
            // A caller that went away does not need the answer.
            let _ = waiter.send(told);
        }
    }
}
