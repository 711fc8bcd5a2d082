//! Users: found by a prefix or an id, paged by their last sign-in, signed out and deleted with all of theirs.

use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    ids::{RevocationId, UserId},
    user::{Profile, User},
};
use coffer_crypto::TokenHash;

use super::*;
use crate::Revocation;

async fn with_users(count: i64) -> World {
    let world = World::new().await;
    for number in 0..count {
        let user = User {
            id: UserId::from_text(format!("oidc|acme|{number}")),
            provider_user_id: number.to_string(),
            profile: Profile {
                name: Some(format!("Person {number}")),
                email: Some(format!("Mail{number}@Acme.example")),
                ..Profile::default()
            },
            last_sign_in_at: at(100 + number / 2),
            ..world.user.clone()
        };
        world.store.users().sign_in(&user, event(EventCode::UserSignedIn)).await.unwrap();
    }
    world
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip_those_who_signed_in_at_one_instant() {
    let world = with_users(7).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = world.store.users().list("", after.as_deref(), 3).await.unwrap();
        assert!(page.items.len() <= 3);
        seen.extend(page.items.into_iter().map(|user| (user.last_sign_in_at, user.id)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.reverse();
    sorted.dedup();
    assert_eq!(seen, sorted, "the last to sign in comes first");
    assert_eq!(seen.len(), 8);
}

#[tokio::test]
async fn search_finds_beginnings_of_names_and_addresses_and_whole_ids() {
    let world = with_users(3).await;
    let found = async |search: &str| world.store.users().list(search, None, 10).await.unwrap().items.len();
    assert_eq!(found("PERSON").await, 3);
    assert_eq!(found("person 1").await, 1);
    assert_eq!(found("mail2@acme").await, 1);
    assert_eq!(found("oidc|acme|0").await, 1);
    for nothing in ["acme", "oidc|acme|", "%", "_", "zzz"] {
        assert_eq!(found(nothing).await, 0, "{nothing}");
    }
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_family_and_leaves_a_mark() {
    let world = World::new().await;
    world.signed_in().await;
    let out = event(EventCode::UserSignedOutEverywhere);
    world.store.users().sign_out_everywhere(&world.user.id, at(5), out).await.unwrap();
    let refresh = world.store.tokens().refresh(&TokenHash::of("r-1")).await.unwrap().unwrap();
    assert_eq!(refresh.revoked_at, Some(at(5)));
    let user = world.store.users().get(&world.user.id).await.unwrap().unwrap();
    assert_eq!(user.signed_out_at, Some(at(5)));
    world.store.users().sign_in(&user, event(EventCode::UserSignedIn)).await.unwrap();
    let again = world.store.users().get(&user.id).await.unwrap().unwrap();
    assert_eq!(again.signed_out_at, Some(at(5)), "a new sign-in revives no old one");
}

#[tokio::test]
async fn a_deleted_user_leaves_revocations_and_the_log_alone() {
    let world = World::new().await;
    world.signed_in().await;
    let revocation = Revocation {
        id: RevocationId::generate(&SystemRng),
        connection: "acme".into(),
        user_id: world.user.id.clone(),
        account: "ada".into(),
        request: sealed("request"),
        attempts: 0,
        due_at: at(1),
    };
    let deleted = async || {
        let event = event(EventCode::UserDeleted);
        world.store.users().delete(&world.user.id, std::slice::from_ref(&revocation), event).await.unwrap()
    };
    assert!(deleted().await);
    assert!(world.store.users().get(&world.user.id).await.unwrap().is_none());
    assert!(world.store.tokens().refresh(&TokenHash::of("r-1")).await.unwrap().is_none());
    let revocations = world.store.revocations();
    assert!(revocations.due(at(0), 10).await.unwrap().is_empty(), "not due yet");
    let due = revocations.due(at(1), 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert!(revocations.claim(&due[0], at(30)).await.unwrap());
    assert!(!revocations.claim(&due[0], at(30)).await.unwrap(), "one attempt at a time");
    assert!(revocations.due(at(29), 10).await.unwrap().is_empty());
    let done = AuditEvent::new(at(31), EventCode::VaultRevoked, Actor::System, "");
    revocations.finish(&due[0].id, Some(done)).await.unwrap();
    assert!(revocations.due(at(99), 10).await.unwrap().is_empty());
    assert!(!world.store.users().delete(&world.user.id, &[], event(EventCode::UserDeleted)).await.unwrap());
}

#[tokio::test]
async fn connections_are_found_by_their_present_domains() {
    let world = World::new().await;
    let mut connection = world.connection.clone();
    connection.options.domain_aliases = vec!["acme.example".into(), "acme.test".into()];
    let changed = || event(EventCode::ConnectionUpdated);
    world.store.connections().update(&connection, None, 1, changed()).await.unwrap();
    let found = async |domain: &str| world.store.connections().of_domain(domain).await.unwrap().len();
    assert_eq!((found("acme.example").await, found("acme.test").await, found("example").await), (1, 1, 0));
    connection.options.domain_aliases = vec!["acme.test".into()];
    world.store.connections().update(&connection, None, 2, changed()).await.unwrap();
    assert_eq!((found("acme.example").await, found("acme.test").await), (0, 1));
}
