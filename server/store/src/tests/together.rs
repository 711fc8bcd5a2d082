use coffer_core::audit::EventCode;

use super::{World, connection, event, events};
use crate::StoreError;

#[tokio::test]
async fn changes_made_together_are_seen_by_others_all_at_once() {
    let world = World::new().await;
    let before = events(&world.store).await;
    let together = world.store.together().await.unwrap();
    let within = together.store().connections();
    within.create(&connection("bravo"), None, event(EventCode::ConnectionCreated)).await.unwrap();
    // One that fails takes nothing else with it.
    let taken = within.create(&connection("bravo"), None, event(EventCode::ConnectionCreated)).await;
    assert!(matches!(taken, Err(StoreError::Conflict { what: "name" })));
    within.create(&connection("charlie"), None, event(EventCode::ConnectionCreated)).await.unwrap();
    assert!(within.by_name("bravo").await.unwrap().is_some(), "seen within");
    assert!(world.store.connections().by_name("bravo").await.unwrap().is_none(), "not seen outside");
    together.commit().await.unwrap();
    for name in ["bravo", "charlie"] {
        assert!(world.store.connections().by_name(name).await.unwrap().is_some(), "{name}");
    }
    assert_eq!(events(&world.store).await, before + 2);
}

#[tokio::test]
async fn what_is_rolled_back_or_dropped_was_never_there() {
    let world = World::new().await;
    let before = events(&world.store).await;
    for dropped in [false, true] {
        let together = world.store.together().await.unwrap();
        let within = together.store().clone();
        let created = event(EventCode::ConnectionCreated);
        within.connections().create(&connection("bravo"), None, created).await.unwrap();
        if dropped {
            drop((together, within));
        } else {
            together.rollback().await.unwrap();
            assert!(within.connections().all().await.is_err(), "the store ended with its transaction");
        }
        assert!(world.store.connections().by_name("bravo").await.unwrap().is_none());
        assert_eq!(events(&world.store).await, before);
    }
    let created = event(EventCode::ConnectionCreated);
    world.store.connections().create(&connection("bravo"), None, created).await.unwrap();
}
