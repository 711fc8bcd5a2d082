//! The person's own page, home-realm discovery and trying a connection, in a browser without scripts.

use coffer_contract::connection::TryResult;
use coffer_core::{
    Clock as _,
    audit::{Actor, AuditEvent, EventCode},
};
use coffer_crypto::TokenHash;
use coffer_providers::Provider;

use crate::browser::{Browser, param, redirected, unknown};
use crate::connect::enable;
use crate::harness::{CALLBACK, Server, challenge};

/// Signs "ada" of the provider in to an application; the browser has a session then.
async fn signed_in(server: &Server) -> Browser {
    let client = server.web().await;
    enable(server, &client.id).await;
    let mut browser = Browser::default();
    let query = format!(
        "/authorize?client_id={}&redirect_uri={CALLBACK}&response_type=code&scope=openid&connection=provider\
         &code_challenge={}&code_challenge_method=S256",
        client.id,
        challenge()
    );
    let there = redirected(&browser.get(server, &query).await);
    let consent = redirected(&browser.at_provider(server, there.as_str(), "ada", "allow").await);
    let handle = param(&consent, "handle");
    let allowed = browser.post(server, "/u/consent", &[("handle", &handle), ("decision", "allow")]).await;
    assert!(redirected(&allowed).as_str().starts_with(CALLBACK));
    browser
}

async fn account_id(server: &Server) -> String {
    let users = server.store.users().list("", None, 10).await.unwrap().items;
    for user in users {
        if let Some(set) = server.store.token_sets().of_user(&user.id).await.unwrap().first() {
            return set.id.to_string();
        }
    }
    panic!("nobody has an account");
}

#[tokio::test]
async fn the_page_shows_accounts_and_who_may_use_them() {
    let server = Server::with_provider().await;
    let stranger = Browser::default().get(&server, "/u/account").await;
    assert!(stranger.text.contains("Continue with Provider"), "{}", stranger.text);
    let mut browser = signed_in(&server).await;
    let page = browser.get(&server, "/u/account").await;
    for words in ["Signed in as", "Provider", "Healthy", "Agent", "not used yet"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(!page.text.contains("<script"));
}

#[tokio::test]
async fn signing_in_to_the_page_makes_nobody_a_user() {
    let server = Server::with_provider().await;
    let mut browser = Browser::default();
    browser.get(&server, "/u/account").await;
    let there = redirected(&browser.post(&server, "/u/account/sign-in", &[("connection", "provider")]).await);
    let back = browser.at_provider(&server, there.as_str(), "nobody", "allow").await;
    assert_eq!(back.status, 400);
    signed_in(&server).await;
    let there = redirected(&browser.post(&server, "/u/account/sign-in", &[("connection", "provider")]).await);
    let back = redirected(&browser.at_provider(&server, there.as_str(), "ada", "allow").await);
    assert_eq!(back.path(), "/u/account");
    assert!(browser.get(&server, "/u/account").await.text.contains("Signed in as"));
}

#[tokio::test]
async fn an_account_is_disconnected_by_its_owner_alone() {
    let server = Server::with_provider().await;
    let mut owner = signed_in(&server).await;
    let id = account_id(&server).await;
    let fields = [("account", id.as_str())];
    let mut stranger = Browser::default();
    stranger.get(&server, "/u/account").await;
    assert_eq!(stranger.post(&server, "/u/account/disconnect", &fields).await.status, 400);
    assert_eq!(redirected(&owner.post(&server, "/u/account/disconnect", &fields).await).path(), "/u/account");
    assert!(owner.get(&server, "/u/account").await.text.contains("no account"));
    server.vault.revoke_due().await.unwrap();
    let providers = server.providers.as_ref().unwrap();
    assert!(providers.grants(Provider::Sandbox).iter().all(|grant| !grant.alive));
}

#[tokio::test]
async fn reconnecting_takes_the_same_account_and_no_other() {
    let server = Server::with_provider().await;
    let mut browser = signed_in(&server).await;
    let id = account_id(&server).await;
    let there = redirected(&browser.post(&server, "/u/account/reconnect", &[("account", &id)]).await);
    let other = browser.at_provider(&server, there.as_str(), "grace", "allow").await;
    assert_eq!(other.status, 400, "another account changes nothing");
    let there = redirected(&browser.post(&server, "/u/account/reconnect", &[("account", &id)]).await);
    let back = redirected(&browser.at_provider(&server, there.as_str(), "ada", "allow").await);
    assert_eq!(back.path(), "/u/account");
    assert_eq!(account_id(&server).await, id);
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_browser() {
    let server = Server::with_provider().await;
    let (mut one, mut two) = (signed_in(&server).await, signed_in(&server).await);
    server.clock.advance_seconds(1);
    one.post(&server, "/u/account/sign-out-everywhere", &[]).await;
    for browser in [&mut one, &mut two] {
        let page = browser.get(&server, "/u/account").await;
        assert!(page.text.contains("Continue with Provider"), "{}", page.text);
    }
}

/// A sign-in that was under way when the person signed out everywhere does not outlive it.
#[tokio::test]
async fn a_consent_page_from_before_is_worth_nothing_after_signing_out_everywhere() {
    let server = Server::with_provider().await;
    let mut other = signed_in(&server).await;
    let client = server.web().await;
    enable(&server, &client.id).await;
    let mut browser = Browser::default();
    let query = format!(
        "/authorize?client_id={}&redirect_uri={CALLBACK}&response_type=code&scope=openid&connection=provider\
         &code_challenge={}&code_challenge_method=S256",
        client.id,
        challenge()
    );
    let there = redirected(&browser.get(&server, &query).await);
    let consent = redirected(&browser.at_provider(&server, there.as_str(), "ada", "allow").await);
    server.clock.advance_seconds(1);
    other.post(&server, "/u/account/sign-out-everywhere", &[]).await;
    let fields = [("handle", &*param(&consent, "handle")), ("decision", "allow")];
    assert_eq!(browser.post(&server, "/u/consent", &fields).await.status, 400);
}

#[tokio::test]
async fn an_address_leads_to_the_company_that_has_its_domain() {
    let server = Server::with_provider().await;
    let mut connection = server.connection.clone();
    connection.options.domain_aliases = vec!["acme.example".into()];
    let event = AuditEvent::new(server.clock.now(), EventCode::ConnectionUpdated, Actor::System, "test");
    server.store.connections().update(&connection, None, 1, event).await.unwrap();
    let client = server.web().await;
    enable(&server, &client.id).await;
    let mut browser = Browser::default();
    let query = format!(
        "/authorize?client_id={}&redirect_uri={CALLBACK}&response_type=code&scope=openid&code_challenge={}\
         &code_challenge_method=S256",
        client.id,
        challenge()
    );
    let page = redirected(&browser.get(&server, &query).await);
    let handle = param(&page, "handle");
    let shown = browser.get(&server, &format!("/u/sign-in?handle={handle}")).await;
    assert!(shown.text.contains("Work e-mail address") && !shown.text.contains("Continue with Provider"));
    let unknown = [("handle", handle.as_str()), ("address", "ada@elsewhere.example")];
    let refused = browser.post(&server, "/u/identify", &unknown).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("No company sign-in is set up for elsewhere.example"), "{}", refused.text);
    assert!(refused.text.contains("ada@elsewhere.example"), "what was entered stays");
    let known = [("handle", handle.as_str()), ("address", "ada@ACME.example")];
    let there = redirected(&browser.post(&server, "/u/identify", &known).await);
    assert!(there.as_str().starts_with(server.providers.as_ref().unwrap().base()), "{there}");
    assert_eq!(param(&there, "login_hint"), "ada@ACME.example");
}

#[tokio::test]
async fn a_try_makes_no_user_and_says_what_came_of_it() {
    let server = Server::with_provider().await;
    let begin = async || {
        let handle = unknown();
        let ends = server.clock.now().plus_seconds(60);
        server.store.tries().begin(&TokenHash::of(&handle), &server.connection.id, ends).await.unwrap();
        handle
    };
    let result = async |handle: &str| {
        server.store.tries().get(&TokenHash::of(handle), server.clock.now()).await.unwrap().unwrap().1
    };
    let before = server.store.users().list("", None, 10).await.unwrap().items.len();
    let handle = begin().await;
    let mut window = Browser::default();
    let there = redirected(&window.get(&server, &format!("/u/try?handle={handle}")).await);
    assert_eq!(result(&handle).await, TryResult::Waiting);
    let done = window.at_provider(&server, there.as_str(), "ada", "allow").await;
    assert!(done.text.contains("Close this window"), "{}", done.text);
    let TryResult::Worked { profile, refresh_token, .. } = result(&handle).await else { panic!() };
    assert_eq!((profile.name.as_deref(), refresh_token), (Some("Ada"), true));
    assert_eq!(server.store.users().list("", None, 10).await.unwrap().items.len(), before);
    assert_eq!(window.get(&server, &format!("/u/try?handle={handle}")).await.status, 400, "it is over");

    let providers = server.providers.as_ref().unwrap();
    providers.change(Provider::Sandbox, |settings| settings.client_secret = "another".into());
    let handle = begin().await;
    let there = redirected(&window.get(&server, &format!("/u/try?handle={handle}")).await);
    window.at_provider(&server, there.as_str(), "ada", "allow").await;
    let TryResult::Failed { error, advice } = result(&handle).await else { panic!() };
    assert!(error.contains("invalid_client") && advice.contains("secret"), "{error}: {advice}");
}
