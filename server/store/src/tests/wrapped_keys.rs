use coffer_contract::Timestamp;
use coffer_core::audit::EventCode;
use coffer_crypto::WrappedKey;

use super::{World, at, event, events};
use crate::{StoreError, StoredKey};

fn key(id: &str, activated_at: Option<Timestamp>) -> StoredKey {
    let wrapped = WrappedKey { version: 1, text: format!("vault:v1:{id}") };
    StoredKey { id: id.into(), wrapped, created_at: at(1), activated_at }
}

#[tokio::test]
async fn the_first_keys_are_those_of_whoever_is_first() {
    let world = World::new().await;
    let (keys, added) = (world.store.wrapped_keys(), [event(EventCode::KeyAdded)]);
    let (one, other) = ([key("kek_1", Some(at(1)))], [key("kek_2", Some(at(1)))]);
    let (won, lost) = tokio::join!(keys.replace(&[], &one, &added), keys.replace(&[], &other, &added));
    assert_ne!(won.unwrap(), lost.unwrap(), "one of two");
    let before = events(&world.store).await;
    assert!(!keys.replace(&[], &other, &added).await.unwrap());
    assert_eq!(keys.list().await.unwrap().len(), 1);
    assert_eq!(events(&world.store).await, before);
    let there = keys.list().await.unwrap();
    assert!(keys.replace(&there, &[key("kek_3", Some(at(3)))], &added).await.unwrap());
    assert_eq!(keys.list().await.unwrap(), [key("kek_3", Some(at(3)))]);
}

#[tokio::test]
async fn the_key_that_was_activated_last_is_active_whatever_the_clock_said() {
    let world = World::new().await;
    let keys = world.store.wrapped_keys();
    assert!(keys.replace(&[], &[key("kek_1", Some(at(50)))], &[]).await.unwrap());
    keys.add(&key("kek_2", None), event(EventCode::KeyAdded)).await.unwrap();
    let again = keys.add(&key("kek_2", None), event(EventCode::KeyAdded)).await;
    assert!(matches!(again, Err(StoreError::Conflict { what: "key" })), "{again:?}");
    let active = async || StoredKey::active(&keys.list().await.unwrap()).unwrap().id.clone();
    assert_eq!(active().await, "kek_1");
    // By a machine whose clock is behind.
    assert!(keys.activate("kek_2", at(20), event(EventCode::KeyActivated)).await.unwrap());
    assert_eq!(active().await, "kek_2");
    assert!(keys.activate("kek_1", at(20), event(EventCode::KeyActivated)).await.unwrap());
    assert_eq!(active().await, "kek_1", "and back");
    assert!(!keys.activate("kek_3", at(90), event(EventCode::KeyActivated)).await.unwrap());
    let before = events(&world.store).await;
    assert!(!keys.remove("kek_1", event(EventCode::KeyRemoved)).await.unwrap(), "the active one stays");
    assert!(!keys.remove("kek_3", event(EventCode::KeyRemoved)).await.unwrap());
    assert_eq!(events(&world.store).await, before);
    assert!(keys.remove("kek_2", event(EventCode::KeyRemoved)).await.unwrap());
    assert_eq!(keys.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_two_that_wrap_anew_one_is_first() {
    let world = World::new().await;
    let keys = world.store.wrapped_keys();
    let old = key("kek_1", Some(at(1)));
    assert!(keys.replace(&[], std::slice::from_ref(&old), &[]).await.unwrap());
    let anew = |text: &str| WrappedKey { version: 2, text: text.into() };
    assert!(keys.rewrapped("kek_1", &old.wrapped, &anew("vault:v2:a")).await.unwrap());
    assert!(!keys.rewrapped("kek_1", &old.wrapped, &anew("vault:v2:b")).await.unwrap());
    assert_eq!(keys.list().await.unwrap()[0].wrapped, anew("vault:v2:a"));
}
