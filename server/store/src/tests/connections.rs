use coffer_core::{audit::EventCode, ids::ClientId};
use coffer_crypto::TokenHash;

use super::{World, at, client, connection, event, events, kept, sealed};
use crate::StoreError;

#[tokio::test]
async fn a_stale_version_changes_nothing() {
    let world = World::new().await;
    let connections = world.store.connections();
    let updated = || event(EventCode::ConnectionUpdated);
    let mut changed = world.connection.clone();
    changed.display_name = "First".into();
    connections.update(&changed, None, 1, updated()).await.unwrap();
    let before = events(&world.store).await;
    changed.display_name = "Second".into();
    let error = connections.update(&changed, Some(&sealed("new")), 1, updated()).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { what: "version" }), "{error}");
    let stored = connections.get(&changed.id).await.unwrap().unwrap();
    assert_eq!((stored.display_name.as_str(), stored.version), ("First", 2));
    assert_eq!(connections.secret(&changed.id).await.unwrap().unwrap(), sealed("secret"));
    assert_eq!(events(&world.store).await, before);
    connections.update(&changed, Some(&sealed("new")), 2, updated()).await.unwrap();
    assert_eq!(connections.secret(&changed.id).await.unwrap().unwrap(), sealed("new"));
}

#[tokio::test]
async fn a_taken_name_is_a_conflict() {
    let world = World::new().await;
    let created = event(EventCode::ConnectionCreated);
    let error = world.store.connections().create(&connection("acme"), None, created).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { what: "name" }), "{error}");
}

#[tokio::test]
async fn pages_by_key_and_searches_literally() {
    let world = World::new().await;
    let connections = world.store.connections();
    for name in ["bravo", "charlie", "delta-x"] {
        connections.create(&connection(name), None, event(EventCode::ConnectionCreated)).await.unwrap();
    }
    let strategies = ["oidc".to_owned()];
    let names = async |search: &str, after: Option<&str>| {
        let page = connections.list(&strategies, search, after, 2).await.unwrap();
        (page.items.into_iter().map(|(c, n)| (c.name, n)).collect::<Vec<_>>(), page.next)
    };
    let (first, next) = names("", None).await;
    assert_eq!(first, [("acme".into(), 1), ("bravo".into(), 0)]);
    let (second, end) = names("", next.as_deref()).await;
    assert_eq!(second.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(), ["charlie", "delta-x"]);
    assert_eq!(end, None);
    assert_eq!(names("ELTA", None).await.0.len(), 1);
    assert_eq!(names("%", None).await.0.len(), 0);
    assert_eq!(connections.list(&["github".to_owned()], "", None, 9).await.unwrap().items.len(), 0);

    for _ in 0..3 {
        world
            .store
            .clients()
            .create(&client("Same"), None, event(EventCode::ApplicationCreated))
            .await
            .unwrap();
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = world.store.clients().list("", after.as_deref(), 1).await.unwrap();
        seen.extend(page.items.into_iter().map(|(c, _)| c.id.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 4);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4);
}

#[tokio::test]
async fn enablements_change_once_and_need_both_ends() {
    let world = World::new().await;
    let connections = world.store.connections();
    let (con, app) = (&world.connection.id, &world.client.id);
    let set = async |app: &ClientId, on| {
        connections.set_enabled(con, app, on, at(0), event(EventCode::ConnectionEnabled)).await
    };
    let before = events(&world.store).await;
    assert!(!set(app, true).await.unwrap());
    assert_eq!(events(&world.store).await, before);
    assert_eq!(connections.enabled_for(app).await.unwrap().len(), 1);
    assert!(set(app, false).await.unwrap());
    assert!(!connections.is_enabled(con, app).await.unwrap());
    assert!(connections.enabled_for(app).await.unwrap().is_empty());
    assert!(connections.of_client(app).await.unwrap()[0].1.is_none());
    let missing = set(&ClientId::from_text("nobody"), true).await.unwrap_err();
    assert!(matches!(missing, StoreError::NotFound { what: "application" }), "{missing}");
}

#[tokio::test]
async fn deleting_a_connection_takes_its_users_and_their_tokens_along() {
    let world = World::new().await;
    world.signed_in().await;
    let deleted = || event(EventCode::ConnectionDeleted);
    assert!(world.store.connections().delete(&world.connection.id, &[], deleted()).await.unwrap());
    assert!(!world.store.connections().delete(&world.connection.id, &[], deleted()).await.unwrap());
    assert_eq!(world.store.users().get(&world.user.id).await.unwrap(), None);
    assert_eq!(world.store.tokens().refresh(&TokenHash::of("r-1")).await.unwrap(), None);
    assert_eq!(world.store.tokens().access(&TokenHash::of("a-1"), at(2)).await.unwrap(), None);
    assert!(world.store.connections().of_client(&world.client.id).await.unwrap().is_empty());
    assert!(world.store.clients().get(&world.client.id).await.unwrap().is_some());
}

#[tokio::test]
async fn the_applications_origins_and_secret_follow_its_changes() {
    let world = World::new().await;
    let clients = world.store.clients();
    assert!(clients.origin_allowed("https://app.example").await.unwrap());
    let mut changed = world.client.clone();
    changed.web_origins = vec!["https://other.example".into(), "https://other.example".into()];
    clients.update(&changed, 1, event(EventCode::ApplicationUpdated)).await.unwrap();
    assert!(!clients.origin_allowed("https://app.example").await.unwrap());
    assert!(clients.origin_allowed("https://other.example").await.unwrap());
    assert_eq!(clients.secret_hash(&changed.id).await.unwrap(), Some(TokenHash::of("client secret")));
    let rotated = event(EventCode::ApplicationSecretRotated);
    assert!(clients.replace_secret(&changed.id, &kept("new"), at(9), rotated).await.unwrap());
    let sealed = clients.sealed_secrets(&[changed.id.clone(), ClientId::from_text("nobody")]).await.unwrap();
    assert_eq!(sealed.len(), 1);
    assert_eq!(sealed[&changed.id].as_bytes(), kept("new").sealed.as_bytes());
    let (stored, hash) = clients.with_secret_hash(&changed.id).await.unwrap().unwrap();
    assert_eq!((stored.secret_replaced_at, hash), (Some(at(9)), Some(TokenHash::of("new"))));
}

#[tokio::test]
async fn sealed_values_page_and_swap() {
    let world = World::new().await;
    let other = connection("bravo");
    let created = event(EventCode::ConnectionCreated);
    world.store.connections().create(&other, Some(&sealed("other")), created).await.unwrap();
    let seals = world.store.seals();
    let first = seals.page(None, 1).await.unwrap().remove(0);
    let rest = seals.page(Some((first.table, &first.row)), 10).await.unwrap();
    assert_eq!(rest.len(), 2, "the other connection's, and the application's");
    let (table, row, column) = (first.table, first.row.as_str(), first.column);
    assert!(!seals.replace(table, row, column, &sealed("stale"), &sealed("x")).await.unwrap());
    assert!(seals.replace(table, row, column, &first.sealed, &sealed("x")).await.unwrap());
    assert!(seals.replace("clients", row, "name", &sealed("x"), &sealed("y")).await.is_err());
}
