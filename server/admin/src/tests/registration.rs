use coffer_contract::{
    ApiError,
    application::{ApplicationType, KeysForm, NewApplication, TokenEndpointAuthMethod},
    registration::{NewInitialToken, RegistrationMode},
};
use coffer_crypto::TokenHash;

use super::{House, fields, form};

#[tokio::test]
async fn the_setting_is_checked_versioned_and_logged() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let connection = signed.create_connection("github", form("code")).await.unwrap();
    let page = signed.registration().await.unwrap();
    assert_eq!((page.settings.mode, page.version), (RegistrationMode::Off, 0));
    assert_eq!(page.endpoint, "https://coffer.example/oidc/register");
    assert_eq!(page.connections.len(), 1);
    let mut wanted = page.settings.clone();
    wanted.mode = RegistrationMode::Open;
    wanted.connections = vec![connection.id.clone(), "con_gone".into()];
    wanted.hosts = vec![" App.Example.com ".into(), String::new()];
    wanted.first_party = true;
    assert_eq!(fields(&signed.set_registration(wanted.clone(), 0).await.unwrap_err()), ["first_party"]);
    wanted.first_party = false;
    wanted.per_hour = 0;
    assert_eq!(fields(&signed.set_registration(wanted.clone(), 0).await.unwrap_err()), ["per_hour"]);
    wanted.per_hour = 5;
    assert_eq!(signed.set_registration(wanted.clone(), 0).await.unwrap(), 1);
    let stale = signed.set_registration(wanted, 0).await.unwrap_err();
    assert!(matches!(stale, ApiError::Conflict { .. }));
    let saved = signed.registration().await.unwrap();
    assert_eq!(saved.settings.connections, [connection.id]);
    assert_eq!(saved.settings.hosts, ["app.example.com"]);
    assert_eq!(house.log().await.iter().filter(|code| *code == "registration.changed").count(), 1);
}

#[tokio::test]
async fn an_initial_access_token_is_shown_once() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let wrong = NewInitialToken { name: " ".into(), days: 0 };
    assert_eq!(fields(&signed.create_initial_token(wrong).await.unwrap_err()), ["name", "days"]);
    let new = NewInitialToken { name: " CI ".into(), days: 7 };
    let issued = signed.create_initial_token(new).await.unwrap();
    assert!(issued.token.starts_with("cfi_") && !format!("{issued:?}").contains(&issued.token));
    let hash = TokenHash::of(&issued.token);
    let now = coffer_contract::Timestamp::from_seconds(1_800_000_000);
    let kept = house.store.registrations().use_token(&hash, now).await.unwrap().unwrap();
    assert_eq!(kept.name, "CI");
    let page = signed.registration().await.unwrap();
    assert_eq!((page.tokens.len(), page.tokens[0].uses), (1, 1));
    assert!(!format!("{page:?}").contains(&issued.token));
    let logs = format!("{:?}", signed.list_logs(Default::default(), None).await.unwrap());
    assert!(!logs.contains(&issued.token));
    signed.delete_initial_token(&page.tokens[0].id).await.unwrap();
    let again = signed.delete_initial_token(&page.tokens[0].id).await.unwrap_err();
    assert!(matches!(again, ApiError::NotFound { .. }));
    assert!(house.store.registrations().use_token(&hash, now).await.unwrap().is_none());
}

const KEY: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"k1"}"#;

#[tokio::test]
async fn an_application_with_keys_of_its_own_has_no_secret_to_replace() {
    let house = House::set_up().await;
    let signed = house.signed().await;
    let new = NewApplication { name: "Agent".into(), app_type: ApplicationType::RegularWeb };
    let id = signed.create_application(new).await.unwrap().client_id;
    let detail = signed.application(&id).await.unwrap();
    let mut form = detail.form.clone();
    form.auth_method = TokenEndpointAuthMethod::PrivateKeyJwt;
    let save = async |jwks: &str, jwks_uri: &str, version: i64| {
        let keys = KeysForm { jwks: jwks.into(), jwks_uri: jwks_uri.into() };
        signed.update_application_and_keys(&id, form.clone(), keys, version).await
    };
    for (jwks, jwks_uri, field) in [
        ("", "", "jwks"),
        ("nonsense", "", "jwks"),
        ("", "http://app.example/keys", "jwks_uri"),
        (KEY, "https://app.example/keys", "jwks_uri"),
    ] {
        let error = save(jwks, jwks_uri, detail.version).await.unwrap_err();
        assert_eq!(fields(&error), [field], "{jwks} {jwks_uri}");
    }
    let saved = save(KEY, "", detail.version).await.unwrap();
    assert!(saved.keys.jwks.contains("\"keys\"") && saved.keys.jwks.contains("k1"), "{}", saved.keys.jwks);
    assert!(matches!(signed.rotate_secret(&id).await, Err(ApiError::Forbidden { .. })));
    let kept = signed.update_application(&id, form.clone(), saved.version).await.unwrap();
    assert_eq!(kept.keys, saved.keys, "keys stay where a caller does not know of them");
    let moved = save("", "https://app.example/keys", kept.version).await.unwrap();
    assert_eq!((moved.keys.jwks.as_str(), moved.keys.jwks_uri.as_str()), ("", "https://app.example/keys"));
}
