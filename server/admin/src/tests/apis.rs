use coffer_contract::{
    ApiError,
    api::{ApiForm, ApiScope, GrantSubject, NewApi, RefreshPolicy},
    application::{ApplicationExchange, ApplicationType, NewApplication},
    client_grant::NewClientGrant,
    management,
    page::PAGE_SIZE,
};
use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    ids::{ApiId, ClientId},
};

use super::{House, fields, form};
use crate::Editor;

pub fn scope(value: &str) -> ApiScope {
    ApiScope { value: value.into(), description: format!("{value} in words") }
}

pub fn new(identifier: &str, scopes: &[&str]) -> NewApi {
    let form = ApiForm {
        name: " Calendar ".into(),
        scopes: scopes.iter().map(|value| scope(value)).collect(),
        ..ApiForm::default()
    };
    NewApi { identifier: identifier.into(), form }
}

pub async fn application(signed: &Editor, app_type: ApplicationType) -> String {
    let new = NewApplication { name: "Agent".into(), app_type };
    signed.create_application(new).await.unwrap().client_id
}

#[tokio::test]
async fn an_api_is_created_found_by_both_names_changed_and_deleted() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let mut wanted = new(" https://api.example/ ", &["read:events"]);
    wanted.form.scopes.push(ApiScope { value: " ".into(), description: String::new() });
    let made = signed.create_api(wanted).await.unwrap();
    assert_eq!((made.identifier.as_str(), made.form.name.as_str()), ("https://api.example/", "Calendar"));
    assert_eq!(made.form.scopes, [scope("read:events")]);
    assert_eq!(signed.api(&made.id).await.unwrap(), made);
    assert_eq!(signed.api("https://api.example/").await.unwrap(), made);

    let form = ApiForm { token_seconds: 10, ..made.form.clone() };
    assert_eq!(fields(&signed.update_api(&made.id, form, 1).await.unwrap_err()), ["token_seconds"]);
    let form = ApiForm { token_seconds: 600, offline_access: false, ..made.form.clone() };
    let changed = signed.update_api(&made.id, form.clone(), made.version).await.unwrap();
    assert_eq!(signed.api(&made.id).await.unwrap(), changed);
    assert_eq!((changed.form.token_seconds, changed.version), (600, 2));
    let stale = signed.update_api(&made.id, form, made.version).await.unwrap_err();
    assert!(matches!(stale, ApiError::Conflict { .. }));

    assert_eq!(fields(&signed.delete_api(&made.id, "Agenda").await.unwrap_err()), ["confirm_name"]);
    signed.delete_api(&made.id, "Calendar").await.unwrap();
    assert!(matches!(signed.api(&made.id).await, Err(ApiError::NotFound { .. })));
    assert_eq!(house.log().await[2..], ["api.created", "api.updated", "api.deleted"]);
}

#[tokio::test]
async fn an_identifier_names_one_thing() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    signed.create_api(new("urn:calendar", &[])).await.unwrap();
    signed.create_connection("github", form("work")).await.unwrap();
    for taken in [
        "urn:calendar",
        "work",
        "https://coffer.example/me/",
        "https://coffer.example/me",
        "https://coffer.example/api/v2/",
        "https://coffer.example/userinfo",
        "https://coffer.example/",
        "https://coffer.example",
    ] {
        let error = signed.create_api(new(taken, &[])).await.unwrap_err();
        assert_eq!(fields(&error), ["identifier"], "{taken}");
    }
    signed.create_api(new("calendar", &[])).await.unwrap();
    let error = signed.create_connection("github", form("calendar")).await.unwrap_err();
    assert_eq!(fields(&error), ["name"]);
}

#[tokio::test]
async fn this_servers_own_stand_first_and_stay_as_they_are() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    for n in 0..PAGE_SIZE + 1 {
        signed.create_api(new(&format!("urn:{n}"), &[])).await.unwrap();
    }
    let first = signed.list_apis("", None, PAGE_SIZE).await.unwrap();
    let own: Vec<_> = first.items.iter().take_while(|api| api.system).collect();
    assert_eq!(
        own.iter().map(|api| (api.identifier.as_str(), api.scopes)).collect::<Vec<_>>(),
        [("https://coffer.example/me/", 3), ("https://coffer.example/api/v2/", management::SCOPES.len())]
    );
    assert_eq!(first.items.len() as u64, PAGE_SIZE + 2);
    let second = signed.list_apis("", first.next.as_deref(), PAGE_SIZE).await.unwrap();
    assert_eq!((second.items.len(), second.items[0].system, second.next), (1, false, None));
    let found = signed.list_apis("MANAGEMENT", None, PAGE_SIZE).await.unwrap().items;
    assert_eq!(found.iter().map(|api| api.name.as_str()).collect::<Vec<_>>(), ["Management API"]);

    for api in own {
        let detail = signed.api(&api.id).await.unwrap();
        assert!(detail.system);
        let refused = signed.update_api(&api.id, detail.form.clone(), detail.version).await.unwrap_err();
        assert!(matches!(refused, ApiError::Forbidden { .. }), "{refused:?}");
        let refused = signed.delete_api(&api.id, &api.name).await.unwrap_err();
        assert!(matches!(refused, ApiError::Forbidden { .. }), "{refused:?}");
    }
}

/// An application that is the API's server and may get tokens for it and another by refresh.
async fn linked(house: &House, client_id: &str, api: &str) -> Client {
    let clients = house.store.clients();
    let client = clients.get(&ClientId::from_text(client_id)).await.unwrap().unwrap();
    let policy =
        |audience: &str| RefreshPolicy { audience: audience.into(), scope: vec!["a".into(), "b".into()] };
    let linked = Client {
        resource_server: Some(ApiId::from_text(api)),
        refresh_policies: vec![policy("urn:calendar"), policy("urn:calendar:2")],
        ..client
    };
    let event = AuditEvent::new(linked.created_at, EventCode::ApplicationUpdated, Actor::System, "test");
    clients.update(&linked, linked.version, event).await.unwrap();
    linked
}

#[tokio::test]
async fn applications_lose_the_scopes_that_an_api_loses_and_the_log_says_so() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let api = signed.create_api(new("urn:calendar", &["a", "b"])).await.unwrap();
    let client_id = application(&signed, ApplicationType::MachineToMachine).await;
    let client = linked(&house, &client_id, &api.id).await;
    let grant = NewClientGrant {
        client_id: client_id.clone(),
        audience: "urn:calendar".into(),
        subject: GrantSubject::Client,
        scopes: vec!["a".into(), "b".into()],
    };
    let grant = signed.create_client_grant(grant).await.unwrap();

    let form = ApiForm { scopes: vec![scope("b"), scope("c")], ..api.form.clone() };
    signed.update_api(&api.id, form, api.version).await.unwrap();
    assert_eq!(signed.client_grant(&grant.id).await.unwrap().scopes, ["b"]);
    let now = house.store.clients().get(&client.id).await.unwrap().unwrap();
    assert_eq!(now.refresh_policies[0].scope, ["b"]);
    assert_eq!(now.refresh_policies[1], client.refresh_policies[1]);
    let newest = signed.list_logs(Default::default(), None).await.unwrap().items.remove(0);
    assert!(newest.description.contains("without a now"), "{}", newest.description);

    signed.delete_api(&api.id, "Calendar").await.unwrap();
    assert!(matches!(signed.client_grant(&grant.id).await, Err(ApiError::NotFound { .. })));
    let now = house.store.clients().get(&client.id).await.unwrap().unwrap();
    assert_eq!((now.resource_server, now.refresh_policies), (None, client.refresh_policies[1..].to_vec()));
}

#[tokio::test]
async fn the_dashboard_links_an_application_to_apis_and_keeps_the_rest() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    signed.create_api(new("urn:calendar", &["a"])).await.unwrap();
    let client_id = application(&signed, ApplicationType::RegularWeb).await;
    let clients = house.store.clients();
    let client = clients.get(&ClientId::from_text(client_id.clone())).await.unwrap().unwrap();
    let pictured = Client { logo_uri: Some("https://app.example/logo.png".into()), ..client };
    let event = AuditEvent::new(pictured.created_at, EventCode::ApplicationUpdated, Actor::System, "test");
    clients.update(&pictured, pictured.version, event).await.unwrap();

    let detail = signed.application(&client_id).await.unwrap();
    assert_eq!(detail.exchange, ApplicationExchange::default());
    let policy =
        |audience: &str, scope: &str| RefreshPolicy { audience: audience.into(), scope: vec![scope.into()] };
    let wrong = ApplicationExchange {
        resource_server: Some("urn:none".into()),
        refresh_policies: vec![policy("urn:calendar", "a"), policy("urn:calendar", "b")],
    };
    let save = async |exchange, version| signed.update_exchange(&client_id, exchange, version).await;
    let error = save(wrong, detail.version).await.unwrap_err();
    assert_eq!(fields(&error), ["resource_server", "refresh_policies.1"]);
    let right = ApplicationExchange {
        resource_server: Some("urn:calendar".into()),
        refresh_policies: vec![policy("urn:calendar", "a")],
    };
    let saved = save(right.clone(), detail.version).await.unwrap();
    assert_eq!(saved.exchange, right);
    assert!(matches!(save(right, detail.version).await, Err(ApiError::Conflict { .. })));
    let now = clients.get(&pictured.id).await.unwrap().unwrap();
    assert_eq!(now.logo_uri, pictured.logo_uri);
}
