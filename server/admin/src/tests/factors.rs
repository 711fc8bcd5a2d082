use coffer_contract::{
    ApiError,
    second_factor::{FactorKind, HalfWayView, NewAuthenticator, RECOVERY_CODES, RecoveryCodes, SignInStep},
};
use coffer_core::Clock as _;
use coffer_crypto::{Secret, TotpSecret};
use tower_sessions::Session;

use super::{EMAIL, House, PASSWORD, fields};
use crate::{HALF_WAY_SECONDS, Visit, throttle};

/// An authenticator app on somebody's phone.
pub struct Phone(TotpSecret);

impl Phone {
    pub fn scanning(shown: &NewAuthenticator) -> Self {
        Self(TotpSecret::from_base32(&shown.secret).unwrap())
    }

    pub fn code(&self, house: &House) -> Secret {
        Secret::new(self.0.code_at(house.clock.now().seconds()))
    }
}

/// Adds an authenticator app for whoever is signed in, and waits until its next code.
pub async fn add(house: &House, visit: &Visit) -> (Phone, RecoveryCodes) {
    let shown = visit.add_authenticator(Secret::new(PASSWORD), "Phone").await.unwrap();
    let phone = Phone::scanning(&shown);
    let codes = visit.confirm_authenticator(&shown.id, phone.code(house)).await.unwrap().unwrap();
    house.clock.advance_seconds(30);
    (phone, codes)
}

async fn password(house: &House, session: &Session) -> SignInStep {
    house.visit(session).sign_in(EMAIL, Secret::new(PASSWORD)).await.unwrap()
}

/// A house whose administrator has an app, the session in which it was added, and a fresh one.
async fn with_app() -> (House, Phone, RecoveryCodes, Session, Session) {
    let house = House::set_up().await;
    let session = house.session();
    password(&house, &session).await;
    let (phone, codes) = add(&house, &house.visit(&session)).await;
    let fresh = house.session();
    (house, phone, codes, session, fresh)
}

#[tokio::test]
async fn a_password_alone_signs_nobody_in_who_has_a_factor() {
    let (house, phone, _, _, session) = with_app().await;
    let visit = house.visit(&session);
    session.insert("planted", 1).await.unwrap();
    session.save().await.unwrap();
    let planted = session.id().unwrap();
    assert_eq!(password(&house, &session).await, SignInStep::Factor);
    session.save().await.unwrap();
    let half = session.id().unwrap();
    assert_ne!(half, planted, "the session has a new id");
    assert_eq!(visit.signed_in().await.unwrap_err(), ApiError::Unauthenticated);
    for refused in [
        visit.second_factors().await.unwrap_err(),
        visit.add_authenticator(Secret::new(PASSWORD), "").await.unwrap_err(),
        visit.make_recovery_codes(Secret::new(PASSWORD)).await.unwrap_err(),
        visit.complete_enrolment(phone.code(&house)).await.unwrap_err(),
    ] {
        assert_eq!(refused, ApiError::Unauthenticated);
    }
    assert_eq!(
        visit.half_way_view().await.unwrap(),
        HalfWayView::Factor { email: EMAIL.into(), kinds: vec![FactorKind::Authenticator] }
    );
    assert_eq!(fields(&visit.answer_factor(Secret::new("")).await.unwrap_err()), ["code"]);
    assert_eq!(fields(&visit.answer_factor(Secret::new("000000")).await.unwrap_err()), ["code"]);
    let code = phone.code(&house);
    let spaced = Secret::new(format!(" {} {} ", &code.reveal()[..3], &code.reveal()[3..]));
    let answer = visit.answer_factor(spaced).await.unwrap();
    assert!(!answer.recovery_code_used);
    session.save().await.unwrap();
    assert_ne!(session.id().unwrap(), half);
    assert_eq!(visit.signed_in().await.unwrap().me().email, EMAIL);
    assert_eq!(visit.half_way_view().await.unwrap_err(), ApiError::Unauthenticated, "it is complete");
    let events =
        ["admin.created", "admin.signed_in", "admin.factor_added", "admin.factor_failed", "admin.signed_in"];
    assert_eq!(house.log().await, events);
}

/// RFC 6238 section 5.2: "The verifier MUST NOT accept the second attempt of the OTP after the successful
/// validation has been issued for the first OTP".
#[tokio::test]
async fn a_code_is_accepted_once() {
    let (house, phone, _, _, one) = with_app().await;
    let two = house.session();
    password(&house, &one).await;
    password(&house, &two).await;
    let code = phone.code(&house);
    let (first, second) = (house.visit(&one), house.visit(&two));
    let (first, second) = tokio::join!(first.answer_factor(code.clone()), second.answer_factor(code.clone()));
    assert!(first.is_ok() != second.is_ok(), "at the same time: {first:?} {second:?}");
    password(&house, &two).await;
    let again = house.visit(&two).answer_factor(code).await.unwrap_err();
    assert_eq!(fields(&again), ["code"]);
    // Nor is the code before it, which the clock would still allow.
    house.clock.advance_seconds(-30);
    let earlier = phone.code(&house);
    house.clock.advance_seconds(30);
    assert_eq!(fields(&house.visit(&two).answer_factor(earlier).await.unwrap_err()), ["code"]);
    house.clock.advance_seconds(30);
    house.visit(&two).answer_factor(phone.code(&house)).await.unwrap();
}

#[tokio::test]
async fn the_code_that_confirms_an_app_signs_nobody_in() {
    let house = House::set_up().await;
    let session = house.session();
    password(&house, &session).await;
    let visit = house.visit(&session);
    let shown = visit.add_authenticator(Secret::new(PASSWORD), "").await.unwrap();
    assert_eq!(visit.second_factors().await.unwrap().factors, [], "not before it is confirmed");
    let phone = Phone::scanning(&shown);
    let other = house.session();
    assert!(matches!(password(&house, &other).await, SignInStep::Done(_)));
    assert_eq!(
        fields(&visit.confirm_authenticator(&shown.id, Secret::new("000000")).await.unwrap_err()),
        ["code"]
    );
    let code = phone.code(&house);
    visit.confirm_authenticator(&shown.id, code.clone()).await.unwrap();
    let twice = visit.confirm_authenticator(&shown.id, code.clone()).await.unwrap_err();
    assert!(matches!(twice, ApiError::Conflict { .. }), "{twice:?}");
    assert_eq!(password(&house, &other).await, SignInStep::Factor);
    assert_eq!(fields(&house.visit(&other).answer_factor(code).await.unwrap_err()), ["code"]);
    let mine = visit.second_factors().await.unwrap();
    assert_eq!(mine.factors[0].name, "Authenticator app");
    assert_eq!((mine.factors[0].last_used_at, mine.recovery_codes_left), (None, RECOVERY_CODES as u64));
}

#[tokio::test]
async fn an_app_that_is_not_confirmed_in_time_is_none() {
    let house = House::set_up().await;
    let session = house.session();
    password(&house, &session).await;
    let visit = house.visit(&session);
    let first = visit.add_authenticator(Secret::new(PASSWORD), "").await.unwrap();
    let second = visit.add_authenticator(Secret::new(PASSWORD), "").await.unwrap();
    let confirm = async |shown: &NewAuthenticator| {
        visit.confirm_authenticator(&shown.id, Phone::scanning(shown).code(&house)).await
    };
    assert!(matches!(confirm(&first).await, Err(ApiError::Conflict { .. })), "the second took its place");
    house.clock.advance_seconds(600);
    assert!(matches!(confirm(&second).await, Err(ApiError::Conflict { .. })), "it is too late");
    house.store.delete_expired(house.clock.now()).await.unwrap();
    assert!(
        house.store.seals().page(None, 10).await.unwrap().iter().all(|row| row.table != "authenticator_apps")
    );
}

#[tokio::test]
async fn a_recovery_code_works_once_in_the_place_of_an_app() {
    let (house, _, codes, before, session) = with_app().await;
    let visit = house.visit(&session);
    let use_up = async |code: &str| {
        password(&house, &session).await;
        visit.answer_factor(Secret::new(code)).await
    };
    let answer = use_up(&codes.codes[3].to_uppercase()).await.unwrap();
    assert!(answer.recovery_code_used);
    assert_eq!(visit.second_factors().await.unwrap().recovery_codes_left, 9);
    assert_eq!(fields(&use_up(&codes.codes[3]).await.unwrap_err()), ["code"]);
    assert_eq!(fields(&use_up("0000-0000-0000-0000").await.unwrap_err()), ["code"]);

    let mine = house.visit(&before);
    assert_eq!(
        fields(&mine.make_recovery_codes(Secret::new("a guess of mine")).await.unwrap_err()),
        ["current_password"]
    );
    let new = mine.make_recovery_codes(Secret::new(PASSWORD)).await.unwrap();
    assert_eq!(fields(&use_up(&codes.codes[0]).await.unwrap_err()), ["code"], "the old ones ended");
    use_up(&new.codes[0]).await.unwrap();
    let log = house.log().await;
    assert_eq!(log.iter().filter(|code| *code == "admin.recovery_code_used").count(), 2);
    assert!(log.contains(&"admin.recovery_codes_made".to_owned()));
}

#[tokio::test]
async fn guessing_a_code_is_slowed_down_whatever_the_password() {
    let (house, phone, codes, _, session) = with_app().await;
    let visit = house.visit(&session);
    for _ in 0..throttle::PER_EMAIL {
        // The right password forgets wrong passwords, and no wrong codes.
        password(&house, &session).await;
        assert_eq!(fields(&visit.answer_factor(Secret::new("000000")).await.unwrap_err()), ["code"]);
    }
    for right in [phone.code(&house), Secret::new(&*codes.codes[0])] {
        let refused = visit.answer_factor(right).await.unwrap_err();
        assert!(matches!(refused, ApiError::TooManyAttempts { .. }), "{refused:?}");
    }
    house.clock.advance_seconds(throttle::WINDOW_SECONDS);
    password(&house, &session).await;
    visit.answer_factor(phone.code(&house)).await.unwrap();
}

#[tokio::test]
async fn half_way_ends_with_its_time_and_with_the_password() {
    let (house, phone, _, signed, session) = with_app().await;
    let visit = house.visit(&session);
    password(&house, &session).await;
    house.clock.advance_seconds(HALF_WAY_SECONDS);
    assert_eq!(visit.answer_factor(phone.code(&house)).await.unwrap_err(), ApiError::Unauthenticated);
    password(&house, &session).await;
    house.clock.advance_seconds(HALF_WAY_SECONDS - 1);
    assert!(visit.half_way_view().await.is_ok());
    let new = Secret::new("other four unrelated words");
    house.visit(&signed).change_password(Secret::new(PASSWORD), new.clone()).await.unwrap();
    assert_eq!(visit.answer_factor(phone.code(&house)).await.unwrap_err(), ApiError::Unauthenticated);
    house.visit(&session).sign_in(EMAIL, new).await.unwrap();
    visit.answer_factor(phone.code(&house)).await.unwrap();
}

#[tokio::test]
async fn signing_in_anew_takes_a_signed_in_browser_half_way() {
    let (house, _, _, signed, _) = with_app().await;
    assert_eq!(password(&house, &signed).await, SignInStep::Factor);
    assert_eq!(house.visit(&signed).signed_in().await.unwrap_err(), ApiError::Unauthenticated);
}

#[tokio::test]
async fn removing_the_last_factor_takes_the_password_and_the_recovery_codes() {
    let (house, _, _, signed, session) = with_app().await;
    let visit = house.visit(&signed);
    let id = visit.second_factors().await.unwrap().factors[0].id.clone();
    assert_eq!(
        fields(&visit.remove_factor(&id, Secret::new("not it")).await.unwrap_err()),
        ["current_password"]
    );
    assert!(matches!(
        visit.remove_factor("fac_x", Secret::new(PASSWORD)).await,
        Err(ApiError::NotFound { .. })
    ));
    let shown = visit.add_authenticator(Secret::new(PASSWORD), "Tablet").await.unwrap();
    let more = visit.confirm_authenticator(&shown.id, Phone::scanning(&shown).code(&house)).await.unwrap();
    assert_eq!(more, None, "there are recovery codes already");
    visit.remove_factor(&id, Secret::new(PASSWORD)).await.unwrap();
    let left = visit.second_factors().await.unwrap();
    assert_eq!((left.factors.len(), left.recovery_codes_left), (1, 10));
    visit.remove_factor(&left.factors[0].id, Secret::new(PASSWORD)).await.unwrap();
    assert_eq!(visit.second_factors().await.unwrap().recovery_codes_left, 0);
    assert!(matches!(visit.make_recovery_codes(Secret::new(PASSWORD)).await, Err(ApiError::Conflict { .. })));
    assert!(matches!(password(&house, &session).await, SignInStep::Done(_)));
}

/// Of somebody else nothing can be removed or confirmed.
#[tokio::test]
async fn factors_are_their_owners() {
    let (house, _, _, ada, session) = with_app().await;
    let eve = "eve@example.com";
    house
        .admin
        .create_administrator(eve, Secret::new(PASSWORD), coffer_contract::administrator::Role::Owner)
        .await
        .unwrap();
    house.visit(&session).sign_in(eve, Secret::new(PASSWORD)).await.unwrap();
    let visit = house.visit(&session);
    let id = house.visit(&ada).second_factors().await.unwrap().factors[0].id.clone();
    assert!(matches!(visit.remove_factor(&id, Secret::new(PASSWORD)).await, Err(ApiError::NotFound { .. })));
    let shown = house.visit(&ada).add_authenticator(Secret::new(PASSWORD), "").await.unwrap();
    let code = Phone::scanning(&shown).code(&house);
    assert!(matches!(visit.confirm_authenticator(&shown.id, code).await, Err(ApiError::Conflict { .. })));
}
