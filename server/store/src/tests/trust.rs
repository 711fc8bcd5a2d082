//! Statements that are good once, settings, registrations.

use coffer_contract::registration::{RegistrationMode, RegistrationSettings};
use coffer_core::{
    ids::InitialTokenId,
    registration::{InitialToken, UNUSED_SECONDS},
};
use coffer_crypto::TokenHash;

use super::*;
use crate::{NewRegistration, StoreError};

#[tokio::test]
async fn a_statement_is_the_first_once() {
    let store = Store::temporary().await.unwrap();
    let (a, b) = (TokenHash::of("a"), TokenHash::of("b"));
    assert!(store.replays().first(&a, at(100)).await.unwrap());
    assert!(!store.replays().first(&a, at(200)).await.unwrap());
    assert!(store.replays().first(&b, at(100)).await.unwrap());
    let both =
        tokio::join!(async { store.replays().first(&TokenHash::of("c"), at(100)).await.unwrap() }, async {
            store.replays().first(&TokenHash::of("c"), at(100)).await.unwrap()
        },);
    assert_ne!(both.0, both.1, "one of them came first");
    store.delete_expired(at(100)).await.unwrap();
    assert!(store.replays().first(&a, at(300)).await.unwrap(), "it is no good in itself by now");
}

#[tokio::test]
async fn a_setting_has_a_default_and_changes_from_what_was_seen() {
    let store = Store::temporary().await.unwrap();
    let settings = store.settings();
    let read = async || settings.get::<RegistrationSettings>("registration").await.unwrap();
    assert_eq!(read().await, (RegistrationSettings::default(), 0));
    let open = RegistrationSettings { mode: RegistrationMode::Open, ..RegistrationSettings::default() };
    let put = async |value: &RegistrationSettings, version: i64| {
        settings.put("registration", value, version, at(1), event(EventCode::RegistrationChanged)).await
    };
    assert_eq!(put(&open, 0).await.unwrap(), 1);
    assert_eq!(read().await, (open.clone(), 1));
    let stale = put(&RegistrationSettings::default(), 0).await;
    assert!(matches!(stale, Err(StoreError::Conflict { what: "version" })));
    assert_eq!(put(&RegistrationSettings::default(), 1).await.unwrap(), 2);
    assert!(matches!(put(&open, 1).await, Err(StoreError::Conflict { what: "version" })));
    assert_eq!(read().await, (RegistrationSettings::default(), 2));
    assert_eq!(events(&store).await, 2, "what was refused is no event");
}

fn new<'a>(client: &'a Client, token: &'a TokenHash, connections: &'a [ConnectionId]) -> NewRegistration<'a> {
    NewRegistration {
        client,
        secret: None,
        token: Some(token),
        ip: Some("192.0.2.1"),
        via: Some("CI"),
        connections,
    }
}

#[tokio::test]
async fn a_registered_application_is_kept_while_it_is_used() {
    let world = World::new().await;
    let registrations = world.store.registrations();
    let (used, unused) = (client("Used"), client("Unused"));
    let token = TokenHash::of("token");
    let gone = ConnectionId::from_text("con_gone");
    let enabled = [world.connection.id.clone(), gone];
    let registered = || event(EventCode::ApplicationRegistered);
    for client in [&used, &unused] {
        assert!(registrations.create(new(client, &token, &enabled), registered()).await.unwrap());
    }
    assert!(!registrations.create(new(&used, &token, &enabled), registered()).await.unwrap(), "taken");
    assert!(world.store.connections().is_enabled(&world.connection.id, &used.id).await.unwrap());
    let found = registrations.get(&used.id).await.unwrap().unwrap();
    assert_eq!((found.ip.as_deref(), found.via.as_deref()), (Some("192.0.2.1"), Some("CI")));
    assert_eq!(found.last_used_at, None);
    assert!(registrations.is_token(&used.id, &token).await.unwrap());
    assert!(!registrations.is_token(&used.id, &TokenHash::of("guess")).await.unwrap());
    assert!(!registrations.is_token(&world.client.id, &token).await.unwrap(), "made in the dashboard");

    registrations.used(&used.id, at(0)).await.unwrap();
    assert!(registrations.get(&used.id).await.unwrap().unwrap().last_used_at.is_some());
    registrations.used(&used.id, at(10 * 24 * 3600)).await.unwrap();
    registrations.used(&used.id, at(10 * 24 * 3600 + 60)).await.unwrap();
    let last = registrations.get(&used.id).await.unwrap().unwrap().last_used_at;
    assert_eq!(last, Some(at(10 * 24 * 3600)), "noted once a day");
    registrations.used(&world.client.id, at(1)).await.unwrap();

    world.store.delete_expired(at(UNUSED_SECONDS)).await.unwrap();
    let clients = world.store.clients();
    assert!(clients.get(&unused.id).await.unwrap().is_none());
    assert!(clients.get(&used.id).await.unwrap().is_some());
    world.store.delete_expired(at(100 * UNUSED_SECONDS)).await.unwrap();
    assert!(clients.get(&used.id).await.unwrap().is_none());
    assert!(clients.get(&world.client.id).await.unwrap().is_some(), "made in the dashboard");
    let log = world.store.audit().list(&Default::default(), None, 1000).await.unwrap();
    assert_eq!(log.iter().filter(|entry| entry.code == "application.expired").count(), 2);
}

#[tokio::test]
async fn an_initial_access_token_is_good_until_it_ends() {
    let store = Store::temporary().await.unwrap();
    let registrations = store.registrations();
    let token = InitialToken {
        id: InitialTokenId::generate(&SystemRng),
        name: "CI".into(),
        created_at: at(0),
        expires_at: at(100),
        uses: 0,
    };
    let hash = TokenHash::of("token");
    registrations.add_token(&token, &hash, event(EventCode::InitialTokenCreated)).await.unwrap();
    assert_eq!(registrations.use_token(&hash, at(1)).await.unwrap().map(|t| t.name), Some("CI".into()));
    assert_eq!(registrations.use_token(&TokenHash::of("guess"), at(1)).await.unwrap(), None);
    assert_eq!(registrations.use_token(&hash, at(100)).await.unwrap(), None);
    assert_eq!(registrations.tokens(at(99)).await.unwrap()[0].uses, 1);
    assert!(registrations.tokens(at(100)).await.unwrap().is_empty());
    let deleted = || event(EventCode::InitialTokenDeleted);
    assert!(registrations.delete_token(&token.id, deleted()).await.unwrap());
    assert!(!registrations.delete_token(&token.id, deleted()).await.unwrap());
    assert_eq!(registrations.use_token(&hash, at(1)).await.unwrap(), None);
}
