use std::sync::Arc;

use coffer_contract::administrator::Role;
use coffer_core::{
    SystemRng, administrator::Administrator, audit::EventCode, clock::ManualClock, ids::AdministratorId,
};
use coffer_crypto::TokenHash;
use sea_orm::EntityTrait as _;
use tower_sessions::{Expiry, Session, SessionStore as _};

use super::{at, event, events};
use crate::{Sessions, Store, StoreError, entity::sessions};

#[tokio::test]
async fn the_database_never_sees_a_session_id() {
    let store = Store::temporary().await.unwrap();
    let clock = ManualClock::new(at(0));
    let admins = Arc::new(Sessions::new(store.clone(), Arc::new(clock.clone()), "console"));
    let end = time::OffsetDateTime::from_unix_timestamp(100).unwrap();
    let session = Session::new(None, admins.clone(), Some(Expiry::AtDateTime(end)));
    session.insert("who", "ada").await.unwrap();
    session.save().await.unwrap();
    let id = session.id().unwrap();

    let row = sessions::Entity::find().one(store.read()).await.unwrap().unwrap();
    let text = format!("{row:?}");
    assert!(!text.contains(&id.to_string()) && !row.data.contains(&id.0.to_string()), "{text}");
    assert_ne!(row.id_hash, id.0.to_le_bytes());

    assert!(admins.load(&id).await.unwrap().is_some());
    let users = Sessions::new(store.clone(), Arc::new(clock.clone()), "users");
    assert!(users.load(&id).await.unwrap().is_none(), "realms are apart");
    clock.advance_seconds(100);
    assert!(admins.load(&id).await.unwrap().is_none(), "ended");
    clock.advance_seconds(-100);

    let record = admins.load(&id).await.unwrap().unwrap();
    admins.delete(&id).await.unwrap();
    admins.save(&record).await.unwrap();
    assert!(admins.load(&id).await.unwrap().is_none(), "an ended session does not come back");
}

fn administrator(email: &str) -> Administrator {
    Administrator {
        id: AdministratorId::generate(&SystemRng),
        email: email.into(),
        created_at: at(0),
        last_sign_in_at: None,
        role: Role::Owner,
        session_generation: 0,
    }
}

#[tokio::test]
async fn the_set_up_link_makes_one_administrator() {
    let store = Store::temporary().await.unwrap();
    let (old, link) = (TokenHash::of("old"), TokenHash::of("link"));
    store.setup_links().replace(&old, at(100)).await.unwrap();
    store.setup_links().replace(&link, at(100)).await.unwrap();
    let create = async |token: &TokenHash, now| {
        let ada = administrator("ada@example.com");
        store
            .administrators()
            .create_first(&ada, "hash", token, at(now), event(EventCode::AdminCreated))
            .await
    };
    assert!(!store.setup_links().is_valid(&old, at(1)).await.unwrap());
    assert!(!create(&old, 1).await.unwrap());
    assert!(!create(&link, 100).await.unwrap(), "ended");
    assert!(store.setup_links().is_valid(&link, at(1)).await.unwrap());
    assert!(create(&link, 1).await.unwrap());
    assert!(!create(&link, 1).await.unwrap());
    store.setup_links().replace(&link, at(100)).await.unwrap();
    assert!(!create(&link, 1).await.unwrap(), "there is an administrator");
    assert_eq!((store.administrators().count().await.unwrap(), events(&store).await), (1, 1));
    let again = store
        .administrators()
        .create(&administrator("ada@example.com"), "hash", event(EventCode::AdminCreated))
        .await;
    assert!(matches!(again, Err(StoreError::Conflict { what: "email" })));
}

#[tokio::test]
async fn failures_are_counted_within_their_window() {
    let store = Store::temporary().await.unwrap();
    let (throttles, key) = (store.throttles(), TokenHash::of("ada@example.com"));
    assert_eq!(throttles.record(&key, at(0), 60).await.unwrap(), 1);
    assert_eq!(throttles.record(&key, at(59), 60).await.unwrap(), 2);
    assert_eq!(throttles.standing(&key, at(59)).await.unwrap(), (2, at(60)));
    throttles.forgive(&key).await.unwrap();
    assert_eq!(throttles.standing(&key, at(59)).await.unwrap(), (1, at(60)));
    assert_eq!(throttles.standing(&key, at(60)).await.unwrap().0, 0);
    assert_eq!(throttles.record(&key, at(60), 60).await.unwrap(), 1);
    throttles.clear(&key).await.unwrap();
    assert_eq!(throttles.standing(&key, at(61)).await.unwrap().0, 0);
}

#[tokio::test]
async fn other_databases_are_refused_in_words() {
    for url in ["mysql://localhost/coffer", "postgres://localhost:port/coffer", "sqlite::memory:", "sqlite:"]
    {
        let error = Store::connect(url, 1).await.unwrap_err();
        assert!(matches!(error, StoreError::Address { .. }), "{error}");
    }
}
