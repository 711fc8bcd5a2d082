//! What a release rests on, and whether it still stands.

use coffer_core::{Scopes, SystemRng, audit::EventCode, ids::TokenSetId, token_set::TokenSet};
use coffer_crypto::TokenHash;
use futures::future::join_all;
use sea_orm::ConnectionTrait as _;

use super::{
    World, at, event, events, kept, sealed,
    token_sets::{set, stored},
};
use crate::{Again, Basis, Rotation};

async fn basis(world: &World) -> Option<Basis> {
    world.store.releases().basis(&TokenHash::of("r-1"), "acme").await.unwrap()
}

/// Whether a release that rests on `basis` is made again, which the log knows.
async fn again(world: &World, basis: &Basis) -> bool {
    let before = events(&world.store).await;
    let released = event(EventCode::VaultReleased);
    let release = Again::new(&TokenHash::of("r-1"), "acme", basis.clone(), released);
    let done = world.store.releases().again(release).await.unwrap();
    assert_eq!(events(&world.store).await, before + usize::from(done));
    done
}

/// Ada signed in, with an account through Acme.
async fn ready() -> (World, Basis) {
    let world = World::new().await;
    assert_eq!(basis(&world).await, None, "no such token");
    world.signed_in().await;
    assert_eq!(basis(&world).await, None, "no account");
    stored(&world).await;
    let basis = basis(&world).await.unwrap();
    (world, basis)
}

/// What stands now, which is not what stood before: that is not released again, and this is.
async fn moved(world: &World, before: &Basis, what: &str) -> Basis {
    assert!(!again(world, before).await, "{what}");
    let now = basis(world).await.expect(what);
    assert_ne!(now, *before, "{what}");
    assert!(again(world, &now).await, "{what}");
    now
}

#[tokio::test]
async fn a_release_is_made_again_until_something_that_it_rests_on_changes() {
    let (world, mut stands) = ready().await;
    let (client, connection) = (&world.client, &world.connection);
    let (clients, connections) = (world.store.clients(), world.store.connections());
    for _ in 0..3 {
        assert!(again(&world, &stands).await);
    }
    assert_eq!(basis(&world).await.unwrap(), stands, "a release changes nothing");

    clients.update(client, 1, event(EventCode::ApplicationUpdated)).await.unwrap();
    stands = moved(&world, &stands, "the application").await;
    let other = kept("another secret");
    clients.replace_secret(&client.id, &other, at(2), event(EventCode::ApplicationUpdated)).await.unwrap();
    stands = moved(&world, &stands, "its secret").await;
    connections.update(connection, None, 1, event(EventCode::ConnectionUpdated)).await.unwrap();
    stands = moved(&world, &stands, "the connection").await;
    let (ceiling, changed) = (Scopes::parse("openid", false), event(EventCode::ConnectionUpdated));
    assert!(connections.set_ceiling(&connection.id, &client.id, Some(&ceiling), changed).await.unwrap());
    stands = moved(&world, &stands, "the ceiling").await;

    // Off, and on again as it was at the beginning.
    for on in [false, true] {
        let switched = event(EventCode::ConnectionEnabled);
        connections.set_enabled(&connection.id, &client.id, on, at(0), switched).await.unwrap();
        assert!(!again(&world, &stands).await, "enabled: {on}");
        assert_eq!(basis(&world).await.is_some(), on);
    }
    moved(&world, &stands, "the enablement").await;
}

#[tokio::test]
async fn a_release_rests_on_every_account_of_the_user_there() {
    let (world, mut stands) = ready().await;
    let (sets, connection) = (world.store.token_sets(), &world.connection.id);
    let TokenSet { id, .. } = sets.for_user(&world.user.id, connection).await.unwrap().remove(0);
    let fence = sets.claim(&id, 1, at(0), at(30)).await.unwrap().unwrap();
    stands = moved(&world, &stands, "a refresh begins").await;
    let refused = event(EventCode::VaultNeedsConsent);
    assert!(sets.needs_consent(&id, fence, "revoked", at(1), refused).await.unwrap());
    stands = moved(&world, &stands, "the provider refused").await;
    let one = TokenSet { id: id.clone(), ..set(&world) };
    sets.put(&one, &sealed("two"), event(EventCode::VaultReplaced)).await.unwrap();
    stands = moved(&world, &stands, "other tokens").await;
    let another =
        TokenSet { id: TokenSetId::generate(&SystemRng), provider_user_id: "eve".into(), ..set(&world) };
    sets.put(&another, &sealed("eve"), event(EventCode::VaultStored)).await.unwrap();
    stands = moved(&world, &stands, "another account").await;
    for id in [&another.id, &id] {
        sets.delete(id, &world.user.id, None, event(EventCode::AccountDisconnected)).await.unwrap();
        assert!(!again(&world, &stands).await, "deleted");
    }
    assert_eq!(basis(&world).await, None, "no account is left");
}

#[tokio::test]
async fn a_refresh_token_that_was_revoked_or_rotated_is_nothing_to_rest_on() {
    let (world, stands) = ready().await;
    let tokens = world.store.tokens();
    let (old, new, short) = (TokenHash::of("r-1"), TokenHash::of("r-2"), TokenHash::of("a-2"));
    let token = tokens.refresh(&old).await.unwrap().unwrap();
    let (access, rotated) = (world.access(&token.family_id), event(EventCode::TokenRefreshed));
    let rotation = Rotation::new(&old, (&new, &token), (&short, &access), at(2), rotated).unwrap();
    assert!(tokens.rotate(rotation).await.unwrap());
    assert!(!again(&world, &stands).await);
    assert_eq!(basis(&world).await, None);

    let of_new = world.store.releases().basis(&new, "acme").await.unwrap().unwrap();
    let revoked = event(EventCode::TokenRevoked);
    assert!(tokens.revoke_family(&token.family_id, at(3), revoked).await.unwrap());
    let release = Again::new(&new, "acme", of_new, event(EventCode::VaultReleased));
    assert!(!world.store.releases().again(release).await.unwrap());
    assert_eq!(world.store.releases().basis(&new, "acme").await.unwrap(), None);
}

#[tokio::test]
async fn whoever_writes_a_row_changes_its_revision() {
    let (world, mut stands) = ready().await;
    for table in ["clients", "connections", "enablements", "token_sets"] {
        // By hand, and with nothing in it changed.
        let touch = format!("UPDATE {table} SET created_at = created_at");
        world.store.write().execute_unprepared(&touch).await.unwrap();
        stands = moved(&world, &stands, table).await;
    }
    // Nor is what goes and comes again the same.
    let hidden = "CREATE TABLE kept AS SELECT * FROM token_sets; DELETE FROM token_sets;
        INSERT INTO token_sets SELECT * FROM kept;";
    world.store.write().execute_unprepared(hidden).await.unwrap();
    moved(&world, &stands, "put back").await;
}

#[tokio::test]
async fn of_releases_that_are_written_together_each_has_its_own_outcome() {
    let (world, stands) = ready().await;
    let before = events(&world.store).await;
    let asked = (0..300).map(|number| {
        let (token, name) = [("r-1", "acme"), ("r-2", "acme"), ("r-1", "globex")][number % 3];
        let released = event(EventCode::VaultReleased);
        let release = Again::new(&TokenHash::of(token), name, stands.clone(), released);
        let store = world.store.clone();
        async move { store.releases().again(release).await.unwrap() }
    });
    let done = join_all(asked).await;
    assert!(done.iter().enumerate().all(|(number, done)| *done == (number % 3 == 0)));
    assert_eq!(events(&world.store).await, before + 100);
}
