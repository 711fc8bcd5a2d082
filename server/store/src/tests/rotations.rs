//! Refresh tokens that are rotated at the same moment, in one transaction.

use futures::future::join_all;
use sea_orm::{ConnectionTrait as _, DbBackend};

use super::*;
use crate::{Rotation, StoreError};

impl World {
    /// The families of so many sign-ins, whose refresh tokens are `r-0-0`, `r-1-0` and so on.
    async fn families(&self, count: usize) -> Vec<FamilyId> {
        let mut families = Vec::new();
        for number in 0..count {
            let family = FamilyId::generate(&SystemRng);
            let code = TokenHash::of(family.as_str());
            self.store.codes().create(&code, &self.code(&family)).await.unwrap();
            let (r, a) = (hash("r", number, 0), hash("a", number, 0));
            let (refresh, access) = (self.refresh(&family), self.access(&family));
            let exchanged = event(EventCode::TokenCodeExchanged);
            let tokens = self.store.tokens();
            let redeemed =
                tokens.redeem_code(&code, at(1), Some((&r, &refresh)), (&a, &access), exchanged).await;
            assert!(redeemed.unwrap());
            families.push(family);
        }
        families
    }

    /// The first token of family `number` is exchanged for the one with number `new`.
    fn rotation(&self, family: &FamilyId, number: usize, new: usize, now: i64) -> Rotation {
        let (refresh, access) = (self.refresh(family), self.access(family));
        let (r, a) = (hash("r", number, new), hash("a", number, new));
        let event = event(EventCode::TokenRefreshed).user(&self.user.id);
        Rotation::new(&hash("r", number, 0), (&r, &refresh), (&a, &access), at(now), event).unwrap()
    }

    /// When the first token of family `number` was rotated.
    async fn rotated_at(&self, number: usize) -> Option<Timestamp> {
        self.store.tokens().refresh(&hash("r", number, 0)).await.unwrap().unwrap().rotated_at
    }

    async fn is_there(&self, number: usize, new: usize) -> bool {
        let tokens = self.store.tokens();
        let refresh = tokens.refresh(&hash("r", number, new)).await.unwrap().is_some();
        let access = tokens.access(&hash("a", number, new), at(2)).await.unwrap().is_some();
        assert_eq!(refresh, access);
        refresh
    }
}

fn hash(kind: &str, number: usize, new: usize) -> TokenHash {
    TokenHash::of(&format!("{kind}-{number}-{new}"))
}

/// RFC 9700 section 4.14.2, and the overlap for answers that were lost.
#[tokio::test]
async fn each_of_many_has_its_own_outcome() {
    let world = World::new().await;
    let families = world.families(300).await;
    let tokens = world.store.tokens();
    for revoked in [7, 150] {
        assert!(
            tokens.revoke_family(&families[revoked], at(5), event(EventCode::TokenRevoked)).await.unwrap()
        );
    }
    let before = events(&world.store).await;
    let rotations: Vec<_> =
        (0..).zip(&families).map(|(n, f)| world.rotation(f, n, 1, 10 + n as i64)).collect();
    let done = join_all(rotations.into_iter().map(|rotation| tokens.rotate(rotation))).await;
    for (number, done) in done.into_iter().enumerate() {
        let expected = number != 7 && number != 150;
        assert_eq!(done.unwrap(), expected, "{number}");
        assert_eq!(world.rotated_at(number).await, expected.then(|| at(10 + number as i64)));
        assert_eq!(tokens.refresh(&hash("r", number, 1)).await.unwrap().is_some(), expected);
    }
    assert_eq!(events(&world.store).await, before + 298);
}

#[tokio::test]
async fn the_same_token_twice_is_stamped_once_and_both_are_of_its_family() {
    let world = World::new().await;
    let families = world.families(3).await;
    let tokens = world.store.tokens();
    let twice = [(1, 1, 20), (0, 1, 21), (1, 2, 22), (2, 1, 23), (1, 3, 24)];
    let rotations = twice.map(|(number, new, now)| world.rotation(&families[number], number, new, now));
    for done in join_all(rotations.map(|rotation| tokens.rotate(rotation))).await {
        assert!(done.unwrap(), "within the overlap, as one after the other");
    }
    assert_eq!(world.rotated_at(1).await, Some(at(20)), "by the first");
    for new in 1..4 {
        let successor = tokens.refresh(&hash("r", 1, new)).await.unwrap().unwrap();
        assert_eq!((&successor.family_id, successor.rotated_at), (&families[1], None));
    }
    // Whoever comes with it after the overlap ends the family with all that came of it.
    let old = tokens.refresh(&hash("r", 1, 0)).await.unwrap().unwrap();
    assert_eq!(old.presented(at(50)), coffer_core::refresh::Presented::Reused);
    let reused = event(EventCode::TokenReuseDetected);
    assert!(tokens.revoke_family(&families[1], at(50), reused).await.unwrap());
    let late = [world.rotation(&families[1], 1, 9, 51), world.rotation(&families[0], 0, 9, 51)];
    let late = join_all(late.map(|rotation| tokens.rotate(rotation))).await;
    assert_eq!(late.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test]
async fn a_token_of_another_family_is_not_exchanged() {
    let world = World::new().await;
    let families = world.families(2).await;
    let wrong = world.rotation(&families[0], 1, 1, 10);
    let right = world.rotation(&families[0], 0, 1, 10);
    let tokens = world.store.tokens();
    let (wrong, right) = tokio::join!(tokens.rotate(wrong), tokens.rotate(right));
    assert_eq!((wrong.unwrap(), right.unwrap()), (false, true));
    assert_eq!(world.rotated_at(1).await, None);
}

#[tokio::test]
async fn one_that_cannot_be_written_takes_none_of_the_others_along() {
    let world = World::new().await;
    let families = world.families(5).await;
    let before = events(&world.store).await;
    let mut rotations: Vec<_> = (0..).zip(&families).map(|(n, f)| world.rotation(f, n, 1, 10)).collect();
    // Its access token is there already.
    let (refresh, access) = (world.refresh(&families[2]), world.access(&families[2]));
    let new = (&hash("r", 2, 1), &refresh);
    let taken = (&hash("a", 3, 0), &access);
    rotations[2] =
        Rotation::new(&hash("r", 2, 0), new, taken, at(10), event(EventCode::TokenRefreshed)).unwrap();
    let tokens = world.store.tokens();
    let done = join_all(rotations.into_iter().map(|rotation| tokens.rotate(rotation))).await;
    for (number, done) in done.into_iter().enumerate() {
        assert_eq!(done.is_ok_and(|done| done), number != 2, "{number}");
        assert_eq!(world.is_there(number, 1).await, number != 2, "{number}");
        assert_eq!(world.rotated_at(number).await.is_some(), number != 2, "{number}");
    }
    assert_eq!(events(&world.store).await, before + 4);
}

/// Makes each commit that has an audit event in it fail, at its very end.
const FAILS: [(DbBackend, &str, &str); 2] = [
    (
        DbBackend::Sqlite,
        "CREATE TABLE broken (id INTEGER REFERENCES broken_parent (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TABLE broken_parent (id INTEGER PRIMARY KEY);
         CREATE TRIGGER breaks AFTER INSERT ON audit_events BEGIN INSERT INTO broken VALUES (1); END;",
        "DROP TRIGGER breaks",
    ),
    (
        DbBackend::Postgres,
        "CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
         CREATE CONSTRAINT TRIGGER breaks AFTER INSERT ON audit_events DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION breaks();",
        "DROP TRIGGER breaks ON audit_events",
    ),
];

#[tokio::test]
async fn where_the_commit_fails_all_are_told_and_nothing_has_changed() {
    let world = World::new().await;
    let families = world.families(4).await;
    let (tokens, before) = (world.store.tokens(), events(&world.store).await);
    let db = world.store.write();
    let (_, breaks, mends) =
        FAILS.into_iter().find(|(db_kind, ..)| *db_kind == db.get_database_backend()).unwrap();
    let all = || (0..).zip(&families).map(|(n, f)| tokens.rotate(world.rotation(f, n, 1, 10)));
    db.execute_unprepared(breaks).await.unwrap();
    assert!(join_all(all()).await.iter().all(Result::is_err));
    for number in 0..families.len() {
        assert_eq!((world.rotated_at(number).await, world.is_there(number, 1).await), (None, false));
    }
    assert_eq!(events(&world.store).await, before);
    db.execute_unprepared(mends).await.unwrap();
    assert!(join_all(all()).await.into_iter().all(|done| done.unwrap()));
    assert_eq!(events(&world.store).await, before + families.len());
}

#[tokio::test]
async fn on_a_full_disk_all_are_told_so() {
    let world = World::new().await;
    let db = world.store.write();
    if db.get_database_backend() != DbBackend::Sqlite {
        return;
    }
    let families = world.families(64).await;
    let (tokens, before) = (world.store.tokens(), events(&world.store).await);
    let all = || (0..).zip(&families).map(|(n, f)| tokens.rotate(world.rotation(f, n, 1, 10)));
    // It may not become smaller than it is, so that nothing more fits.
    db.execute_unprepared("PRAGMA max_page_count = 1").await.unwrap();
    for done in join_all(all()).await {
        let error = done.unwrap_err();
        assert!(matches!(error, StoreError::Together(_)) && error.is_unavailable(), "{error}");
    }
    db.execute_unprepared("PRAGMA max_page_count = 1000000").await.unwrap();
    assert_eq!(events(&world.store).await, before);
    for number in 0..families.len() {
        assert_eq!((world.rotated_at(number).await, world.is_there(number, 1).await), (None, false));
    }
    assert!(join_all(all()).await.into_iter().all(|done| done.unwrap()));
}

/// On SQLite nobody holds a row.
#[tokio::test]
async fn whose_family_is_held_waits_alone() {
    use sea_orm::{EntityTrait as _, QueryFilter as _, QuerySelect as _};

    use crate::entity::token_families::{Column, Entity};

    let world = World::new().await;
    if !world.store.is_shared() {
        return;
    }
    let families = world.families(3).await;
    let holds = world.store.begin().await.unwrap();
    let held =
        Entity::find().filter(sea_orm::ColumnTrait::eq(&Column::Id, families[1].as_str())).lock_exclusive();
    held.one(&holds).await.unwrap().unwrap();
    let tokens = world.store.tokens();
    let [a, b, c] = [0, 1, 2].map(|n| Box::pin(tokens.rotate(world.rotation(&families[n], n, 1, 10))));
    let mut waits = b;
    let (first, third) = tokio::select! {
        biased;
        _ = &mut waits => panic!("it is held"),
        others = futures::future::join(a, c) => others,
    };
    assert!(first.unwrap() && third.unwrap());
    holds.rollback().await.unwrap();
    assert!(waits.await.unwrap());
}

#[tokio::test]
async fn events_that_come_at_the_same_moment_are_all_there() {
    let world = World::new().await;
    let before = events(&world.store).await;
    let audit = world.store.audit();
    let all = join_all((0..600).map(|_| audit.record(event(EventCode::VaultReleased)))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(events(&world.store).await, before + 600);
}
