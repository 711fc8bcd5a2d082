use coffer_contract::{
    ApiError,
    application::{ApplicationType, NewApplication},
    catalogue::ConnectionGroup,
};
use coffer_core::ids::ConnectionId;
use coffer_crypto::Context;

use super::{House, fields, form};

#[tokio::test]
async fn a_refused_form_changes_nothing() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let before = house.log().await;
    let mut bad = form("-bad-");
    bad.client_id = String::new();
    let error = signed.create_connection("github", bad).await.unwrap_err();
    assert_eq!(fields(&error), ["name", "client_id"]);
    let unknown = signed.create_connection("nonsense", form("x")).await.unwrap_err();
    assert!(matches!(unknown, ApiError::NotFound { .. }));
    let list = signed.list_connections(ConnectionGroup::Social, "", None).await.unwrap();
    assert!(list.items.is_empty());
    assert_eq!(house.log().await, before);
}

#[tokio::test]
async fn the_client_secret_is_sealed_for_its_row_and_kept_when_left_empty() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let created = signed.create_connection("github", form("github-1")).await.unwrap();
    assert_eq!(created.client_id, "upstream-id");
    assert_eq!(created.scopes, ["repo"]);
    assert_eq!(created.display_name, created.entry.name);
    assert_eq!(created.callback_url, "https://coffer.example/login/callback");
    let open = async |id: &str| {
        let sealed = house.store.connections().secret(&ConnectionId::from_text(id)).await.unwrap().unwrap();
        let place = Context { table: "connections", row: id, column: "client_secret" };
        house.admin.keyring.open(place, &sealed).await.unwrap().to_vec()
    };
    assert_eq!(open(&created.id).await, b"upstream-secret");

    house.clock.advance_seconds(60);
    let mut edit = form("ignored");
    edit.client_secret = String::new();
    edit.vault_enabled = false;
    let changed = signed.update_connection(&created.id, edit.clone(), created.version).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.version), ("github-1", 2));
    assert_eq!(changed.client_secret_replaced_at, created.client_secret_replaced_at);
    assert_eq!(open(&created.id).await, b"upstream-secret");
    assert_eq!(signed.connection(&created.id).await.unwrap(), changed);

    let stale = signed.update_connection(&created.id, edit, created.version).await.unwrap_err();
    assert!(matches!(stale, ApiError::Conflict { .. }));
    let logs = signed.list_logs(Default::default(), None).await.unwrap();
    assert_eq!(logs.items[0].description, "Connection “github-1” was changed: token vault switched off.");
}

/// A secret is worth something to whoever receives it: it goes to no new address without being entered again.
#[tokio::test]
async fn another_address_needs_the_client_secret_again() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let mut custom = form("custom");
    let options = &mut custom.options;
    options.authorization_url = Some("https://provider.example/authorize".into());
    options.token_url = Some("https://provider.example/token".into());
    options.user_info_url = Some("https://provider.example/me".into());
    let created = signed.create_connection("oauth2", custom.clone()).await.unwrap();
    custom.client_secret = String::new();
    for (token, refresh) in [
        ("https://evil.example/token", None),
        ("https://provider.example/token", Some("https://evil.example/")),
    ] {
        custom.options.token_url = Some(token.into());
        custom.options.refresh_url = refresh.map(str::to_owned);
        let error = signed.update_connection(&created.id, custom.clone(), created.version).await.unwrap_err();
        assert_eq!(fields(&error), ["client_secret"]);
    }
    custom.client_secret = "entered again".into();
    signed.update_connection(&created.id, custom, created.version).await.unwrap();

    let mut okta = form("okta");
    okta.options.tenant = Some("acme.okta.com".into());
    let created = signed.create_connection("okta", okta.clone()).await.unwrap();
    okta.client_secret = String::new();
    okta.options.tenant = Some("evil.example".into());
    let error = signed.update_connection(&created.id, okta, created.version).await.unwrap_err();
    assert_eq!(fields(&error), ["client_secret"]);
}

#[tokio::test]
async fn names_are_unique() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    signed.create_connection("github", form("one")).await.unwrap();
    let error = signed.create_connection("github", form("one")).await.unwrap_err();
    assert_eq!(fields(&error), ["name"]);
}

#[tokio::test]
async fn a_discovery_address_that_does_not_answer_is_refused_beside_its_field() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let mut oidc = form("corp");
    oidc.options.discovery_url = Some("https://127.0.0.1:9/".into());
    let error = signed.create_connection("oidc", oidc).await.unwrap_err();
    assert_eq!(fields(&error), ["options.discovery_url"]);
    let error = signed.check_discovery("ftp://corp.example").await.unwrap_err();
    assert_eq!(fields(&error), ["options.discovery_url"]);
}

#[tokio::test]
async fn deleting_needs_the_name() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let created = signed.create_connection("github", form("one")).await.unwrap();
    let error = signed.delete_connection(&created.id, "On").await.unwrap_err();
    assert_eq!(fields(&error), ["confirm_name"]);
    assert!(signed.connection(&created.id).await.is_ok());
    signed.delete_connection(&created.id, "one ").await.unwrap();
    assert!(matches!(signed.connection(&created.id).await, Err(ApiError::NotFound { .. })));
}

#[tokio::test]
async fn toggles_are_saved_once() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let connection = signed.create_connection("github", form("one")).await.unwrap();
    let new = NewApplication { name: "Agent".into(), app_type: ApplicationType::RegularWeb };
    let client_id = signed.create_application(new).await.unwrap().client_id;
    for _ in 0..2 {
        assert!(signed.set_enablement(&connection.id, &client_id, true).await.unwrap().enabled);
    }
    let toggles = signed.connection_applications(&connection.id).await.unwrap();
    assert_eq!(toggles, signed.application_connections(&client_id).await.unwrap());
    assert!(toggles[0].enabled && toggles[0].vault_enabled);
    let enabled = house.log().await.iter().filter(|code| *code == "connection.enabled").count();
    assert_eq!(enabled, 1);
    let list = signed.list_connections(ConnectionGroup::Social, "ONE", None).await.unwrap();
    assert_eq!(list.items[0].applications, 1);
    let missing = signed.set_enablement("con_missing", &client_id, true).await.unwrap_err();
    assert!(matches!(missing, ApiError::NotFound { .. }));
}
