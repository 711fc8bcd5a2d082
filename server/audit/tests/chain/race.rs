use std::sync::Arc;
use std::time::Duration;

use coffer_audit::AuditLog;
use tokio::{sync::Barrier, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_sealers_make_one_chain() {
    let world = World::new().await;
    let stop = CancellationToken::new();
    let mut nodes = Vec::new();
    for _ in 0..4 {
        let (node, stop) = (world.node(), stop.clone());
        nodes.push(tokio::spawn(async move {
            let mut sealed = 0;
            while !stop.is_cancelled() {
                sealed += node.seal().await.unwrap();
                tokio::task::yield_now().await;
            }
            sealed
        }));
    }
    for _ in 0..200 {
        world.write(7).await;
    }
    stop.cancel();
    let mut sealed = world.log.seal().await.unwrap();
    for node in nodes {
        sealed += node.await.unwrap();
    }
    assert_eq!(sealed, 1400, "each event once");
    let report = world.log.verify().await.unwrap();
    assert_eq!((report.good, report.position, report.waiting), (1400, 1400, 0));
    assert_eq!(report.breaks, []);
}

/// Whoever begins the chain has linked an event before the others have looked twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_begin_at_the_same_moment_make_one_chain() {
    for _ in 0..8 {
        let world = World::new().await;
        world.write(1).await;
        let start = Arc::new(Barrier::new(8));
        let mut nodes = JoinSet::new();
        for _ in 0..8 {
            let (node, start) = (world.node(), start.clone());
            nodes.spawn(async move {
                start.wait().await;
                node.seal().await
            });
        }
        let mut sealed = 0;
        while let Some(node) = nodes.join_next().await {
            sealed += node.unwrap().unwrap();
        }
        assert_eq!(sealed, 1);
        let report = world.log.verify().await.unwrap();
        assert_eq!((report.good, report.breaks), (1, vec![]));
    }
}

#[tokio::test]
async fn it_seals_in_the_background_and_stops_when_told_to() {
    let world = World::new().await;
    let stop = CancellationToken::new();
    let task = tokio::spawn({
        let (log, stop) = (world.log.clone(), stop.clone());
        async move { log.run(stop).await }
    });
    world.write(3).await;
    let sealed = async {
        while world.log.verify().await.unwrap().position < 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), sealed).await.expect("sealed within a moment");
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn after_the_keys_were_rotated_the_chain_goes_on() {
    use coffer_core::SystemRng;
    use coffer_crypto::{KeyFile, Keyring};
    use coffer_store::ChainHead;

    let world = World::with(3).await;
    let row = world.store.seals().page(None, 1).await.unwrap().remove(0);
    assert_eq!((row.table, row.column), (ChainHead::KEY.table, ChainHead::KEY.column));
    let plain = world.keyring.open(ChainHead::KEY, &row.sealed).await.unwrap();
    let keyring = Arc::new(Keyring::from(KeyFile::generate(&SystemRng)));
    let anew = keyring.seal(&SystemRng, ChainHead::KEY, &plain);
    assert!(world.store.seals().replace(row.table, &row.row, row.column, &row.sealed, &anew).await.unwrap());
    let clock = Arc::new(world.clock.clone());
    let log = AuditLog::new(world.store.clone(), keyring, clock, Arc::new(SystemRng));
    world.write(2).await;
    assert_eq!(log.seal().await.unwrap(), 2);
    assert_eq!(log.verify().await.unwrap().good, 5);
}
