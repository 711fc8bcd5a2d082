//! On whatever engine the tests run with (`TEST_DATABASE`).

use std::sync::Arc;
use std::time::Duration;

use coffer_audit::{AuditLog, Span};
use coffer_core::{
    Clock as _, SystemRng, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    clock::ManualClock,
};
use coffer_crypto::{KeyFile, Keyring};
use coffer_store::Store;
use tokio_util::sync::CancellationToken;

use crate::DAY;

/// Writers whose events become visible in any order, and nodes that seal them meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_and_many_nodes_make_one_chain_and_old_events_go() {
    let store = Store::temporary().await.unwrap();
    let clock = ManualClock::new(Timestamp::from_seconds(1_700_000_000));
    let keyring = Arc::new(Keyring::from(KeyFile::generate(&SystemRng)));
    let node = || AuditLog::new(store.clone(), keyring.clone(), Arc::new(clock.clone()), Arc::new(SystemRng));
    let stop = CancellationToken::new();
    let sealers: Vec<_> = (0..3)
        .map(|_| {
            let (node, stop) = (node(), stop.clone());
            tokio::spawn(async move {
                while !stop.is_cancelled() {
                    node.seal().await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (store, now) = (store.clone(), clock.now());
            tokio::spawn(async move {
                for n in 0..40 {
                    let event = AuditEvent::new(now, EventCode::VaultReleased, Actor::System, format!("{n}"));
                    store.audit().append(&vec![event; 5]).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    stop.cancel();
    for sealer in sealers {
        sealer.await.unwrap();
    }
    // The first round looks for what came late.
    let (log, stop) = (node(), CancellationToken::new());
    let running = tokio::spawn({
        let (log, stop) = (log.clone(), stop.clone());
        async move { log.run(stop).await }
    });
    let sealed = async {
        while log.verify().await.unwrap().good < 800 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), sealed).await.expect("every event is sealed");
    stop.cancel();
    running.await.unwrap();
    let report = log.verify().await.unwrap();
    assert_eq!((report.good, report.position, report.waiting, report.breaks), (800, 800, 0, vec![]));

    let mut export = log.export(Span::default()).await.unwrap();
    let mut text = String::new();
    while let Some(lines) = export.next().await.unwrap() {
        text.extend(lines.iter().map(|line| line.json().unwrap()));
    }
    assert_eq!(log.verify_file(text.as_bytes(), false).await.unwrap().complaints, Vec::<String>::new());

    clock.advance_seconds(31 * DAY);
    assert_eq!(log.prune(30).await.unwrap(), 800);
    log.seal().await.unwrap();
    let report = log.verify().await.unwrap();
    assert_eq!((report.pruned_to, report.good, report.breaks), (800, 1, vec![]));
}
