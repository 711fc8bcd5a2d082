//! First steps, numbers, and limits on what applications may have.

use coffer_contract::{
    application::{ApplicationType, NewApplication},
    connection::{ClientAuthentication, ProfileMapping, TryResult},
};

use super::*;

#[tokio::test]
async fn first_steps_are_ticked_as_they_are_done() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let done = async || signed.overview().await.unwrap().steps.iter().filter(|step| step.done).count();
    assert_eq!(done().await, 0);
    let connection = signed.create_connection("github", form("github-1")).await.unwrap();
    let new = NewApplication { name: "Agent".into(), app_type: ApplicationType::RegularWeb };
    let client = signed.create_application(new).await.unwrap();
    let before = done().await;
    signed.set_enablement(&connection.id, &client.client_id, true).await.unwrap();
    assert_eq!(done().await, before + 1);
    let overview = signed.overview().await.unwrap();
    assert_eq!(overview.days.len(), 14);
    assert!(overview.sandbox.is_none(), "no sandbox unless the server runs one");
}

#[tokio::test]
async fn a_scope_ceiling_needs_the_connection_and_at_least_one_scope() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let connection = signed.create_connection("github", form("github-1")).await.unwrap();
    let new = NewApplication { name: "Agent".into(), app_type: ApplicationType::RegularWeb };
    let client = signed.create_application(new).await.unwrap().client_id;
    let set = async |ceiling: Option<Vec<&str>>| {
        let ceiling = ceiling.map(|scopes| scopes.into_iter().map(str::to_owned).collect());
        signed.set_scope_ceiling(&connection.id, &client, ceiling).await
    };
    assert!(matches!(set(Some(vec!["repo"])).await, Err(ApiError::Conflict { .. })), "not enabled yet");
    signed.set_enablement(&connection.id, &client, true).await.unwrap();
    assert_eq!(fields(&set(Some(vec![])).await.unwrap_err()), ["scope_ceiling"]);
    assert_eq!(fields(&set(Some(vec!["two words"])).await.unwrap_err()), ["scope_ceiling"]);
    let limited = set(Some(vec!["repo", " gist "])).await.unwrap();
    assert_eq!(limited.scope_ceiling, Some(vec!["repo".to_owned(), "gist".to_owned()]));
    assert!(!limited.narrows, "GitHub tokens cannot be narrowed");
    let rows = signed.application_connections(&client).await.unwrap();
    assert_eq!(rows[0].scope_ceiling, limited.scope_ceiling);
    assert_eq!(set(None).await.unwrap().scope_ceiling, None);
    assert!(house.log().await.contains(&"application.ceiling".to_owned()));
}

#[tokio::test]
async fn a_mapping_is_tried_and_a_broken_one_is_not_saved() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let mapping = ProfileMapping { id: Some("user.uid".into()), ..ProfileMapping::default() };
    let found = signed.try_mapping(&mapping, r#"{"user": {"uid": 7}, "name": "Ada"}"#).unwrap();
    assert_eq!((found.id.as_str(), found.name.as_deref()), ("7", Some("Ada")));
    let mut custom = form("custom");
    custom.options.authorization_url = Some("https://provider.example/authorize".into());
    custom.options.token_url = Some("https://provider.example/token".into());
    custom.options.user_info_url = Some("https://provider.example/me".into());
    custom.options.profile.email = Some("emails[".into());
    let error = signed.create_connection("oauth2", custom).await.unwrap_err();
    assert_eq!(fields(&error), ["options.profile.email"]);
}

#[tokio::test]
async fn a_signed_assertion_needs_no_secret() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let mut custom = form("custom");
    custom.client_secret = String::new();
    custom.options.authorization_url = Some("https://provider.example/authorize".into());
    custom.options.token_url = Some("https://provider.example/token".into());
    custom.options.user_info_url = Some("https://provider.example/me".into());
    let error = signed.create_connection("oauth2", custom.clone()).await.unwrap_err();
    assert_eq!(fields(&error), ["client_secret"]);
    custom.options.client_authentication = ClientAuthentication::PrivateKeyJwt;
    let created = signed.create_connection("oauth2", custom.clone()).await.unwrap();
    assert_eq!(created.client_secret_replaced_at, None);
    custom.options.client_authentication = ClientAuthentication::Basic;
    let error = signed.update_connection(&created.id, custom, created.version).await.unwrap_err();
    assert_eq!(fields(&error), ["client_secret"], "back to a secret, there must be one");
}

#[tokio::test]
async fn a_try_belongs_to_its_connection() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let one = signed.create_connection("github", form("one")).await.unwrap();
    let two = signed.create_connection("github", form("two")).await.unwrap();
    let start = signed.begin_try(&one.id).await.unwrap();
    assert!(start.url.starts_with("https://coffer.example/u/try?handle="));
    assert_eq!(signed.try_result(&one.id, &start.handle).await.unwrap(), TryResult::Waiting);
    assert!(matches!(signed.try_result(&two.id, &start.handle).await, Err(ApiError::NotFound { .. })));
    house.clock.advance_seconds(15 * 60);
    assert!(matches!(signed.try_result(&one.id, &start.handle).await, Err(ApiError::NotFound { .. })));
}

#[tokio::test]
async fn without_a_sandbox_none_is_set_up() {
    let house = House::set_up().await;
    let refused = house.signed().await.set_up_sandbox().await.unwrap_err();
    assert!(
        matches!(&refused, ApiError::Forbidden { message } if message.contains("--sandbox")),
        "{refused}"
    );
}
