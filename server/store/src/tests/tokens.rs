use coffer_core::{SystemRng, audit::EventCode, ids::FamilyId};
use coffer_crypto::TokenHash;

use super::{World, at, event, events};
use crate::Rotation;

#[tokio::test]
async fn a_code_works_once() {
    let world = World::new().await;
    let family = FamilyId::generate(&SystemRng);
    let code = TokenHash::of("code");
    world.store.codes().create(&code, &world.code(&family)).await.unwrap();
    assert_eq!(world.store.codes().find(&code).await.unwrap(), Some((world.code(&family), None)));
    let redeem = async |token: &str| {
        let (access, exchanged) = (world.access(&family), event(EventCode::TokenCodeExchanged));
        let hash = TokenHash::of(token);
        world.store.tokens().redeem_code(&code, at(1), None, (&hash, &access), exchanged).await.unwrap()
    };
    let (a, b) = tokio::join!(redeem("a-1"), redeem("a-2"));
    assert!(a ^ b);
    assert!(!redeem("a-3").await);
    assert_eq!(world.store.codes().find(&code).await.unwrap().unwrap().1, Some(at(1)));
    assert_eq!(world.store.tokens().access(&TokenHash::of("a-3"), at(2)).await.unwrap(), None);
}

#[tokio::test]
async fn rotation_stamps_the_old_token_once() {
    let world = World::new().await;
    let family = world.signed_in().await;
    let tokens = world.store.tokens();
    let old = TokenHash::of("r-1");
    assert_eq!(tokens.refresh(&old).await.unwrap(), Some(world.refresh(&family)));
    let rotate = async |n: i64, now: i64| {
        let (r, a) = (TokenHash::of(&format!("r-{n}")), TokenHash::of(&format!("a-{n}")));
        let (refresh, access) = (world.refresh(&family), world.access(&family));
        let refreshed = event(EventCode::TokenRefreshed);
        let rotation = Rotation::new(&old, (&r, &refresh), (&a, &access), at(now), refreshed).unwrap();
        tokens.rotate(rotation).await.unwrap()
    };
    assert!(rotate(2, 10).await);
    assert!(rotate(3, 20).await, "within the overlap");
    assert_eq!(tokens.refresh(&old).await.unwrap().unwrap().rotated_at, Some(at(10)));
    assert!(tokens.refresh(&TokenHash::of("r-3")).await.unwrap().is_some());

    let revoke = async |now| {
        tokens.revoke_family(&family, at(now), event(EventCode::TokenReuseDetected)).await.unwrap()
    };
    assert!(revoke(30).await);
    let before = events(&world.store).await;
    assert!(!revoke(31).await);
    assert!(!rotate(4, 32).await, "the family is revoked");
    assert_eq!(events(&world.store).await, before);
    assert_eq!(tokens.refresh(&TokenHash::of("r-2")).await.unwrap().unwrap().revoked_at, Some(at(30)));
    assert_eq!(tokens.access(&TokenHash::of("a-2"), at(33)).await.unwrap(), None);
}

#[tokio::test]
async fn access_ends_by_time_or_revocation() {
    let world = World::new().await;
    let family = world.signed_in().await;
    let tokens = world.store.tokens();
    let token = TokenHash::of("a-1");
    assert_eq!(tokens.access(&token, at(3599)).await.unwrap(), Some(world.access(&family)));
    assert_eq!(tokens.access(&token, at(3600)).await.unwrap(), None);
    assert!(tokens.revoke_access(&token, at(5), event(EventCode::TokenRevoked)).await.unwrap());
    assert!(!tokens.revoke_access(&token, at(6), event(EventCode::TokenRevoked)).await.unwrap());
    assert_eq!(tokens.access(&token, at(6)).await.unwrap(), None);
}
