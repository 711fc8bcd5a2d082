use coffer_contract::log::LogFilter;

use crate::{DAY, World};
use coffer_audit::{Break, Span};

#[tokio::test]
async fn old_events_go_and_the_chain_stays_whole() {
    let world = World::new().await;
    world.write(450).await;
    world.clock.advance_seconds(20 * DAY);
    world.write(5).await;
    world.log.seal().await.unwrap();
    assert_eq!(world.log.prune(30).await.unwrap(), 0, "none is old enough");
    world.clock.advance_seconds(11 * DAY);
    assert_eq!(world.log.prune(30).await.unwrap(), 450);
    assert_eq!(world.log.seal().await.unwrap(), 1, "that they went is an event");
    let report = world.log.verify().await.unwrap();
    assert_eq!(report.breaks, []);
    assert_eq!((report.pruned_to, report.good, report.position), (450, 6, 456));
    let newest = world.store.audit().list(&LogFilter::default(), None, 1).await.unwrap().remove(0);
    assert_eq!(
        (newest.code.as_str(), newest.description.as_str()),
        ("audit.pruned", "450 events older than 30 days were deleted.")
    );
    assert_eq!(world.log.prune(30).await.unwrap(), 0);
    // What is left is as proven as before.
    world
        .tampered("DELETE FROM audit_links WHERE position = 451; DELETE FROM audit_events WHERE id = 451")
        .await;
    assert_eq!(world.log.verify().await.unwrap().breaks, [Break::Removed(451, 451)]);
}

#[tokio::test]
async fn an_event_that_is_not_sealed_does_not_go() {
    let world = World::with(2).await;
    world.write(2).await;
    world.clock.advance_seconds(100 * DAY);
    assert_eq!(world.log.prune(1).await.unwrap(), 2);
    assert_eq!(world.log.seal().await.unwrap(), 3);
    assert_eq!(world.log.verify().await.unwrap().breaks, []);
    let mut export = world.log.export(Span::default()).await.unwrap();
    let lines = export.next().await.unwrap().unwrap();
    assert_eq!(lines.iter().map(|line| line.position.unwrap()).collect::<Vec<_>>(), [3, 4, 5]);
}
