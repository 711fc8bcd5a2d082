use std::collections::BTreeSet;

use coffer_contract::{
    api::RefreshPolicy,
    application::{ApplicationForm, ApplicationType, SigningAlgorithm, TokenEndpointAuthMethod},
    log::LogFilter,
};
use coffer_core::{audit::Actor, ids::ClientId};
use coffer_crypto::{Secret, TokenHash};
use serde_json::json;

use super::{House, fields, form};
use crate::{Call, Editor, NewWholeApplication, WholeApplication};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn whole() -> WholeApplication {
    WholeApplication {
        form: ApplicationForm {
            name: "Agent".into(),
            description: String::new(),
            callbacks: vec![],
            logout_urls: vec![],
            backchannel_logout_uri: None,
            web_origins: vec![],
            grants: ApplicationType::RegularWeb.default_grants(),
            auth_method: TokenEndpointAuthMethod::ClientSecretPost,
            id_token_alg: SigningAlgorithm::default(),
            require_par: false,
            first_party: false,
            connect_accounts: false,
        },
        resource_server: None,
        refresh_policies: vec![],
        jwks: None,
        jwks_uri: None,
        logo_uri: None,
        metadata: Default::default(),
    }
}

fn new(client_id: Option<&str>, secret: Option<&str>) -> NewWholeApplication {
    NewWholeApplication {
        client_id: client_id.map(Into::into),
        app_type: ApplicationType::RegularWeb,
        client_secret: secret.map(Secret::new),
        whole: whole(),
    }
}

fn operator(house: &House) -> Editor {
    let call = Call::new(house.admin.clone(), None, "command line".into());
    call.remarking("from x.toml").acting(Actor::System)
}

#[tokio::test]
async fn a_chosen_id_and_secret_are_kept_and_no_secret_is_made() {
    let house = House::new().await;
    let signed = operator(&house);
    let issued = signed.create_whole_application(new(Some("agent"), Some(SECRET))).await.unwrap();
    assert_eq!((issued.client_id.as_str(), issued.client_secret), ("agent", None));
    let hash = house.store.clients().secret_hash(&ClientId::from_text("agent")).await.unwrap();
    assert_eq!(hash, Some(TokenHash::of(SECRET)));
    assert!(signed.client_secret_is("agent", &Secret::new(SECRET)).await.unwrap());
    let other = Secret::new(SECRET.replace('0', "1"));
    assert!(!signed.client_secret_is("agent", &other).await.unwrap());
    signed.set_client_secret("agent", &other).await.unwrap();
    assert!(signed.client_secret_is("agent", &other).await.unwrap());

    let taken = signed.create_whole_application(new(Some("agent"), None)).await.unwrap_err();
    assert_eq!(fields(&taken), ["client_id"]);
    let wrong = new(Some("https://agent.example/"), Some("guess"));
    let wrong = signed.create_whole_application(wrong).await.unwrap_err();
    assert_eq!(fields(&wrong), ["client_id", "client_secret"]);
    let logs = house.store.audit().list(&LogFilter::default(), None, 10).await.unwrap();
    assert!(logs.iter().all(|entry| entry.description.ends_with(" (from x.toml)")), "{logs:?}");
    assert!(!format!("{logs:?}").contains(SECRET));

    let made = signed.create_whole_application(new(None, None)).await.unwrap();
    assert!(made.client_secret.unwrap().starts_with("cfs_"));
}

#[tokio::test]
async fn what_the_form_does_not_have_is_checked_too() {
    let house = House::new().await;
    let signed = operator(&house);
    let private = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": "a", "y": "b", "d": "c" }] });
    let logout = Some("http://agent.example/logout".into());
    let refused = WholeApplication {
        form: ApplicationForm { backchannel_logout_uri: logout, ..whole().form },
        resource_server: Some("urn:none".into()),
        refresh_policies: vec![RefreshPolicy { audience: "urn:none".into(), scope: vec![] }],
        jwks: Some(private),
        jwks_uri: Some("https://agent.example/keys".into()),
        logo_uri: Some("logo.png".into()),
        metadata: [(String::new(), "x".to_owned())].into(),
    };
    let new = NewWholeApplication { whole: refused, ..new(None, None) };
    let error = signed.create_whole_application(new).await.unwrap_err();
    let expected = [
        "backchannel_logout_uri",
        "resource_server",
        "refresh_policies.0",
        "jwks",
        "jwks_uri",
        "logo_uri",
        "metadata",
    ];
    assert_eq!(fields(&error), expected);
    let keyless = WholeApplication {
        form: ApplicationForm { auth_method: TokenEndpointAuthMethod::PrivateKeyJwt, ..whole().form },
        ..whole()
    };
    let keyless = NewWholeApplication { whole: keyless, ..self::new(None, Some(SECRET)) };
    let error = signed.create_whole_application(keyless).await.unwrap_err();
    assert_eq!(fields(&error), ["client_secret", "jwks"]);
}

#[tokio::test]
async fn use_cases_work_within_one_transaction_and_vanish_with_it() {
    let house = House::new().await;
    for commit in [false, true] {
        let together = house.store.together().await.unwrap();
        let admin = std::sync::Arc::new(house.admin.over(together.store().clone()));
        let call = Call::new(admin, None, "command line".into()).having_discovered(BTreeSet::new());
        let signed = call.acting(Actor::System);
        let connection = signed.create_connection("github", form("hub")).await.unwrap();
        assert!(signed.connection_secret_is(&connection.id, &Secret::new("upstream-secret")).await.unwrap());
        assert!(!signed.connection_secret_is(&connection.id, &Secret::new("another")).await.unwrap());
        signed.create_whole_application(new(Some("agent"), None)).await.unwrap();
        signed.set_enablement(&connection.id, "agent", true).await.unwrap();
        if commit {
            together.commit().await.unwrap();
        } else {
            together.rollback().await.unwrap();
        }
        let found = operator(&house).application_connections("agent").await;
        assert_eq!(found.is_ok_and(|all| all.iter().any(|one| one.enabled)), commit);
    }
    assert_eq!(house.log().await, ["connection.created", "application.created", "connection.enabled"]);
}
