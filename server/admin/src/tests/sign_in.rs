use coffer_contract::{ApiError, second_factor::SignInStep};
use coffer_crypto::{Secret, password};

use super::{EMAIL, House, PASSWORD, fields};
use crate::{SESSION_SECONDS, SETUP_LINK_SECONDS, throttle, visit::NOBODYS_HASH};

#[tokio::test]
async fn the_set_up_link_works_once_and_signs_in() {
    let house = House::new().await;
    let old = house.admin.new_setup_link().await.unwrap().unwrap();
    let link = house.admin.new_setup_link().await.unwrap().unwrap();
    let session = house.session();
    let visit = house.visit(&session);
    let stale = visit.complete_setup(&old, EMAIL, Secret::new(PASSWORD)).await;
    assert!(matches!(stale, Err(ApiError::Forbidden { .. })));
    let weak = visit.complete_setup(&link, "ada", Secret::new("short")).await.unwrap_err();
    assert_eq!(fields(&weak), ["email", "password"]);
    assert!(visit.setup_state(&link).await.unwrap().link_valid, "a refused form leaves the link as it is");

    let step = visit.complete_setup(&link, " Ada@Example.com", Secret::new(PASSWORD)).await.unwrap();
    let me = visit.signed_in().await.unwrap().me();
    assert_eq!((me.email.as_str(), step), (EMAIL, SignInStep::Done(me.clone())));
    let state = visit.setup_state(&link).await.unwrap();
    assert!(!state.needs_setup && !state.link_valid);
    let again = visit.complete_setup(&link, "eve@example.com", Secret::new(PASSWORD)).await;
    assert!(matches!(again, Err(ApiError::Forbidden { .. })));
    assert_eq!(house.admin.new_setup_link().await.unwrap(), None);
    assert_eq!(house.log().await, ["admin.created", "admin.signed_in"]);
}

#[tokio::test]
async fn the_set_up_link_ends() {
    let house = House::new().await;
    let link = house.admin.new_setup_link().await.unwrap().unwrap();
    house.clock.advance_seconds(SETUP_LINK_SECONDS);
    let visit = house.visit(&house.session());
    let late = visit.complete_setup(&link, EMAIL, Secret::new(PASSWORD)).await;
    assert!(matches!(late, Err(ApiError::Forbidden { .. })));
}

#[tokio::test]
async fn a_session_begins_with_a_new_id_and_ends() {
    let house = House::set_up().await;
    let session = house.session();
    session.insert("planted", 1).await.unwrap();
    session.save().await.unwrap();
    let planted = session.id().unwrap();
    let visit = house.visit(&session);
    assert_eq!(visit.signed_in().await.unwrap_err(), ApiError::Unauthenticated);
    visit.sign_in(EMAIL, Secret::new(PASSWORD)).await.unwrap();
    session.save().await.unwrap();
    assert_ne!(session.id().unwrap(), planted);
    assert_eq!(session.get::<i32>("planted").await.unwrap(), None);

    let other = house.visit(&house.session());
    assert_eq!(other.signed_in().await.unwrap_err(), ApiError::Unauthenticated, "another session");
    house.clock.advance_seconds(SESSION_SECONDS - 1);
    assert!(visit.signed_in().await.is_ok());
    house.clock.advance_seconds(1);
    assert_eq!(visit.signed_in().await.unwrap_err(), ApiError::Unauthenticated);
    assert!(session.id().is_none(), "it was thrown away");
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let house = House::set_up().await;
    let session = house.session();
    let visit = house.visit(&session);
    visit.sign_in(EMAIL, Secret::new(PASSWORD)).await.unwrap();
    visit.sign_out().await.unwrap();
    assert_eq!(visit.signed_in().await.unwrap_err(), ApiError::Unauthenticated);
    visit.sign_out().await.unwrap();
    assert_eq!(house.log().await, ["admin.created", "admin.signed_in", "admin.signed_out"]);
}

#[tokio::test]
async fn guessing_one_account_is_slowed_down() {
    let house = House::set_up().await;
    let visit = house.visit(&house.session());
    let wrong = || Secret::new("not the password");
    for _ in 0..throttle::PER_EMAIL {
        let refused = visit.sign_in(EMAIL, wrong()).await.unwrap_err();
        assert_eq!(fields(&refused), ["password"]);
    }
    let throttled = visit.sign_in("ADA@example.com ", Secret::new(PASSWORD)).await.unwrap_err();
    assert_eq!(throttled, ApiError::TooManyAttempts { retry_after: 900 }, "right or wrong");
    house.clock.advance_seconds(throttle::WINDOW_SECONDS);
    visit.sign_in(EMAIL, Secret::new(PASSWORD)).await.unwrap();
    for _ in 0..throttle::PER_EMAIL {
        let refused = visit.sign_in(EMAIL, wrong()).await.unwrap_err();
        assert_eq!(fields(&refused), ["password"], "success forgot the failures before");
    }
    let failures = house.log().await.iter().filter(|code| *code == "admin.sign_in_failed").count();
    assert_eq!(failures, 10, "what was not checked is no failure");
}

#[tokio::test]
async fn guessing_many_accounts_from_one_address_is_slowed_down() {
    let house = House::set_up().await;
    let session = house.session();
    let visit = house.visit(&session);
    visit.sign_in(EMAIL, Secret::new(PASSWORD)).await.unwrap();
    let mut checked = 0;
    for n in 0..throttle::PER_ADDRESS + 5 {
        match visit.sign_in(&format!("{n}@example.com"), Secret::new(PASSWORD)).await.unwrap_err() {
            ApiError::Invalid { .. } => checked += 1,
            error => assert!(matches!(error, ApiError::TooManyAttempts { .. }), "{error:?}"),
        }
    }
    assert_eq!(checked, throttle::PER_ADDRESS);
    let elsewhere = house.visit_from(&house.session(), "192.0.2.2");
    elsewhere.sign_in(EMAIL, Secret::new(PASSWORD)).await.unwrap();
}

#[test]
fn an_unknown_account_costs_what_a_known_one_does() {
    let real = password::hash(&Secret::new(PASSWORD), &coffer_core::SystemRng);
    let parameters = |hash: &str| hash.rsplitn(3, '$').last().unwrap().to_owned();
    assert_eq!(parameters(&real), parameters(NOBODYS_HASH));
    assert_eq!(real.len(), NOBODYS_HASH.len());
    assert!(!password::verify(&Secret::new(PASSWORD), NOBODYS_HASH));
}
