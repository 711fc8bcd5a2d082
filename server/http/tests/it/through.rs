//! Signing in to the dashboard through a connection, over HTTP and with a real provider.

use coffer_contract::{administrator::Role, connection::ConnectionOptions};
use coffer_core::{audit::EventCode, connection::Connection};
use serde_json::json;
use url::Url;

use crate::{
    browser::{Browser, redirected},
    harness::Server,
    management::Machine,
    roles::{self, PASSWORD},
};

/// A server with an OpenID Connect provider through which administrators may sign in.
pub async fn with_connection() -> (Server, Connection) {
    let server = Server::with_provider().await;
    let base = server.providers.as_ref().unwrap().base();
    let options = ConnectionOptions {
        discovery_url: Some(format!("{base}/sandbox")),
        administrator_sign_in: true,
        ..ConnectionOptions::default()
    };
    let scopes = ["profile", "email", "notes.read"].into_iter().collect();
    let like = Connection { strategy: "oidc".into(), scopes, options, ..server.connection.clone() };
    let connection = server.further_connection("acme", like).await;
    (server, connection)
}

/// To the provider, for what was begun.
pub async fn depart(server: &Server, browser: &mut Browser) -> Url {
    let there = redirected(&browser.get(server, "/console/through").await);
    assert!(there.path().ends_with("/authorize"), "{there}");
    there
}

/// Links the provider's account `account` to whoever is signed in in this browser. Where it leads.
pub async fn link(server: &Server, browser: &mut Browser, account: &str) -> Url {
    let fields = [("connection", "acme"), ("current_password", PASSWORD)];
    let begun = browser.post(server, "/console/api/link_account", &fields).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    let there = depart(server, browser).await;
    redirected(&browser.at_provider(server, there.as_str(), account, "allow").await)
}

async fn begin(server: &Server, browser: &mut Browser) -> Url {
    let fields = [("connection", "acme"), ("return_to", "/console/logs?code=vault")];
    let begun = browser.post(server, "/console/api/sign_in_through", &fields).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    depart(server, browser).await
}

#[tokio::test]
async fn an_administrator_links_an_account_and_signs_in_with_it() {
    let (server, _) = with_connection().await;
    let mut owner = roles::signed_in(&server, Role::Owner).await;
    let page = link(&server, &mut owner, "ada").await;
    assert_eq!((page.path(), page.query()), ("/console/account", Some("linked=yes")));
    let shown = owner.get(&server, page.as_str()).await;
    let section = shown.text.split("Linked accounts").nth(1).unwrap_or(&shown.text);
    assert!(
        section.contains("ada@sandbox.example") && section.contains("The account is linked"),
        "{section}"
    );
    let door = Browser::default().get(&server, "/console/sign-in").await;
    assert!(door.text.contains("Sign in with acme"), "{}", door.text);

    let mut browser = Browser::default();
    let there = begin(&server, &mut browser).await;
    let scopes = there.query_pairs().find(|(name, _)| name == "scope").unwrap().1.into_owned();
    assert_eq!(scopes, "openid profile email", "who it is, and nothing else");
    let planted = browser.cookie.clone();
    let page = redirected(&browser.at_provider(&server, there.as_str(), "ada", "allow").await);
    assert!(page.as_str().ends_with("/console/logs?code=vault"), "{page}");
    assert_ne!(browser.cookie, planted, "the session has a new id");
    assert_eq!(browser.get(&server, page.as_str()).await.status, 200);
    // Nobody became a user, and nothing is in the vault.
    assert_eq!(server.events(EventCode::UserSignedIn).await, 1, "the one that was there before");
    assert_eq!(server.events(EventCode::AccountConnected).await, 0);
    assert_eq!(server.events(EventCode::AdminSignedIn).await, 2);
}

#[tokio::test]
async fn who_declines_or_is_unknown_comes_back_to_the_sign_in_page_and_is_told() {
    let (server, _) = with_connection().await;
    for (decision, code, words) in [
        ("deny", "provider", "The provider did not complete the sign-in"),
        ("allow", "unknown", "Nobody here has linked the account"),
    ] {
        let mut browser = Browser::default();
        let there = begin(&server, &mut browser).await;
        let page = redirected(&browser.at_provider(&server, there.as_str(), "eve", decision).await);
        assert_eq!(page.path(), "/console/sign-in");
        assert_eq!(page.query(), Some(&*format!("through={code}")));
        let shown = browser.get(&server, page.as_str()).await;
        assert!(shown.text.contains(words), "{}", shown.text);
        assert_eq!(browser.post(&server, "/console/api/me", &[]).await.status, 401);
    }
    assert_eq!(server.events(EventCode::AdminSignInFailed).await, 2);
}

/// The provider is away, or the connection names nothing that answers.
#[tokio::test]
async fn a_provider_that_cannot_be_reached_leads_back_to_the_sign_in_page() {
    let (server, connection) = with_connection().await;
    let mut gone = connection.clone();
    gone.options.discovery_url = Some("http://127.0.0.1:9/".into());
    server.further_connection("gone", gone).await;
    let mut browser = Browser::default();
    let fields = [("connection", "gone"), ("return_to", "")];
    browser.post(&server, "/console/api/sign_in_through", &fields).await;
    let page = redirected(&browser.get(&server, "/console/through").await);
    assert!(page.as_str().ends_with("/console/sign-in?through=provider"), "{page}");
}

/// The management API knows no owners.
#[tokio::test]
async fn the_management_api_changes_no_connection_that_administrators_sign_in_through() {
    let (server, connection) = with_connection().await;
    let machine = Machine::new(&server).await;
    let path = format!("/connections/{}", connection.id);
    let read = machine.get(&path).await;
    assert_eq!(read.json()["options"]["administrator_sign_in"], true);
    for answer in [
        machine.patch(&path, json!({"display_name": "Other"})).await,
        machine.patch(&path, read.json()).await,
        machine.delete(&path).await,
    ] {
        assert_eq!(answer.status, 403, "{}", answer.text);
        assert!(answer.text.contains("owners alone"), "{}", answer.text);
    }
    assert_eq!(machine.get(&path).await.json(), read.json());
}
