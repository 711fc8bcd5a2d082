use coffer_contract::webhook::{Attempt, DeliveryFilter, DeliveryState, EventType};
use coffer_core::{
    SystemRng,
    audit::{AuditEvent, EventCode},
    ids::{DeliveryId, UserId, WebhookId},
    webhook::{Delivery, Webhook},
};

use super::{World, at, connection, event, events, sealed};
use crate::{Store, StoreError};

fn webhook(types: &[EventType]) -> Webhook {
    Webhook {
        id: WebhookId::generate(&SystemRng),
        url: "https://app.example/hooks".into(),
        description: "The app".into(),
        types: types.to_vec(),
        enabled: true,
        given_up: None,
        failing_since: None,
        secret_replaced_at: at(0),
        created_at: at(0),
        updated_at: at(0),
        version: 1,
    }
}

async fn added(store: &Store, types: &[EventType]) -> Webhook {
    let webhook = webhook(types);
    store.webhooks().create(&webhook, &sealed("secrets"), event(EventCode::WebhookCreated)).await.unwrap();
    webhook
}

async fn deliveries(store: &Store, webhook: &Webhook) -> Vec<Delivery> {
    store.deliveries().list(&webhook.id, &DeliveryFilter::default(), None, 1000).await.unwrap().items
}

fn released() -> AuditEvent {
    event(EventCode::VaultReleased).user(&UserId::from_text("oidc|acme|ada"))
}

fn attempt(status: Option<u16>) -> Attempt {
    Attempt { at: at(5), took: 12, status, note: "note".into() }
}

#[tokio::test]
async fn an_event_is_told_to_those_who_subscribe_to_it() {
    let world = World::new().await;
    let store = &world.store;
    let (all, accounts) =
        (added(store, EventType::ALL).await, added(store, &[EventType::AccountConnected]).await);
    let off = Webhook { enabled: false, ..webhook(EventType::ALL) };
    store.webhooks().create(&off, &sealed("secrets"), event(EventCode::WebhookCreated)).await.unwrap();
    store.audit().append(&[released(), event(EventCode::UserSignedIn)]).await.unwrap();
    let made = deliveries(store, &all).await;
    assert_eq!(made.len(), 1, "a sign-in is nothing for webhooks");
    assert_eq!((made[0].event, made[0].state), (EventType::TokenReleased, DeliveryState::Pending));
    assert_eq!(made[0].due_at, Some(at(0)));
    let body: serde_json::Value = serde_json::from_str(&made[0].payload).unwrap();
    assert_eq!(body["data"]["user_id"], "oidc|acme|ada");
    assert!(deliveries(store, &accounts).await.is_empty());
    assert!(deliveries(store, &off).await.is_empty());
}

#[tokio::test]
async fn what_is_rolled_back_is_not_told() {
    let world = World::new().await;
    let webhook = added(&world.store, EventType::ALL).await;
    // The name is taken; and what is deleted is gone already.
    let (created, deleted) = (event(EventCode::ConnectionCreated), event(EventCode::ConnectionDeleted));
    let again = world.store.connections().create(&connection("acme"), None, created).await;
    assert!(matches!(again, Err(StoreError::Conflict { what: "name" })));
    let nowhere = connection("nowhere");
    assert!(!world.store.connections().delete(&nowhere.id, &[], deleted.clone()).await.unwrap());
    assert!(deliveries(&world.store, &webhook).await.is_empty());
    assert!(world.store.connections().delete(&world.connection.id, &[], deleted).await.unwrap());
    assert_eq!(deliveries(&world.store, &webhook).await[0].event, EventType::ConnectionDeleted);
}

#[tokio::test]
async fn a_delivery_is_claimed_once_and_again_when_its_lease_has_ended() {
    let world = World::new().await;
    let webhook = added(&world.store, EventType::ALL).await;
    world.store.audit().append(&vec![released(); 6]).await.unwrap();
    let store = world.store.deliveries();
    let claim = async |now| store.claim(&webhook.id, at(now), at(now + 60), 4).await.unwrap();
    let (first, second) = tokio::join!(claim(1), claim(1));
    assert_eq!(first.len() + second.len(), 6);
    let mut ids: Vec<_> = first.iter().chain(&second).map(|delivery| delivery.id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6, "nobody else got one of them");
    assert!(claim(60).await.is_empty());
    assert!(world.store.webhooks().due(at(60)).await.unwrap().is_empty());
    // Who claimed them died: somebody else takes them, and what came of the late attempt is not written.
    assert_eq!(world.store.webhooks().due(at(61)).await.unwrap().len(), 1);
    let mut later = claim(61).await;
    later.extend(claim(61).await);
    assert_eq!(later.len(), 6);
    let late = first[0].clone().after(attempt(Some(200)), at(62), None);
    assert_eq!(store.settle(&late, at(62)).await.unwrap(), None);
    let newest = later.iter().find(|delivery| delivery.id == late.id).unwrap().clone();
    let done = newest.after(attempt(Some(200)), at(62), None);
    assert!(store.settle(&done, at(62)).await.unwrap().is_some());
    let read = store.get(&late.id).await.unwrap().unwrap();
    assert_eq!((read.state, read.finished_at, read.due_at), (DeliveryState::Delivered, Some(at(62)), None));
    assert_eq!(read.attempts, [attempt(Some(200))]);
}

#[tokio::test]
async fn a_webhook_fails_from_the_first_failure_to_the_next_success() {
    let world = World::new().await;
    let webhook = added(&world.store, EventType::ALL).await;
    world.store.audit().append(&vec![released(); 3]).await.unwrap();
    let store = world.store.deliveries();
    let [a, b, c] = &store.claim(&webhook.id, at(1), at(60), 9).await.unwrap()[..] else { panic!() };
    let failed = async |delivery: &Delivery, now| {
        let after = delivery.clone().after(attempt(None), at(now), Some(at(now + 5)));
        store.settle(&after, at(now)).await.unwrap().unwrap().failing_since
    };
    assert_eq!(failed(a, 2).await, Some(at(2)));
    assert_eq!(failed(b, 9).await, Some(at(2)));
    let done = c.clone().after(attempt(Some(204)), at(10), None);
    assert_eq!(store.settle(&done, at(10)).await.unwrap().unwrap().failing_since, None);
}

#[tokio::test]
async fn one_that_is_switched_off_leaves_nothing_to_be_delivered() {
    let world = World::new().await;
    let store = &world.store;
    for by_hand in [true, false] {
        let webhook = added(store, EventType::ALL).await;
        store.audit().append(&vec![released(); 2]).await.unwrap();
        let under_way = store.deliveries().claim(&webhook.id, at(1), at(60), 1).await.unwrap().remove(0);
        if by_hand {
            let off = Webhook { enabled: false, updated_at: at(2), ..webhook.clone() };
            store.webhooks().update(&off, 1, event(EventCode::WebhookUpdated)).await.unwrap();
            let stale = store.webhooks().update(&off, 1, event(EventCode::WebhookUpdated)).await;
            assert!(matches!(stale, Err(StoreError::Conflict { what: "version" })));
        } else {
            let gone = event(EventCode::WebhookGivenUp);
            assert!(store.webhooks().give_up(&webhook.id, "gone", at(2), gone.clone()).await.unwrap());
            assert!(!store.webhooks().give_up(&webhook.id, "gone", at(2), gone).await.unwrap());
            let read = store.webhooks().get(&webhook.id).await.unwrap().unwrap();
            assert_eq!((read.enabled, read.given_up.as_deref()), (false, Some("gone")));
        }
        let left = deliveries(store, &webhook).await;
        assert!(left.iter().all(|delivery| delivery.state == DeliveryState::GivenUp), "{left:?}");
        let late = under_way.after(attempt(None), at(3), Some(at(8)));
        assert_eq!(store.deliveries().settle(&late, at(3)).await.unwrap(), None);
        assert!(store.webhooks().due(at(100)).await.unwrap().is_empty());
        let before = events(store).await;
        let resent = event(EventCode::WebhookResent);
        assert!(!store.deliveries().resend(&left[0].id, at(4), resent).await.unwrap());
        assert_eq!(events(store).await, before);
    }
}

#[tokio::test]
async fn deliveries_are_found_page_by_page_and_sent_again() {
    let world = World::new().await;
    let webhook = added(&world.store, EventType::ALL).await;
    world.store.audit().append(&vec![released(); 5]).await.unwrap();
    world.store.audit().append(&[event(EventCode::VaultStored)]).await.unwrap();
    let store = world.store.deliveries();
    let claimed = store.claim(&webhook.id, at(1), at(60), 2).await.unwrap();
    for delivery in &claimed {
        store.settle(&delivery.clone().after(attempt(None), at(2), None), at(2)).await.unwrap();
    }
    let list = async |state: &str, event: &str, after: Option<&str>, limit| {
        let filter = DeliveryFilter { state: state.into(), event: event.into() };
        store.list(&webhook.id, &filter, after, limit).await.unwrap()
    };
    assert_eq!(list("given_up", "", None, 9).await.items.len(), 2);
    assert_eq!(list("", "account.connected", None, 9).await.items.len(), 1);
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = list("", "", after.as_deref(), 4).await;
        ids.extend(page.items.into_iter().map(|delivery| delivery.id));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);

    let id = &claimed[0].id;
    assert!(store.resend(id, at(9), event(EventCode::WebhookResent)).await.unwrap());
    let read = store.get(id).await.unwrap().unwrap();
    assert_eq!((read.state, read.due_at, read.failures), (DeliveryState::Pending, Some(at(9)), 0));
    assert_eq!(read.attempts.len(), 1, "what was tried before is kept");
    let nobody = DeliveryId::from_text("msg_nobody");
    assert!(!store.resend(&nobody, at(9), event(EventCode::WebhookResent)).await.unwrap());
}

#[tokio::test]
async fn what_was_delivered_is_kept_for_a_week_and_what_was_not_for_a_month() {
    let world = World::new().await;
    let webhook = added(&world.store, EventType::ALL).await;
    world.store.audit().append(&vec![released(); 3]).await.unwrap();
    let store = world.store.deliveries();
    let claimed = store.claim(&webhook.id, at(1), at(60), 2).await.unwrap();
    for (delivery, status) in claimed.iter().zip([Some(200), None]) {
        store.settle(&delivery.clone().after(attempt(status), at(2), None), at(2)).await.unwrap();
    }
    const DAY: i64 = 24 * 3600;
    assert_eq!(world.store.delete_expired(at(7 * DAY)).await.unwrap(), 0);
    assert_eq!(world.store.delete_expired(at(7 * DAY + 2)).await.unwrap(), 1);
    assert_eq!(world.store.delete_expired(at(30 * DAY)).await.unwrap(), 0);
    assert_eq!(world.store.delete_expired(at(30 * DAY + 2)).await.unwrap(), 1);
    assert_eq!(deliveries(&world.store, &webhook).await[0].state, DeliveryState::Pending);
    assert!(world.store.webhooks().delete(&webhook.id, event(EventCode::WebhookDeleted)).await.unwrap());
    assert!(deliveries(&world.store, &webhook).await.is_empty());
}

#[tokio::test]
async fn secrets_are_replaced_unless_somebody_else_did() {
    let world = World::new().await;
    let webhook = added(&world.store, EventType::ALL).await;
    let store = world.store.webhooks();
    let replace = async |old: &str, new: &str| {
        let rotated = event(EventCode::WebhookSecretRotated);
        store.replace_secrets(&webhook.id, &sealed(old), &sealed(new), at(7), rotated).await.unwrap()
    };
    assert!(replace("secrets", "new").await);
    assert!(!replace("secrets", "newer").await);
    let (read, secrets) = store.with_secrets(&webhook.id).await.unwrap().unwrap();
    assert_eq!((secrets, read.secret_replaced_at), (sealed("new"), at(7)));
    // Sealing anew, for another key, finds them too.
    let found = world.store.seals().page(None, 100).await.unwrap();
    let place = found.iter().find(|row| row.table == "webhooks").unwrap();
    assert_eq!((place.row.as_str(), place.column), (webhook.id.as_str(), "secrets"));
    let (seals, anew) = (world.store.seals(), sealed("anew"));
    assert!(seals.replace("webhooks", &place.row, "secrets", &place.sealed, &anew).await.unwrap());
}
