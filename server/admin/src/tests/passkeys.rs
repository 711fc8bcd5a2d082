use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_contract::{
    ApiError,
    administrator::Role,
    second_factor::{FactorKind, HalfWayView, RecoveryCodes, SignInStep},
};
use coffer_crypto::Secret;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tower_sessions::Session;

use super::{EMAIL, House, PASSWORD, fields};
use crate::Visit;

const ORIGIN: &str = "https://coffer.example";
const HOST: &str = "coffer.example";
const EVE: &str = "eve@example.com";

/// Flags of authenticator data (WebAuthn section 6.1): present, verified, with a credential.
const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const CREDENTIAL: u8 = 64;

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An authenticator with one credential, which signs whatever page asks it to.
struct Authenticator {
    key: EcdsaKeyPair,
    id: [u8; 16],
    handle: String,
    counter: u32,
    origin: String,
    flags: u8,
}

impl Authenticator {
    fn new(id: u8) -> Self {
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            id: [id; 16],
            handle: String::new(),
            counter: 1,
            origin: ORIGIN.into(),
            flags: PRESENT | VERIFIED,
        }
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false})
            .to_string()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(HOST).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn create(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        assert_eq!(options["rp"]["id"], HOST);
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(options["extensions"]["enforceCredentialProtectionPolicy"], Value::Null);
        self.handle = options["user"]["id"].as_str().unwrap().to_owned();
        let public = self.key.public_key().as_ref();
        let mut data = self.data(self.flags | CREDENTIAL);
        data.extend([0; 16]);
        data.extend([0, 16]);
        data.extend(self.id);
        // A COSE key: EC2, ES256, P-256, x, y (RFC 9053 section 7.1).
        data.extend([0xA5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&public[1..33]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&public[33..]);
        let mut object = vec![0xA3];
        object.extend(b"\x63fmt\x64none\x67attStmt\xA0\x68authData\x58");
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        self.answer(json!({
            "clientDataJSON": b64(self.client_data("webauthn.create", &options)),
            "attestationObject": b64(object),
            "transports": ["internal"],
        }))
    }

    fn get(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        assert_eq!(options["userVerification"], "required");
        self.counter += 1;
        let client_data = self.client_data("webauthn.get", &options);
        let data = self.data(self.flags);
        let signed = [data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        self.answer(json!({
            "clientDataJSON": b64(&client_data),
            "authenticatorData": b64(data),
            "signature": b64(signature.as_ref()),
            "userHandle": self.handle,
        }))
    }

    fn answer(&self, response: Value) -> String {
        let id = b64(self.id);
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
        .to_string()
    }
}

async fn password(house: &House, email: &str, session: &Session) -> SignInStep {
    house.visit(session).sign_in(email, Secret::new(PASSWORD)).await.unwrap()
}

async fn add(visit: &Visit, key: &mut Authenticator) -> Result<Option<RecoveryCodes>, ApiError> {
    let options = visit.add_passkey(Secret::new(PASSWORD), "Laptop").await.unwrap();
    visit.confirm_passkey(&key.create(&options)).await
}

/// A house whose administrator has a passkey; and the session in which it was added.
async fn with_passkey() -> (House, Authenticator, Session) {
    let house = House::set_up().await;
    let session = house.session();
    password(&house, EMAIL, &session).await;
    let mut key = Authenticator::new(1);
    let codes = add(&house.visit(&session), &mut key).await.unwrap();
    assert_eq!(codes.unwrap().codes.len(), 10, "it is the first factor");
    (house, key, session)
}

fn refused(result: Result<impl std::fmt::Debug, ApiError>) -> String {
    match result.unwrap_err() {
        ApiError::Forbidden { message } | ApiError::Conflict { message } => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_passkey_signs_in_without_a_password() {
    let (house, mut key, _) = with_passkey().await;
    let session = house.session();
    let visit = house.visit(&session);
    let options = visit.begin_passkey().await.unwrap();
    assert_eq!(visit.signed_in().await.unwrap_err(), ApiError::Unauthenticated, "asking is not answering");
    session.save().await.unwrap();
    let planted = session.id().unwrap();
    let me = visit.answer_passkey(&key.get(&options)).await.unwrap();
    assert_eq!((me.email.as_str(), visit.signed_in().await.unwrap().me().email.as_str()), (EMAIL, EMAIL));
    session.save().await.unwrap();
    assert_ne!(session.id().unwrap(), planted);
    let mine = visit.second_factors().await.unwrap();
    assert_eq!((mine.factors[0].kind, mine.factors[0].name.as_str()), (FactorKind::Passkey, "Laptop"));
    assert!(mine.factors[0].last_used_at.is_some());
}

#[tokio::test]
async fn a_passkey_is_the_second_factor_after_a_password() {
    let (house, mut key, _) = with_passkey().await;
    let session = house.session();
    let visit = house.visit(&session);
    assert_eq!(password(&house, EMAIL, &session).await, SignInStep::Factor);
    let asked = HalfWayView::Factor { email: EMAIL.into(), kinds: vec![FactorKind::Passkey] };
    assert_eq!(visit.half_way_view().await.unwrap(), asked);
    let options = visit.begin_passkey().await.unwrap();
    visit.answer_passkey(&key.get(&options)).await.unwrap();
    assert!(visit.signed_in().await.is_ok());
    assert_eq!(visit.half_way_view().await.unwrap_err(), ApiError::Unauthenticated);
}

/// After one's password, nobody else's passkey counts.
#[tokio::test]
async fn after_a_password_the_passkey_must_be_the_same_persons() {
    let (house, _, _) = with_passkey().await;
    house.admin.create_administrator(EVE, Secret::new(PASSWORD), Role::Viewer).await.unwrap();
    let session = house.session();
    password(&house, EVE, &session).await;
    let mut eves = Authenticator::new(2);
    add(&house.visit(&session), &mut eves).await.unwrap();
    password(&house, EMAIL, &session).await;
    let visit = house.visit(&session);
    let options = visit.begin_passkey().await.unwrap();
    refused(visit.answer_passkey(&eves.get(&options)).await);
    assert_eq!(visit.signed_in().await.unwrap_err(), ApiError::Unauthenticated);
    assert!(house.log().await.contains(&"admin.factor_failed".to_owned()));
}

/// WebAuthn section 7.2: challenge, origin, user presence and verification, signature and counter are checked.
#[tokio::test]
async fn everything_about_an_answer_is_checked() {
    let (house, mut key, _) = with_passkey().await;
    let session = house.session();
    let visit = house.visit(&session);
    let begin = async || visit.begin_passkey().await.unwrap();
    // From another address each time, so that none is refused for being one too many.
    let mut tries = 0;
    let mut answer = async |answer: String| {
        tries += 1;
        house.visit_from(&session, &format!("192.0.2.{tries}")).answer_passkey(&answer).await
    };

    let first = key.get(&begin().await);
    refused(answer(key.get(&begin().await).replace(&b64([1; 16]), &b64([9; 16]))).await);
    assert!(refused(answer(first.clone()).await).contains("Begin anew"), "used up by the first answer");
    begin().await;
    refused(answer(first.clone()).await);

    for origin in ["https://evil.example", "http://coffer.example", "https://coffer.example:8443"] {
        key.origin = origin.into();
        refused(answer(key.get(&begin().await)).await);
    }
    key.origin = ORIGIN.into();
    for flags in [PRESENT, VERIFIED, 0] {
        key.flags = flags;
        refused(answer(key.get(&begin().await)).await);
    }
    key.flags = PRESENT | VERIFIED;
    let mut other = Authenticator::new(1);
    other.handle.clone_from(&key.handle);
    other.counter = 100;
    refused(answer(other.get(&begin().await)).await);
    assert_eq!(visit.signed_in().await.unwrap_err(), ApiError::Unauthenticated);

    let late = begin().await;
    house.clock.advance_seconds(300);
    refused(answer(key.get(&late)).await);

    answer(key.get(&begin().await)).await.unwrap();
    key.counter -= 1;
    refused(answer(key.get(&begin().await)).await);
}

#[tokio::test]
async fn trying_passkeys_is_slowed_down() {
    let (house, _, _) = with_passkey().await;
    let visit = house.visit(&house.session());
    let mut stranger = Authenticator::new(7);
    stranger.handle = b64([7; 64]);
    for _ in 0..crate::throttle::PER_EMAIL {
        let options = visit.begin_passkey().await.unwrap();
        refused(visit.answer_passkey(&stranger.get(&options)).await);
    }
    let options = visit.begin_passkey().await.unwrap();
    let answer = visit.answer_passkey(&stranger.get(&options)).await.unwrap_err();
    assert!(matches!(answer, ApiError::TooManyAttempts { .. }), "{answer:?}");
}

#[tokio::test]
async fn adding_takes_the_password_and_this_sessions_challenge() {
    let (house, key, session) = with_passkey().await;
    let visit = house.visit(&session);
    let guess = visit.add_passkey(Secret::new("a guess of mine"), "").await.unwrap_err();
    assert_eq!(fields(&guess), ["current_password"]);
    let options = visit.add_passkey(Secret::new(PASSWORD), "").await.unwrap();
    let known: Value = serde_json::from_str(&options).unwrap();
    assert_eq!(known["excludeCredentials"][0]["id"], b64(key.id), "it is not made twice on one device");
    assert_eq!(known["user"]["id"], key.handle, "all of one person's have one handle");
    // What was asked in one session is not answered in another, nor twice, nor as a sign-in.
    let elsewhere = house.session();
    let mut key = Authenticator::new(3);
    let answer = key.create(&options);
    password(&house, EMAIL, &elsewhere).await;
    assert_eq!(
        house.visit(&elsewhere).confirm_passkey(&answer).await.unwrap_err(),
        ApiError::Unauthenticated
    );
    refused(visit.answer_passkey(&answer).await);
    refused(visit.confirm_passkey(&answer).await);

    let options = visit.add_passkey(Secret::new(PASSWORD), "").await.unwrap();
    key.origin = "https://evil.example".into();
    refused(visit.confirm_passkey(&key.create(&options)).await);
    key.origin = ORIGIN.into();
    key.flags = PRESENT;
    let options = visit.add_passkey(Secret::new(PASSWORD), "").await.unwrap();
    refused(visit.confirm_passkey(&key.create(&options)).await);
    // A credential that is known already.
    let options = visit.add_passkey(Secret::new(PASSWORD), "").await.unwrap();
    let again = Authenticator::new(1).create(&options);
    assert!(refused(visit.confirm_passkey(&again).await).contains("known here already"));
    assert_eq!(visit.second_factors().await.unwrap().factors.len(), 1);
}

#[tokio::test]
async fn a_passkey_that_was_removed_opens_nothing() {
    let (house, mut key, session) = with_passkey().await;
    let visit = house.visit(&session);
    let id = visit.second_factors().await.unwrap().factors[0].id.clone();
    visit.remove_factor(&id, Secret::new(PASSWORD)).await.unwrap();
    let other = house.visit(&house.session());
    let options = other.begin_passkey().await.unwrap();
    refused(other.answer_passkey(&key.get(&options)).await);
    assert!(matches!(password(&house, EMAIL, &house.session()).await, SignInStep::Done(_)));
}

#[tokio::test]
async fn a_passkey_is_a_factor_where_one_is_required_and_is_reset() {
    let (house, mut key, session) = with_passkey().await;
    let owner = house.visit(&session).signed_in().await.unwrap().owner().unwrap();
    owner.require_second_factor(true).await.unwrap();
    assert!(house.visit(&session).signed_in().await.is_ok(), "who has one stays");
    let me = owner.administrator_by_email(EMAIL).await.unwrap();
    assert!(me.second_factor && owner.list_administrators().await.unwrap().administrators[0].second_factor);
    let operator = crate::Call::new(house.admin.clone(), None, "test".into()).operating();
    operator.reset_factors(&me.id, EMAIL).await.unwrap();
    let other = house.visit(&house.session());
    let options = other.begin_passkey().await.unwrap();
    refused(other.answer_passkey(&key.get(&options)).await);
    assert_eq!(password(&house, EMAIL, &house.session()).await, SignInStep::Enrolment);
}

/// Where everybody needs a factor, the first one can be a passkey.
#[tokio::test]
async fn a_required_first_factor_can_be_a_passkey() {
    let (house, _, owner) = with_passkey().await;
    let owner = house.visit(&owner).signed_in().await.unwrap().owner().unwrap();
    owner.require_second_factor(true).await.unwrap();
    house.admin.create_administrator(EVE, Secret::new(PASSWORD), Role::Viewer).await.unwrap();
    let session = house.session();
    assert_eq!(password(&house, EVE, &session).await, SignInStep::Enrolment);
    let visit = house.visit(&session);
    assert!(matches!(visit.half_way_view().await.unwrap(), HalfWayView::Enrolment { passkeys: true, .. }));
    // Nobody else is half way there, nor does the session of somebody who is answer.
    assert_eq!(house.visit(&house.session()).enrol_passkey().await.unwrap_err(), ApiError::Unauthenticated);
    let options = visit.enrol_passkey().await.unwrap();
    let mut key = Authenticator::new(7);
    let answer = key.create(&options);
    let elsewhere = house.session();
    password(&house, EVE, &elsewhere).await;
    refused(house.visit(&elsewhere).complete_passkey_enrolment(&answer).await);
    assert_eq!(visit.confirm_passkey(&answer).await.unwrap_err(), ApiError::Unauthenticated);

    let codes = visit.complete_passkey_enrolment(&answer).await.unwrap();
    assert_eq!(codes.codes.len(), 10);
    assert_eq!(visit.signed_in().await.unwrap().me().email, EVE);
    // Whoever else was half way with the same password brings in no other.
    let late = house.visit(&elsewhere);
    let answer = Authenticator::new(8).create(&late.enrol_passkey().await.unwrap());
    let error = late.complete_passkey_enrolment(&answer).await.unwrap_err();
    assert!(matches!(error, ApiError::Conflict { .. }), "{error:?}");
    assert_eq!(late.signed_in().await.unwrap_err(), ApiError::Unauthenticated);
}
