use coffer_core::{
    Scopes, SystemRng,
    audit::EventCode,
    ids::TokenSetId,
    token_set::{TokenSet, TokenSetState},
};

use super::{World, at, event, events, sealed};
use crate::StoreError;

pub(super) fn set(world: &World) -> TokenSet {
    TokenSet {
        id: TokenSetId::generate(&SystemRng),
        user_id: world.user.id.clone(),
        connection_id: world.connection.id.clone(),
        provider_user_id: "ada".into(),
        label: None,
        state: TokenSetState::Active,
        scopes: Scopes::parse("openid", false),
        obtained_at: at(0),
        access_expires_at: Some(at(3600)),
        has_refresh_token: true,
        refresh_expires_at: None,
        generation: 1,
        fence: 0,
        lease_until: None,
        failures: 0,
        retry_at: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(super) async fn stored(world: &World) -> TokenSet {
    let set = set(world);
    world.store.token_sets().put(&set, &sealed("one"), event(EventCode::VaultStored)).await.unwrap();
    set
}

#[tokio::test]
async fn of_two_claims_one_wins_until_the_lease_ends() {
    let world = World::new().await;
    let sets = world.store.token_sets();
    let id = stored(&world).await.id;
    let (a, b) = tokio::join!(sets.claim(&id, 1, at(0), at(30)), sets.claim(&id, 1, at(0), at(30)));
    let won: Vec<_> = [a.unwrap(), b.unwrap()].into_iter().flatten().collect();
    assert_eq!(won, [1]);
    assert_eq!(sets.claim(&id, 1, at(29), at(60)).await.unwrap(), None);
    assert_eq!(sets.claim(&id, 2, at(30), at(60)).await.unwrap(), None, "another generation");
    assert_eq!(sets.claim(&id, 1, at(30), at(60)).await.unwrap(), Some(2));
}

#[tokio::test]
async fn a_stale_fence_changes_nothing() {
    let world = World::new().await;
    let sets = world.store.token_sets();
    let mut set = stored(&world).await;
    let slow = sets.claim(&set.id, 1, at(0), at(30)).await.unwrap().unwrap();
    let fast = sets.claim(&set.id, 1, at(30), at(60)).await.unwrap().unwrap();
    let before = events(&world.store).await;
    set.fence = slow;
    assert!(!sets.commit_refresh(&set, &sealed("slow"), event(EventCode::VaultRefreshed)).await.unwrap());
    let failed = event(EventCode::VaultRefreshFailed);
    assert!(!sets.fail_refresh(&set.id, slow, 1, at(99), failed).await.unwrap());
    let refused = event(EventCode::VaultNeedsConsent);
    assert!(!sets.needs_consent(&set.id, slow, "revoked", at(31), refused).await.unwrap());
    assert_eq!(events(&world.store).await, before);

    (set.fence, set.scopes, set.updated_at) = (fast, Scopes::parse("openid email", false), at(31));
    assert!(sets.commit_refresh(&set, &sealed("two"), event(EventCode::VaultRefreshed)).await.unwrap());
    let (now, tokens) = sets.with_tokens(&set.id).await.unwrap().unwrap();
    assert_eq!((now.generation, now.fence, now.lease_until), (2, 2, None));
    assert_eq!((now.scopes, now.updated_at, tokens), (set.scopes, at(31), sealed("two")));
}

#[tokio::test]
async fn a_new_consent_beats_a_refresh_under_way() {
    let world = World::new().await;
    let sets = world.store.token_sets();
    let mut set = stored(&world).await;
    set.fence = sets.claim(&set.id, 1, at(0), at(30)).await.unwrap().unwrap();
    sets.put(&set, &sealed("consented"), event(EventCode::VaultStored)).await.unwrap();
    assert!(
        !sets.commit_refresh(&set, &sealed("refreshed"), event(EventCode::VaultRefreshed)).await.unwrap()
    );
    let (now, tokens) = sets.with_tokens(&set.id).await.unwrap().unwrap();
    assert_eq!((now.generation, now.fence, now.lease_until, tokens), (2, 2, None, sealed("consented")));
}

#[tokio::test]
async fn failures_and_refusals_are_kept_and_a_consent_clears_them() {
    let world = World::new().await;
    let sets = world.store.token_sets();
    let set = stored(&world).await;
    let fence = sets.claim(&set.id, 1, at(0), at(30)).await.unwrap().unwrap();
    let failed = event(EventCode::VaultRefreshFailed);
    assert!(sets.fail_refresh(&set.id, fence, 3, at(90), failed).await.unwrap());
    let now = sets.get(&set.id).await.unwrap().unwrap();
    assert_eq!((now.failures, now.retry_at, now.lease_until), (3, Some(at(90)), None));
    let fence = sets.claim(&set.id, 1, at(90), at(99)).await.unwrap().unwrap();
    let refused = event(EventCode::VaultNeedsConsent);
    assert!(sets.needs_consent(&set.id, fence, "invalid_grant", at(91), refused).await.unwrap());
    let now = sets.get(&set.id).await.unwrap().unwrap();
    assert_eq!(now.state, TokenSetState::NeedsConsent("invalid_grant".into()));

    let found = sets.id_of(&set.user_id, &set.connection_id, "ada").await.unwrap();
    assert_eq!(found.as_ref(), Some(&set.id));
    sets.put(&set, &sealed("again"), event(EventCode::VaultStored)).await.unwrap();
    let now = sets.for_user(&set.user_id, &set.connection_id).await.unwrap().remove(0);
    assert_eq!((now.state, now.failures, now.retry_at), (TokenSetState::Active, 0, None));

    let twin = TokenSet { id: TokenSetId::generate(&SystemRng), ..set };
    let error = sets.put(&twin, &sealed("x"), event(EventCode::VaultStored)).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { what: "account" }), "{error}");
}
