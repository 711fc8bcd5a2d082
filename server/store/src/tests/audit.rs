use coffer_contract::log::LogFilter;
use coffer_core::audit::{Actor, EventCode};

use super::{World, at, event};
use crate::StoreError;

#[tokio::test]
async fn filters_and_pages_newest_first() {
    let world = World::new().await;
    let mut events = Vec::new();
    for n in 0..5 {
        let code = if n % 2 == 0 { EventCode::VaultReleased } else { EventCode::VaultRefused };
        events.push(event(code).client(&world.client.id).connection("acme").user(&world.user.id));
    }
    world.store.audit().append(&events).await.unwrap();
    let list = async |filter: LogFilter, before, limit| {
        world.store.audit().list(&filter, before, limit).await.unwrap()
    };

    let released = LogFilter { code: "vault.released".into(), ..LogFilter::default() };
    assert_eq!(list(released, None, 10).await.len(), 3);
    let area = LogFilter { code: "vault".into(), outcome: "failure".into(), ..LogFilter::default() };
    assert_eq!(list(area, None, 10).await.len(), 2);
    let both = LogFilter {
        client_id: world.client.id.to_string(),
        connection: "acme".into(),
        user_id: world.user.id.to_string(),
        ..LogFilter::default()
    };
    let first = list(both.clone(), None, 2).await;
    assert!(first[0].id > first[1].id);
    assert_eq!(first[0].application.as_deref(), Some("Agent"));
    assert_eq!(list(both.clone(), Some(first[1].id), 10).await.len(), 3);
    assert!(list(LogFilter { connection: "other".into(), ..both }, None, 10).await.is_empty());
}

#[tokio::test]
async fn a_deleted_application_keeps_its_id_in_the_log() {
    let world = World::new().await;
    let mut released = event(EventCode::VaultReleased).client(&world.client.id);
    released.actor = Actor::Client(world.client.id.clone());
    world.store.audit().append(&[released]).await.unwrap();
    assert!(
        world.store.clients().delete(&world.client.id, event(EventCode::ApplicationDeleted)).await.unwrap()
    );
    let filter = LogFilter { client_id: world.client.id.to_string(), ..LogFilter::default() };
    let entry = world.store.audit().list(&filter, None, 1).await.unwrap().remove(0);
    assert_eq!((entry.application, entry.actor), (None, format!("Application {}", world.client.id)));
}

#[tokio::test]
async fn a_bad_row_is_named() {
    use sea_orm::{EntityTrait as _, sea_query::Expr};

    use crate::entity::connections as table;

    let world = World::new().await;
    table::Entity::update_many()
        .col_expr(table::Column::Purpose, Expr::value("\"nonsense\""))
        .exec(world.store.write())
        .await
        .unwrap();
    let error = world.store.connections().get(&world.connection.id).await.unwrap_err();
    let StoreError::BadRow { table, column, row, .. } = &error else { panic!("{error}") };
    assert_eq!((*table, *column, row.as_str()), ("connections", "purpose", world.connection.id.as_str()));
    assert!(!error.to_string().contains("nonsense"));
}

#[tokio::test]
async fn expiry_deletes_what_ended_and_nothing_else() {
    let world = World::new().await;
    world.signed_in().await;
    assert_eq!(world.store.delete_expired(at(30)).await.unwrap(), 0);
    // The access token ends after an hour, the code is kept for a day after its minute.
    assert_eq!(world.store.delete_expired(at(3600)).await.unwrap(), 1);
    assert_eq!(world.store.delete_expired(at(24 * 3600 + 60)).await.unwrap(), 1);
    assert_eq!(world.store.pending_migrations().await.unwrap(), 0);
}
