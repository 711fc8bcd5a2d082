use coffer_contract::{
    ApiError,
    administrator::Role,
    second_factor::{HalfWayView, SignInStep},
};
use coffer_core::{
    Clock as _,
    audit::{Actor, AuditEvent, EventCode},
    ids::FactorId,
};
use coffer_crypto::Secret;
use coffer_store::StoreError;
use tower_sessions::Session;

use super::{
    EMAIL, House, PASSWORD,
    factors::{Phone, add},
    fields,
};
use crate::{Call, Owner};

const EVE: &str = "eve@example.com";

async fn password(house: &House, email: &str, session: &Session) -> SignInStep {
    house.visit(session).sign_in(email, Secret::new(PASSWORD)).await.unwrap()
}

/// Ada, who has a factor and requires one, with her phone; and Eve, who has none.
async fn required() -> (House, Owner, Phone, Session) {
    let house = House::set_up().await;
    house.admin.create_administrator(EVE, Secret::new(PASSWORD), Role::Editor).await.unwrap();
    let (ada, eve) = (house.session(), house.session());
    password(&house, EMAIL, &ada).await;
    password(&house, EVE, &eve).await;
    let owner = house.visit(&ada).signed_in().await.unwrap().owner().unwrap();
    let alone = owner.require_second_factor(true).await.unwrap_err();
    assert!(matches!(alone, ApiError::Conflict { .. }), "who asks for one has one: {alone:?}");
    let (phone, _) = add(&house, &house.visit(&ada)).await;
    owner.require_second_factor(true).await.unwrap();
    owner.require_second_factor(true).await.unwrap();
    assert!(house.visit(&ada).signed_in().await.is_ok());
    assert_eq!(house.visit(&eve).signed_in().await.unwrap_err(), ApiError::Unauthenticated, "she has none");
    (house, owner, phone, eve)
}

#[tokio::test]
async fn who_has_none_adds_one_before_anything_else() {
    let (house, owner, _, session) = required().await;
    let visit = house.visit(&session);
    assert_eq!(password(&house, EVE, &session).await, SignInStep::Enrolment);
    assert_eq!(visit.signed_in().await.unwrap_err(), ApiError::Unauthenticated);
    let HalfWayView::Enrolment { email, authenticator, .. } = visit.half_way_view().await.unwrap() else {
        panic!()
    };
    assert_eq!(email, EVE);
    let HalfWayView::Enrolment { authenticator: again, .. } = visit.half_way_view().await.unwrap() else {
        panic!()
    };
    assert_eq!(authenticator, again, "the page can be loaded again");
    let phone = Phone::scanning(&authenticator);
    assert_eq!(fields(&visit.complete_enrolment(Secret::new("000000")).await.unwrap_err()), ["code"]);
    assert_eq!(visit.answer_factor(phone.code(&house)).await.unwrap_err(), ApiError::Unauthenticated);
    let codes = visit.complete_enrolment(phone.code(&house)).await.unwrap();
    assert_eq!(codes.codes.len(), 10);
    assert_eq!(visit.signed_in().await.unwrap().me().email, EVE);
    let all = owner.list_administrators().await.unwrap();
    assert!(all.second_factor_required && all.administrators.iter().all(|known| known.second_factor));
    assert_eq!(password(&house, EVE, &house.session()).await, SignInStep::Factor);
    let mine = visit.second_factors().await.unwrap();
    let last = visit.remove_factor(&mine.factors[0].id, Secret::new(PASSWORD)).await.unwrap_err();
    assert!(matches!(last, ApiError::Conflict { .. }), "the last one stays: {last:?}");
}

/// Two browsers are asked to add one. Whoever comes second has the password and no factor.
#[tokio::test]
async fn a_stolen_password_adds_no_factor_beside_the_owners() {
    let (house, _, _, eve) = required().await;
    let thief = house.session();
    password(&house, EVE, &thief).await;
    let HalfWayView::Enrolment { authenticator: thiefs, .. } =
        house.visit(&thief).half_way_view().await.unwrap()
    else {
        panic!()
    };
    password(&house, EVE, &eve).await;
    let HalfWayView::Enrolment { authenticator, .. } = house.visit(&eve).half_way_view().await.unwrap()
    else {
        panic!()
    };
    let phone = Phone::scanning(&authenticator);
    house.visit(&eve).complete_enrolment(phone.code(&house)).await.unwrap();
    let late = house.visit(&thief).complete_enrolment(Phone::scanning(&thiefs).code(&house)).await;
    assert!(matches!(late, Err(ApiError::Conflict { .. })), "{late:?}");

    // And where both are there to the last: one alone.
    let visit = house.visit(&eve);
    let pending = visit.add_authenticator(Secret::new(PASSWORD), "Tablet").await.unwrap();
    let me = house.store.administrators().by_email(EVE).await.unwrap().unwrap().0;
    let (now, id, factors) =
        (house.clock.now(), FactorId::from_text(pending.id), house.store.second_factors());
    let factor = factors.unconfirmed(&me.id, &id, now).await.unwrap().unwrap().factor;
    let event = AuditEvent::new(now, EventCode::AdminFactorAdded, Actor::System, "test");
    let refused = factors.confirm(&factor, 1, &[], true, now, event).await;
    assert!(matches!(refused, Err(StoreError::Conflict { what: "second factor" })), "{refused:?}");
    assert_eq!(visit.second_factors().await.unwrap().factors.len(), 1);
}

#[tokio::test]
async fn an_invited_administrator_adds_one_too() {
    let (house, owner, _, _) = required().await;
    let link = owner.invite_administrator("new@example.com", Role::Viewer).await.unwrap().link;
    let token = link.split_once("token=").unwrap().1;
    let visit = house.visit(&house.session());
    assert_eq!(visit.accept_invitation(token, Secret::new(PASSWORD)).await.unwrap(), SignInStep::Enrolment);
    assert_eq!(visit.signed_in().await.unwrap_err(), ApiError::Unauthenticated);
}

#[tokio::test]
async fn an_owner_stops_requiring_it() {
    let (house, owner, _, eve) = required().await;
    owner.require_second_factor(false).await.unwrap();
    assert!(matches!(password(&house, EVE, &eve).await, SignInStep::Done(_)));
    assert_eq!(house.log().await.iter().filter(|code| *code == "admin.factor_required").count(), 2);
}

#[tokio::test]
async fn an_owner_resets_somebody_elses_and_the_operator_anybodys() {
    let (house, owner, _, session) = required().await;
    owner.require_second_factor(false).await.unwrap();
    password(&house, EVE, &session).await;
    add(&house, &house.visit(&session)).await;
    let id = owner.administrator_by_email(EVE).await.unwrap().id;
    assert_eq!(fields(&owner.reset_factors(&id, "eve").await.unwrap_err()), ["confirm_name"]);
    owner.reset_factors(&id, "Eve@example.com").await.unwrap();
    assert_eq!(house.visit(&session).signed_in().await.unwrap_err(), ApiError::Unauthenticated);
    assert!(matches!(password(&house, EVE, &session).await, SignInStep::Done(_)));
    let mine = house.visit(&session).second_factors().await.unwrap();
    assert_eq!((mine.factors.len(), mine.recovery_codes_left), (0, 0));

    let me = owner.administrator_by_email(EMAIL).await.unwrap();
    assert!(me.second_factor);
    let own = owner.reset_factors(&me.id, EMAIL).await.unwrap_err();
    assert!(matches!(own, ApiError::Conflict { .. }), "her own take her password: {own:?}");
    let operator = Call::new(house.admin.clone(), None, "test".into()).operating();
    operator.reset_factors(&me.id, EMAIL).await.unwrap();
    assert!(!owner.administrator_by_email(EMAIL).await.unwrap().second_factor);
    assert_eq!(house.log().await.iter().filter(|code| *code == "admin.factors_reset").count(), 2);
}
