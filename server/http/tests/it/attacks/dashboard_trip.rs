//! Attacks on signing in to the dashboard through a provider: the answer belongs to the session that asked.

use coffer_contract::administrator::Role;
use url::Url;

use super::{application, authorize, provider_answer};
use crate::browser::{Browser, redirected};
use crate::harness::Server;
use crate::roles;
use crate::through::{depart, link, with_connection};

/// A server where an owner has linked the account "ada".
async fn linked() -> (Server, Browser) {
    let (server, _) = with_connection().await;
    let mut owner = roles::signed_in(&server, Role::Owner).await;
    assert_eq!(link(&server, &mut owner, "ada").await.query(), Some("linked=yes"));
    (server, owner)
}

async fn begin(server: &Server, browser: &mut Browser) -> Url {
    let fields = [("connection", "acme"), ("return_to", "")];
    browser.post(server, "/console/api/sign_in_through", &fields).await;
    depart(server, browser).await
}

async fn is_signed_in(server: &Server, browser: &mut Browser) -> bool {
    browser.post(server, "/console/api/me", &[]).await.status == 200
}

/// An attacker begins, has the owner's browser finish, and waits; or hands over an answer of their own account, so
/// that the owner works in the attacker's name.
#[tokio::test]
async fn an_answer_signs_in_the_browser_that_asked_alone() {
    let (server, mut owner) = linked().await;
    let mut attacker = Browser::default();
    let there = begin(&server, &mut attacker).await;
    let answer = provider_answer(&there, "ada").await;
    // In the owner's browser, who has a session of the dashboard but did not ask.
    let refused = owner.get(&server, answer.as_str()).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(!is_signed_in(&server, &mut attacker).await);
    // It is used up by that, in whatever browser.
    assert_eq!(attacker.get(&server, answer.as_str()).await.status, 400);
    assert!(!is_signed_in(&server, &mut attacker).await);

    // A victim on a trip of their own takes no answer of another trip.
    let mut victim = Browser::default();
    begin(&server, &mut victim).await;
    let there = begin(&server, &mut attacker).await;
    let answer = provider_answer(&there, "ada").await;
    assert_eq!(victim.get(&server, answer.as_str()).await.status, 400);
    assert!(!is_signed_in(&server, &mut victim).await);
    // Nor one without any session.
    let there = begin(&server, &mut attacker).await;
    let answer = provider_answer(&there, "ada").await;
    assert_eq!(Browser::default().get(&server, answer.as_str()).await.status, 400);
}

/// An application's sign-in through the same connection is no sign-in to the dashboard, nor the other way round.
#[tokio::test]
async fn an_end_users_answer_is_none_for_the_dashboard() {
    let (server, _) = linked().await;
    let client = application(&server).await;
    let acme = server.store.connections().by_name("acme").await.unwrap().unwrap();
    server.enable_connection(&acme, &client).await;
    let mut person = Browser::default();
    let there = redirected(&person.get(&server, &authorize(&client, &[("connection", "acme")])).await);
    let answer = provider_answer(&there, "ada").await;
    // In the browser of somebody who is on a trip for the dashboard.
    let mut attacker = Browser::default();
    begin(&server, &mut attacker).await;
    assert_eq!(attacker.get(&server, answer.as_str()).await.status, 400);
    assert!(!is_signed_in(&server, &mut attacker).await);

    // The dashboard's answer in the browser of an end user makes no session there.
    let there = begin(&server, &mut attacker).await;
    let answer = provider_answer(&there, "ada").await;
    let both = format!("{}; {}", person.cookie.clone().unwrap(), attacker.cookie.clone().unwrap());
    let mut both = Browser { cookie: Some(both) };
    let page = redirected(&both.get(&server, answer.as_str()).await);
    assert_eq!(page.path(), "/console/overview");
    assert!(!person.get(&server, "/u/account").await.text.contains("Signed in as"));
}

/// A stolen session links no account: that takes the password, and another site cannot begin it.
#[tokio::test]
async fn a_stolen_session_leaves_no_way_in() {
    let (server, mut owner) = linked().await;
    let fields = [("connection", "acme"), ("current_password", "not the password at all")];
    assert_eq!(owner.post(&server, "/console/api/link_account", &fields).await.status, 422);
    let nothing = owner.get(&server, "/console/through").await;
    assert_eq!(nothing.status, 400, "nothing was begun: {}", nothing.text);
}
