//! Devices, pushed requests, and who is told of a session's end.

use std::collections::HashMap;

use coffer_core::{
    Scopes, SystemRng,
    audit::EventCode,
    authorization::{AnswerTo, Granted, SignIn},
    device::{DeviceAuthorization, DeviceStage, Polling},
    ids::{ClientId, DeviceId, FamilyId},
};
use coffer_crypto::TokenHash;

use super::{World, at, client, event};
use crate::StoreError;

fn sign_in(world: &World) -> SignIn {
    SignIn { user_id: world.user.id.clone(), auth_time: at(0), session_id: "session".into() }
}

async fn device(world: &World, name: &str) -> (DeviceId, DeviceAuthorization) {
    let id = DeviceId::generate(&SystemRng);
    let device = DeviceAuthorization {
        request: world.request(AnswerTo::Device { id: id.clone() }),
        stage: DeviceStage::Pending,
        polling: Polling::default(),
        expires_at: at(900),
    };
    let hash = |kind: &str| TokenHash::of(&format!("{kind} {name}"));
    world.store.devices().create(&id, &hash("device"), &hash("user"), &device).await.unwrap();
    (id, device)
}

#[tokio::test]
async fn a_device_is_found_by_both_its_codes_and_ends() {
    let world = World::new().await;
    let (id, stored) = device(&world, "1").await;
    let devices = world.store.devices();
    let (user, code) = (TokenHash::of("user 1"), TokenHash::of("device 1"));
    assert_eq!(devices.by_user_code(&user, at(899)).await.unwrap(), Some(stored.clone()));
    assert_eq!(devices.by_user_code(&user, at(900)).await.unwrap(), None);
    assert_eq!(devices.by_user_code(&code, at(1)).await.unwrap(), None, "one is not the other");
    assert_eq!(devices.by_device_code(&code).await.unwrap(), Some((id.clone(), stored.clone())));
    let polling = Polling { interval: 10, polled_at: Some(at(3)) };
    devices.polled(&id, polling).await.unwrap();
    assert_eq!(devices.get(&id, at(4)).await.unwrap().unwrap().polling, polling);
    let same = devices.create(&DeviceId::generate(&SystemRng), &TokenHash::of("x"), &user, &stored).await;
    assert!(matches!(same, Err(StoreError::Conflict { .. })), "{same:?}");
    assert_eq!(world.store.delete_expired(at(1000)).await.unwrap(), 0, "it is told that it is too late");
    assert_eq!(world.store.delete_expired(at(900 + 3600)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_device_is_decided_once_and_redeemed_once() {
    let world = World::new().await;
    let (id, stored) = device(&world, "1").await;
    let devices = world.store.devices();
    let allowed = stored.stage.allowed(sign_in(&world)).unwrap();
    let refused = stored.stage.refused().unwrap();
    let yes = || event(EventCode::DeviceAllowed);
    assert!(devices.decide(&id, &stored.stage, &allowed, yes()).await.unwrap());
    assert!(!devices.decide(&id, &stored.stage, &refused, event(EventCode::DeviceRefused)).await.unwrap());
    let (done, _) = allowed.redeemed().unwrap();
    let family = FamilyId::generate(&SystemRng);
    let granted = Granted {
        scopes: Scopes::parse("openid", false),
        audience: None,
        jkt: None,
        nonce: None,
        sign_in: sign_in(&world),
        family_id: family.clone(),
    };
    let (hash, access) = (TokenHash::of("a"), world.access(&family));
    let redeem = async || {
        let exchanged = event(EventCode::TokenDeviceExchanged);
        let tokens = world.store.tokens();
        let stages = (&allowed, &done);
        tokens.redeem_device(&id, stages, &granted, at(2), None, (&hash, &access), exchanged).await.unwrap()
    };
    assert!(redeem().await);
    assert!(!redeem().await, "one use");
    assert_eq!(world.store.tokens().access(&hash, at(3)).await.unwrap(), Some(access.clone()));
}

#[tokio::test]
async fn a_pushed_request_is_taken_once_by_its_client() {
    let world = World::new().await;
    let requests = world.store.pushed_requests();
    let params: HashMap<_, _> = [("scope".to_owned(), "openid".to_owned())].into();
    let uri = TokenHash::of("uri");
    requests.create(&uri, &world.client.id, &params, at(90)).await.unwrap();
    assert_eq!(requests.take(&uri, &ClientId::from_text("other"), at(1)).await.unwrap(), None);
    assert_eq!(requests.take(&uri, &world.client.id, at(1)).await.unwrap(), Some(params.clone()));
    assert_eq!(requests.take(&uri, &world.client.id, at(1)).await.unwrap(), None);
    requests.create(&uri, &world.client.id, &params, at(90)).await.unwrap();
    assert_eq!(requests.take(&uri, &world.client.id, at(90)).await.unwrap(), None, "too late");
}

async fn listens(world: &World) {
    let mut client = world.client.clone();
    client.backchannel_logout_uri = Some("https://app.example/logout".into());
    world.store.clients().update(&client, 1, event(EventCode::ApplicationUpdated)).await.unwrap();
}

/// Those who want to know are told once; what was not to outlive the session ends with it.
#[tokio::test]
async fn a_session_ends_for_those_who_took_part() {
    let world = World::new().await;
    listens(&world).await;
    let deaf = client("Deaf");
    world.store.clients().create(&deaf, None, event(EventCode::ApplicationCreated)).await.unwrap();
    world.signed_in().await;
    let logouts = world.store.logouts();
    let out = || event(EventCode::UserSignedOut);
    logouts.end_session("another", at(5), out()).await.unwrap();
    assert!(logouts.due(at(5), 10).await.unwrap().is_empty());
    logouts.end_session("session", at(5), out()).await.unwrap();
    let due = logouts.due(at(5), 10).await.unwrap();
    let [told] = due.as_slice() else { panic!("{due:?}") };
    assert_eq!((&told.client_id, told.session_id.as_str()), (&world.client.id, "session"));
    assert_eq!(told.user_id, world.user.id);
    let refresh = world.store.tokens().refresh(&TokenHash::of("r-1")).await.unwrap().unwrap();
    assert_eq!(refresh.revoked_at, Some(at(5)), "it was without offline_access");
    logouts.end_session("session", at(6), out()).await.unwrap();
    assert_eq!(logouts.due(at(6), 10).await.unwrap().len(), 1, "once");
    assert!(logouts.claim(told, at(15)).await.unwrap());
    assert!(!logouts.claim(told, at(15)).await.unwrap(), "another node has it");
    assert!(logouts.due(at(14), 10).await.unwrap().is_empty());
    let again = logouts.due(at(15), 10).await.unwrap();
    assert_eq!(again[0].attempts, 1);
    logouts.finish(&again[0], Some(event(EventCode::LogoutTold))).await.unwrap();
    assert!(logouts.due(at(99), 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn tokens_for_absence_outlive_the_session() {
    let world = World::new().await;
    let family = FamilyId::generate(&SystemRng);
    let code = TokenHash::of("code");
    world.store.codes().create(&code, &world.code(&family)).await.unwrap();
    let mut refresh = world.refresh(&family);
    refresh.scopes = Scopes::parse("openid offline_access", false);
    let (r, a, access) = (TokenHash::of("r"), TokenHash::of("a"), world.access(&family));
    let exchanged = event(EventCode::TokenCodeExchanged);
    let tokens = world.store.tokens();
    assert!(tokens.redeem_code(&code, at(1), Some((&r, &refresh)), (&a, &access), exchanged).await.unwrap());
    world.store.logouts().end_session("session", at(5), event(EventCode::UserSignedOut)).await.unwrap();
    assert_eq!(tokens.refresh(&r).await.unwrap().unwrap().revoked_at, None);
}

/// Whatever takes the user away ends their sessions.
#[tokio::test]
async fn signing_out_everywhere_and_deleting_end_sessions() {
    for way in 0..3 {
        let world = World::new().await;
        listens(&world).await;
        world.signed_in().await;
        match way {
            0 => {
                let out = event(EventCode::UserSignedOutEverywhere);
                world.store.users().sign_out_everywhere(&world.user.id, at(0), out).await.unwrap();
            }
            1 => {
                let gone = event(EventCode::UserDeleted);
                assert!(world.store.users().delete(&world.user.id, &[], gone).await.unwrap());
            }
            _ => {
                let gone = event(EventCode::ConnectionDeleted);
                assert!(world.store.connections().delete(&world.connection.id, &[], gone).await.unwrap());
            }
        }
        let due = world.store.logouts().due(at(0), 10).await.unwrap();
        assert_eq!(due.len(), 1, "{way}");
        assert_eq!(due[0].user_id, world.user.id);
    }
}

#[tokio::test]
async fn attempts_count_until_they_succeed() {
    let world = World::new().await;
    let throttles = world.store.throttles();
    let (one, two) = (TokenHash::of("one"), TokenHash::of("two"));
    let limits = [(&one, 2), (&two, 3)];
    for _ in 0..2 {
        assert_eq!(throttles.attempt(&limits, at(0), 60).await.unwrap(), Ok(()));
    }
    assert_eq!(throttles.attempt(&limits, at(1), 60).await.unwrap(), Err(at(60)));
    assert_eq!(
        throttles.attempt(&[(&two, 3)], at(1), 60).await.unwrap(),
        Ok(()),
        "what was let through counts"
    );
    assert_eq!(throttles.attempt(&[(&two, 3)], at(1), 60).await.unwrap(), Err(at(60)));
    assert_eq!(throttles.attempt(&limits, at(60), 60).await.unwrap(), Ok(()));
}
