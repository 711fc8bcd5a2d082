use sea_orm::ConnectionTrait as _;

use crate::World;
use coffer_audit::{AuditError, AuditLog, Break};

async fn breaks(world: &World) -> Vec<Break> {
    world.log.verify().await.unwrap().breaks
}

#[tokio::test]
async fn an_untouched_log_is_whole() {
    let world = World::with(2500).await;
    let report = world.log.verify().await.unwrap();
    assert_eq!((report.good, report.position, report.waiting), (2500, 2500, 0));
    assert_eq!(report.breaks, []);
    world.write(3).await;
    assert_eq!(world.log.verify().await.unwrap().waiting, 3, "they are not sealed yet, and no break");
    assert_eq!(world.log.seal().await.unwrap(), 3);
    assert_eq!(world.log.verify().await.unwrap().good, 2503);
}

#[tokio::test]
async fn an_empty_log_is_whole() {
    let world = World::new().await;
    assert_eq!(world.log.verify().await.unwrap().breaks, []);
    assert_eq!(world.log.seal().await.unwrap(), 0);
    assert_eq!(world.log.verify().await.unwrap().breaks, []);
}

#[tokio::test]
async fn every_changed_column_is_noticed() {
    for change in [
        "at = at + 1",
        "code = 'vault.refused'",
        "success = NOT success",
        "actor_kind = 'user'",
        "actor = 'eve'",
        "client_id = 'eve'",
        "connection = NULL",
        "connection = ''",
        "user_id = ''",
        "account = 'eve'",
        "ip = NULL",
        "ip = '192.0.2.2'",
        "description = 'nothing'",
        // What one column loses, another gains.
        "actor = 'acme', connection = ''",
    ] {
        let world = World::with(5).await;
        world.tampered(&format!("UPDATE audit_events SET {change} WHERE id = 2")).await;
        assert_eq!(breaks(&world).await, [Break::Changed { position: 2, event: 2 }], "{change}");
    }
}

#[tokio::test]
async fn a_removed_event_is_noticed() {
    let world = World::with(5).await;
    world.tampered("DELETE FROM audit_events WHERE id = 3").await;
    assert_eq!(breaks(&world).await, [Break::Missing { position: 3, event: 3 }]);
}

#[tokio::test]
async fn a_removed_line_with_its_link_is_noticed() {
    let world = World::with(6).await;
    world
        .tampered(
            "DELETE FROM audit_links WHERE event_id IN (3, 4); DELETE FROM audit_events WHERE id IN (3, 4)",
        )
        .await;
    assert_eq!(breaks(&world).await, [Break::Removed(3, 4)]);
    // Those behind move up.
    world.tampered("UPDATE audit_links SET position = position - 2 WHERE position > 4").await;
    let found = breaks(&world).await;
    assert!(found.contains(&Break::Changed { position: 3, event: 5 }), "{found:?}");
    assert!(found.contains(&Break::Cut(5, 6)), "{found:?}");
}

#[tokio::test]
async fn reordered_lines_are_noticed() {
    let world = World::with(5).await;
    world
        .tampered(
            "UPDATE audit_links SET event_id = -1 WHERE event_id = 2; \
             UPDATE audit_links SET event_id = 2 WHERE event_id = 4; \
             UPDATE audit_links SET event_id = 4 WHERE event_id = -1",
        )
        .await;
    let changed = |position, event| Break::Changed { position, event };
    assert_eq!(breaks(&world).await, [changed(2, 4), changed(4, 2)]);
    // The positions with their links, too.
    let world = World::with(5).await;
    world
        .tampered(
            "UPDATE audit_links SET position = -1 WHERE position = 2; \
             UPDATE audit_links SET position = 2 WHERE position = 4; \
             UPDATE audit_links SET position = 4 WHERE position = -1",
        )
        .await;
    assert_eq!(breaks(&world).await[0], changed(2, 4));
}

#[tokio::test]
async fn an_inserted_line_is_noticed() {
    const LINE: &str = "INSERT INTO audit_events (id, at, code, success, actor_kind, actor, description) \
                        VALUES (3, 0, 'vault.released', TRUE, 'system', '', 'forged')";
    let world = World::with(2).await;
    // A number that was left free, as by a transaction that was rolled back.
    world.tampered("UPDATE sqlite_sequence SET seq = 3 WHERE name = 'audit_events'").await;
    world.write(2).await;
    world.log.seal().await.unwrap();
    world.tampered(LINE).await;
    assert_eq!(breaks(&world).await, [Break::Inserted(3)]);
    // With a link of its own.
    world
        .tampered(
            "UPDATE audit_links SET position = 5 WHERE position = 4; \
             UPDATE audit_links SET position = 4 WHERE position = 3; \
             INSERT INTO audit_links SELECT 3, 3, link FROM audit_links WHERE position = 2",
        )
        .await;
    let found = breaks(&world).await;
    assert!(found.contains(&Break::Changed { position: 3, event: 3 }), "{found:?}");
    assert!(found.contains(&Break::Beyond(5)), "{found:?}");
}

#[tokio::test]
async fn a_cut_tail_is_noticed() {
    let world = World::with(5).await;
    let cut = "DELETE FROM audit_links WHERE position > 3; DELETE FROM audit_events WHERE id > 3";
    world.tampered(cut).await;
    assert_eq!(breaks(&world).await, [Break::Cut(4, 5)]);
    // A later event does not heal it.
    world.write(1).await;
    world.log.seal().await.unwrap();
    assert_eq!(breaks(&world).await, [Break::Removed(4, 5)]);
}

#[tokio::test]
async fn a_cut_tail_with_its_head_is_noticed_and_not_sealed_over() {
    let world = World::with(5).await;
    world
        .tampered(
            "DELETE FROM audit_links WHERE position > 3; DELETE FROM audit_events WHERE id > 3; \
             UPDATE audit_chain SET position = 3, last_event = 3, settled = 3, \
             link = (SELECT link FROM audit_links WHERE position = 3)",
        )
        .await;
    assert_eq!(breaks(&world).await, [Break::Head]);
    world.write(1).await;
    assert!(matches!(world.log.seal().await, Err(AuditError::Head)));
    assert_eq!(breaks(&world).await, [Break::Head], "nobody proved it");
}

#[tokio::test]
async fn each_part_of_the_head_is_proven() {
    for change in [
        "position = 6",
        "link = x'00'",
        "last_event = 99",
        "settled = 1",
        "pruned_to = 1",
        "pruned_link = x'00'",
        "mac = x'00'",
    ] {
        let world = World::with(5).await;
        world.tampered(&format!("UPDATE audit_chain SET {change}")).await;
        assert!(breaks(&world).await.contains(&Break::Head), "{change}");
    }
    let world = World::with(5).await;
    world.tampered("DELETE FROM audit_chain").await;
    assert_eq!(breaks(&world).await, [Break::NoHead]);
    world.write(1).await;
    assert!(matches!(world.log.seal().await, Err(AuditError::NoHead)), "it does not begin anew");
}

#[tokio::test]
async fn the_database_refuses_changes_by_itself() {
    let world = World::with(5).await;
    let file = world.file().await;
    for statement in [
        "UPDATE audit_events SET description = 'x' WHERE id = 2",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE id = 5",
        "UPDATE audit_links SET link = x'00'",
        "DELETE FROM audit_links WHERE position = 5",
        "DELETE FROM audit_chain",
        "UPDATE audit_chain SET position = 4",
        "UPDATE audit_chain SET pruned_to = 6",
    ] {
        let error = file.execute_unprepared(statement).await.unwrap_err().to_string();
        assert!(error.contains("audit"), "{statement}: {error}");
    }
    assert_eq!(breaks(&world).await, []);
}

#[tokio::test]
async fn another_key_proves_nothing() {
    use std::sync::Arc;

    use coffer_core::SystemRng;
    use coffer_crypto::{KeyFile, Keyring};

    let world = World::with(5).await;
    let other = Arc::new(Keyring::from(KeyFile::generate(&SystemRng)));
    let log = AuditLog::new(world.store.clone(), other, Arc::new(world.clock.clone()), Arc::new(SystemRng));
    assert!(matches!(log.verify().await, Err(AuditError::Key(_))));
    assert!(matches!(log.seal().await, Err(AuditError::Key(_))));
}
