use coffer_contract::{
    ApiError,
    administrator::{AdministratorView, Role},
    second_factor::SignInStep,
};
use coffer_crypto::Secret;

use super::{EMAIL, House, PASSWORD, fields};
use crate::{Call, INVITATION_SECONDS, Owner, throttle};

const EVE: &str = "eve@example.com";

async fn owner(house: &House, email: &str) -> Owner {
    let session = house.session();
    house.visit(&session).sign_in(email, Secret::new(PASSWORD)).await.unwrap();
    house.visit(&session).signed_in().await.unwrap().owner().unwrap()
}

async fn add(house: &House, email: &str, role: Role) -> String {
    house.admin.create_administrator(email, Secret::new(PASSWORD), role).await.unwrap();
    let operator = Call::new(house.admin.clone(), None, "test".into()).operating();
    operator.administrator_by_email(email).await.unwrap().id
}

fn token_of(link: &str) -> String {
    link.split_once("token=").unwrap().1.to_owned()
}

#[tokio::test]
async fn the_last_owner_stays_one() {
    let house = House::set_up().await;
    let owner = owner(&house, EMAIL).await;
    add(&house, EVE, Role::Editor).await;
    let me = owner.administrator_by_email(EMAIL).await.unwrap();
    for role in [Role::Editor, Role::Viewer] {
        let refused = owner.set_administrator_role(&me.id, role).await.unwrap_err();
        assert!(matches!(refused, ApiError::Conflict { .. }), "{refused:?}");
    }
    let refused = owner.remove_administrator(&me.id, EMAIL).await.unwrap_err();
    assert!(matches!(refused, ApiError::Conflict { .. }), "{refused:?}");
    assert_eq!(house.log().await, ["admin.created", "admin.signed_in", "admin.created"]);
}

/// Both are owners and see each other as one: whatever the order, one stays.
#[tokio::test]
async fn two_owners_cannot_remove_each_other_at_once() {
    for _ in 0..10 {
        let house = House::set_up().await;
        let eve = add(&house, EVE, Role::Owner).await;
        let ada = owner(&house, EMAIL).await;
        let me = ada.administrator_by_email(EMAIL).await.unwrap();
        let other = owner(&house, EVE).await;
        let (one, two) = tokio::join!(
            ada.remove_administrator(&eve, EVE),
            other.set_administrator_role(&me.id, Role::Viewer),
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let all = ada.list_administrators().await.unwrap().administrators;
        assert_eq!(all.iter().filter(|known| known.role == Role::Owner).count(), 1);
    }
}

#[tokio::test]
async fn who_loses_rights_loses_the_sessions_and_the_invitations() {
    let house = House::set_up().await;
    let eve_id = add(&house, EVE, Role::Owner).await;
    let session = house.session();
    house.visit(&session).sign_in(EVE, Secret::new(PASSWORD)).await.unwrap();
    let eve = house.visit(&session).signed_in().await.unwrap().owner().unwrap();
    let link = eve.invite_administrator("mallory@example.com", Role::Owner).await.unwrap().link;
    let ada = owner(&house, EMAIL).await;
    ada.set_administrator_role(&eve_id, Role::Editor).await.unwrap();
    assert_eq!(house.visit(&session).signed_in().await.unwrap_err(), ApiError::Unauthenticated);
    let visit = house.visit(&house.session());
    assert_eq!(visit.invitation_state(&token_of(&link)).await.unwrap().invited, None);
    let refused = visit.accept_invitation(&token_of(&link), Secret::new(PASSWORD)).await;
    assert!(matches!(refused, Err(ApiError::Forbidden { .. })));

    house.visit(&session).sign_in(EVE, Secret::new(PASSWORD)).await.unwrap();
    let refused = house.visit(&session).signed_in().await.unwrap().owner().unwrap_err();
    assert!(
        matches!(&refused, ApiError::Forbidden { message } if message.contains("an editor")),
        "{refused:?}"
    );
    ada.set_administrator_role(&eve_id, Role::Owner).await.unwrap();
    assert!(house.visit(&session).signed_in().await.unwrap().owner().is_ok(), "more rights end nothing");
}

#[tokio::test]
async fn an_invitation_ends_is_withdrawn_and_stands_once_for_an_address() {
    let house = House::set_up().await;
    let owner = owner(&house, EMAIL).await;
    let invite = async |email: &str| owner.invite_administrator(email, Role::Editor).await;
    assert_eq!(fields(&invite("eve").await.unwrap_err()), ["email"]);
    assert_eq!(fields(&invite(EMAIL).await.unwrap_err()), ["email"], "an administrator already");
    let first = token_of(&invite(EVE).await.unwrap().link);
    assert_eq!(fields(&invite(EVE).await.unwrap_err()), ["email"], "invited already");
    let visit = house.visit(&house.session());
    let weak = visit.accept_invitation(&first, Secret::new("short")).await.unwrap_err();
    assert_eq!(fields(&weak), ["password"]);
    assert!(visit.invitation_state(&first).await.unwrap().invited.is_some(), "a refused form leaves it");

    house.clock.advance_seconds(INVITATION_SECONDS);
    assert!(visit.accept_invitation(&first, Secret::new(PASSWORD)).await.is_err(), "it has ended");
    assert!(owner.list_administrators().await.unwrap().invitations.is_empty());
    let second = token_of(&invite(EVE).await.unwrap().link);
    let pending = owner.list_administrators().await.unwrap().invitations;
    assert_eq!((pending[0].email.as_str(), pending[0].invited_by.as_str()), (EVE, EMAIL));
    owner.withdraw_invitation(&pending[0].id).await.unwrap();
    assert!(visit.accept_invitation(&second, Secret::new(PASSWORD)).await.is_err(), "it is withdrawn");
    assert!(owner.withdraw_invitation(&pending[0].id).await.is_err());

    let third = token_of(&invite(EVE).await.unwrap().link);
    let step = visit.accept_invitation(&third, Secret::new(PASSWORD)).await.unwrap();
    let me = AdministratorView { email: EVE.into(), role: Role::Editor };
    assert_eq!(step, SignInStep::Done(me));
    assert_eq!(
        house.log().await[2..],
        [
            "admin.invited",
            "admin.invited",
            "admin.invitation_withdrawn",
            "admin.invited",
            "admin.created",
            "admin.signed_in"
        ]
    );
}

/// Two browsers with one link: one becomes the administrator.
#[tokio::test]
async fn an_invitation_is_accepted_once_at_the_same_time() {
    let house = House::set_up().await;
    let link = owner(&house, EMAIL).await.invite_administrator(EVE, Role::Viewer).await.unwrap().link;
    let token = token_of(&link);
    let (one, two) = (house.visit(&house.session()), house.visit(&house.session()));
    let (one, two) = tokio::join!(
        one.accept_invitation(&token, Secret::new(PASSWORD)),
        two.accept_invitation(&token, Secret::new(PASSWORD)),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session() {
    const NEW: &str = "other four unrelated words";
    let house = House::set_up().await;
    let (here, there) = (house.session(), house.session());
    for session in [&here, &there] {
        house.visit(session).sign_in(EMAIL, Secret::new(PASSWORD)).await.unwrap();
    }
    let visit = house.visit(&here);
    let change =
        async |current: &str, new: &str| visit.change_password(Secret::new(current), Secret::new(new)).await;
    assert_eq!(fields(&change("not it at all", NEW).await.unwrap_err()), ["current_password"]);
    assert_eq!(fields(&change(PASSWORD, "short").await.unwrap_err()), ["new_password"]);
    assert_eq!(fields(&change(PASSWORD, PASSWORD).await.unwrap_err()), ["new_password"]);
    assert!(house.visit(&there).signed_in().await.is_ok());
    change(PASSWORD, NEW).await.unwrap();
    assert!(visit.signed_in().await.is_ok(), "this session goes on");
    assert_eq!(house.visit(&there).signed_in().await.unwrap_err(), ApiError::Unauthenticated);
    let other = house.visit(&house.session());
    assert!(other.sign_in(EMAIL, Secret::new(PASSWORD)).await.is_err());
    other.sign_in(EMAIL, Secret::new(NEW)).await.unwrap();
    assert!(house.log().await.contains(&"admin.password_changed".to_owned()));
    let stranger = house.visit(&house.session());
    let refused = stranger.change_password(Secret::new(NEW), Secret::new(PASSWORD)).await;
    assert_eq!(refused.unwrap_err(), ApiError::Unauthenticated);
}

/// Whoever finds an open session cannot guess the password through it.
#[tokio::test]
async fn guessing_the_current_password_is_slowed_down() {
    let house = House::set_up().await;
    let session = house.session();
    let visit = house.visit(&session);
    visit.sign_in(EMAIL, Secret::new(PASSWORD)).await.unwrap();
    let guess = async || {
        let new = Secret::new("other four unrelated words");
        visit.change_password(Secret::new("a guess of mine"), new).await.unwrap_err()
    };
    for _ in 0..throttle::PER_EMAIL {
        assert_eq!(fields(&guess().await), ["current_password"]);
    }
    assert!(matches!(guess().await, ApiError::TooManyAttempts { .. }));
}
