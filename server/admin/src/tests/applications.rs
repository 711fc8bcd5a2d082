use coffer_contract::{
    ApiError,
    application::{ApplicationType, GrantType, NewApplication, TokenEndpointAuthMethod},
};
use coffer_core::ids::ClientId;
use coffer_crypto::TokenHash;

use super::{House, fields};
use crate::Editor;

async fn create(signed: &Editor, app_type: ApplicationType) -> (String, Option<String>) {
    let new = NewApplication { name: " Agent ".into(), app_type };
    let issued = signed.create_application(new).await.unwrap();
    assert!(!format!("{issued:?}").contains("cfs_"));
    (issued.client_id, issued.client_secret)
}

#[tokio::test]
async fn the_secret_is_shown_once_and_only_its_hash_is_kept() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let (client_id, secret) = create(&signed, ApplicationType::RegularWeb).await;
    let secret = secret.unwrap();
    assert!(secret.starts_with("cfs_") && secret.len() == 47);
    let id = ClientId::from_text(client_id.clone());
    let stored = async || house.store.clients().secret_hash(&id).await.unwrap();
    assert_eq!(stored().await, Some(TokenHash::of(&secret)));
    let shown = format!("{:?}", signed.application(&client_id).await.unwrap());
    assert!(!shown.contains(&secret));

    let rotated = signed.rotate_secret(&client_id).await.unwrap().client_secret.unwrap();
    assert_ne!(rotated, secret);
    assert_eq!(stored().await, Some(TokenHash::of(&rotated)));
    let logs = format!("{:?}", signed.list_logs(Default::default(), None).await.unwrap());
    assert!(!logs.contains(&secret) && !logs.contains(&rotated));
}

#[tokio::test]
async fn public_applications_have_no_secret() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let (client_id, secret) = create(&signed, ApplicationType::SinglePage).await;
    assert_eq!(secret, None);
    assert!(matches!(signed.rotate_secret(&client_id).await, Err(ApiError::Forbidden { .. })));
    let detail = signed.application(&client_id).await.unwrap();
    assert_eq!(detail.client_secret_replaced_at, None);
    let mut form = detail.form;
    form.grants.push(GrantType::TokenVault);
    form.auth_method = TokenEndpointAuthMethod::ClientSecretPost;
    let error = signed.update_application(&client_id, form, detail.version).await.unwrap_err();
    assert_eq!(fields(&error), ["auth_method", "grants"]);
}

#[tokio::test]
async fn changes_are_tidied_checked_and_versioned() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let (client_id, _) = create(&signed, ApplicationType::RegularWeb).await;
    let detail = signed.application(&client_id).await.unwrap();
    assert_eq!((detail.form.name.as_str(), detail.issuer.as_str()), ("Agent", "https://coffer.example/"));
    let mut form = detail.form.clone();
    form.callbacks = vec!["http://app.example/cb".into()];
    let error = signed.update_application(&client_id, form.clone(), detail.version).await.unwrap_err();
    assert_eq!(fields(&error), ["callbacks"]);
    assert_eq!(signed.application(&client_id).await.unwrap(), detail);

    form.callbacks = vec![" https://app.example/cb".into(), "https://app.example/cb".into(), " ".into()];
    form.grants = vec![GrantType::TokenVault, GrantType::AuthorizationCode, GrantType::TokenVault];
    let changed = signed.update_application(&client_id, form.clone(), detail.version).await.unwrap();
    assert_eq!(changed.form.callbacks, ["https://app.example/cb"]);
    assert_eq!(changed.form.grants, [GrantType::AuthorizationCode, GrantType::TokenVault]);
    assert_eq!(signed.application(&client_id).await.unwrap(), changed);
    let stale = signed.update_application(&client_id, form, detail.version).await.unwrap_err();
    assert!(matches!(stale, ApiError::Conflict { .. }));
}

/// An agent in a container: it keeps a secret, signs its user in by a code, and uses the vault.
#[tokio::test]
async fn an_agent_without_a_browser_may_have_device_code_and_vault() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let (client_id, _) = create(&signed, ApplicationType::MachineToMachine).await;
    let detail = signed.application(&client_id).await.unwrap();
    let mut form = detail.form;
    form.grants = vec![GrantType::TokenVault, GrantType::DeviceCode, GrantType::RefreshToken];
    let saved = signed.update_application(&client_id, form, detail.version).await.unwrap();
    assert_eq!(saved.form.grants, [GrantType::RefreshToken, GrantType::DeviceCode, GrantType::TokenVault]);
}

#[tokio::test]
async fn logout_address_and_pushed_requests_are_settings() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let (client_id, _) = create(&signed, ApplicationType::RegularWeb).await;
    let detail = signed.application(&client_id).await.unwrap();
    let mut form = detail.form;
    assert_eq!((form.backchannel_logout_uri.as_deref(), form.require_par), (None, false));
    form.require_par = true;
    for wrong in ["http://app.example/logout", "https://app.example/#logout", "logout"] {
        form.backchannel_logout_uri = Some(wrong.into());
        let refused = signed.update_application(&client_id, form.clone(), detail.version).await;
        assert_eq!(fields(&refused.unwrap_err()), ["backchannel_logout_uri"], "{wrong}");
    }
    form.backchannel_logout_uri = Some(" https://app.example/logout ".into());
    let saved = signed.update_application(&client_id, form.clone(), detail.version).await.unwrap();
    assert_eq!(saved.form.backchannel_logout_uri.as_deref(), Some("https://app.example/logout"));
    assert!(saved.form.require_par);
    form.backchannel_logout_uri = Some(" ".into());
    let saved = signed.update_application(&client_id, form, saved.version).await.unwrap();
    assert_eq!(saved.form.backchannel_logout_uri, None);
}

#[tokio::test]
async fn deleting_needs_the_name() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let (client_id, _) = create(&signed, ApplicationType::RegularWeb).await;
    assert_eq!(fields(&signed.delete_application(&client_id, "").await.unwrap_err()), ["confirm_name"]);
    signed.delete_application(&client_id, "Agent").await.unwrap();
    assert!(matches!(signed.application(&client_id).await, Err(ApiError::NotFound { .. })));
    assert!(signed.list_applications("", None).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn the_log_pages_by_number() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    for _ in 0..30 {
        create(&signed, ApplicationType::Native).await;
    }
    let first = signed.list_logs(Default::default(), None).await.unwrap();
    let next = first.next.as_deref().unwrap().parse().unwrap();
    let second = signed.list_logs(Default::default(), Some(next)).await.unwrap();
    assert_eq!((first.items.len(), second.items.len(), second.next), (25, 7, None));
    assert!(signed.log_codes().iter().any(|code| code.code == "vault.released"));
}
