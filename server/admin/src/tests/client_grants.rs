use coffer_contract::{
    ApiError,
    api::GrantSubject,
    application::ApplicationType,
    client_grant::{ClientGrantView, NewClientGrant},
    page::PAGE_SIZE,
};
use coffer_core::ids::ClientId;
use coffer_store::ClientGrantFilter;

use super::{
    House,
    apis::{application, new},
    fields,
};
use crate::Editor;

const MANAGEMENT: &str = "https://coffer.example/api/v2/";

async fn grant(
    signed: &Editor,
    client_id: &str,
    audience: &str,
    subject: GrantSubject,
    scopes: &[&str],
) -> Result<ClientGrantView, ApiError> {
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let new = NewClientGrant { client_id: client_id.into(), audience: audience.into(), subject, scopes };
    signed.create_client_grant(new).await
}

#[tokio::test]
async fn an_application_is_authorized_changed_and_no_longer() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    signed.create_api(new("urn:calendar", &["a", "b"])).await.unwrap();
    let client = application(&signed, ApplicationType::MachineToMachine).await;
    let made = grant(&signed, &client, "urn:calendar", GrantSubject::Client, &["a"]).await.unwrap();
    assert_eq!((made.application.as_str(), made.api.as_str()), ("Agent", "Calendar"));
    assert_eq!(made.scopes, ["a"]);
    let twice = grant(&signed, &client, "urn:calendar", GrantSubject::Client, &["b"]).await.unwrap_err();
    assert!(matches!(twice, ApiError::Conflict { .. }), "{twice:?}");
    let users = grant(&signed, &client, "urn:calendar", GrantSubject::User, &[]).await.unwrap();

    let wrong = signed.update_client_grant(&made.id, &["a".into(), "c".into()]).await.unwrap_err();
    assert_eq!(fields(&wrong), ["scopes"]);
    let changed = signed.update_client_grant(&made.id, &["b".into(), "a".into()]).await.unwrap();
    assert_eq!(signed.client_grant(&made.id).await.unwrap(), changed);
    assert_eq!(changed.scopes, ["b", "a"]);

    signed.delete_client_grant(&made.id).await.unwrap();
    assert!(matches!(signed.delete_client_grant(&made.id).await, Err(ApiError::NotFound { .. })));
    let filter = ClientGrantFilter { client_id: Some(ClientId::from_text(client)), ..Default::default() };
    let left = signed.list_client_grants(&filter, None, PAGE_SIZE).await.unwrap();
    assert_eq!((left.items, left.next), (vec![users], None));
    let log = signed.list_logs(Default::default(), None).await.unwrap().items;
    let words: Vec<_> = log.iter().map(|entry| entry.description.as_str()).take(2).collect();
    assert_eq!(
        words,
        [
            "“Agent” may no longer use the API “Calendar” for itself, with b a.",
            "“Agent” may now use the API “Calendar” for itself, with b a.",
        ]
    );
}

#[tokio::test]
async fn who_can_be_authorized_for_what() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    signed.create_api(new("urn:calendar", &["a"])).await.unwrap();
    let service = application(&signed, ApplicationType::MachineToMachine).await;
    let page = application(&signed, ApplicationType::SinglePage).await;
    let (own, users) = (GrantSubject::Client, GrantSubject::User);
    for (client, audience, subject, scopes, wrong) in [
        (&page, "urn:calendar", own, &["a"][..], Some("subject")),
        (&page, "urn:calendar", users, &["a"], None),
        (&service, "urn:calendar", own, &["b"], Some("scopes")),
        (&service, "https://coffer.example/me/", own, &[], Some("subject")),
        (&service, "https://coffer.example/me/", users, &[], Some("subject")),
        (&service, MANAGEMENT, users, &[], Some("subject")),
        (&page, MANAGEMENT, own, &[], Some("subject")),
        (&service, MANAGEMENT, own, &["everything"], Some("scopes")),
        (&service, "https://coffer.example/api/v2", own, &["read:logs"], None),
    ] {
        let answer = grant(&signed, client, audience, subject, scopes).await;
        match wrong {
            Some(field) => assert_eq!(fields(&answer.unwrap_err()), [field], "{audience} {subject:?}"),
            None => drop(answer.unwrap()),
        }
    }
    // Stored under the identifier itself, however it was written.
    let filter = ClientGrantFilter { audience: Some(MANAGEMENT.into()), ..Default::default() };
    let found = signed.list_client_grants(&filter, None, PAGE_SIZE).await.unwrap().items;
    assert_eq!(found.iter().map(|grant| grant.api.as_str()).collect::<Vec<_>>(), ["Management API"]);
    for (client, audience) in [("nobody", "urn:calendar"), (service.as_str(), "urn:unknown")] {
        let missing = grant(&signed, client, audience, own, &[]).await;
        assert!(matches!(missing, Err(ApiError::NotFound { .. })));
    }
}

#[tokio::test]
async fn an_apis_applications_and_an_applications_apis() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let api = signed.create_api(new("urn:calendar", &["a"])).await.unwrap();
    let service = application(&signed, ApplicationType::MachineToMachine).await;
    let page = application(&signed, ApplicationType::SinglePage).await;
    let made = grant(&signed, &service, "urn:calendar", GrantSubject::Client, &["a"]).await.unwrap();

    let rows = signed.api_applications(&api.id, "agent", None).await.unwrap().items;
    let row = |id: &str| rows.iter().find(|row| row.client_id == id).unwrap();
    assert_eq!(row(&service).grants, std::slice::from_ref(&made));
    assert_eq!(row(&service).subjects, [GrantSubject::Client, GrantSubject::User]);
    assert_eq!((row(&page).subjects.as_slice(), row(&page).grants.len()), (&[GrantSubject::User][..], 0));

    let rows = signed.application_apis(&service, "", None).await.unwrap().items;
    assert_eq!(
        rows.iter().map(|row| (row.api.name.as_str(), row.subjects.len())).collect::<Vec<_>>(),
        [("My Account API", 0), ("Management API", 1), ("Calendar", 2)]
    );
    assert_eq!(rows[2].grants, [made]);
    let found = signed.application_apis(&page, "cal", None).await.unwrap().items;
    assert_eq!((found.len(), found[0].grants.len()), (1, 0));
}
