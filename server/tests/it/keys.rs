//! `coffer keys`: listing, adding and removing, and new signing keys.

use crate::harness::Place;

/// Id, whether it is active, and how many values it seals.
fn listed(place: &Place) -> Vec<(String, bool, u64)> {
    let outcome = place.run(&["keys", "list"]);
    let lines = outcome.succeeds().lines().filter(|line| line.starts_with("kek_"));
    lines
        .map(|line| {
            let (id, rest) = line.split_once([' ', ':']).unwrap();
            let count = rest.split("seals ").nth(1).unwrap().split(' ').next().unwrap();
            (id.to_owned(), rest.contains("(active)"), count.parse().unwrap())
        })
        .collect()
}

#[test]
fn an_added_key_is_the_active_one_and_the_old_one_stays() {
    let place = Place::with_sealed_value();
    let before = listed(&place);
    let [(first, true, 1)] = &before[..] else { panic!("{before:?}") };
    let outcome = place.run(&["keys", "add"]);
    assert!(outcome.succeeds().contains("Restart the server"), "{}", outcome.out);
    let after = listed(&place);
    assert_eq!(after.len(), 2);
    for (id, active, count) in &after {
        assert_eq!((*active, *count), if id == first { (false, 1) } else { (true, 0) });
        assert_eq!(outcome.out.contains(id), *active);
    }
    assert!(place.read("data/coffer.key").contains(first));
}

#[test]
fn a_key_in_use_is_not_removed() {
    let place = Place::with_sealed_value();
    let first = listed(&place)[0].0.clone();
    place.run(&["keys", "add"]).succeeds();
    let file = place.read("data/coffer.key");
    place.run(&["keys", "remove", &first]).fails_with(&[&first, "still seals 1 values", "coffer keys list"]);
    let active = listed(&place).into_iter().find(|key| key.1).unwrap().0;
    place.run(&["keys", "remove", &active]).fails_with(&[&active, "add another first"]);
    place.run(&["keys", "remove", "kek_none"]).fails_with(&["kek_none", "coffer keys list"]);
    assert_eq!(place.read("data/coffer.key"), file);
}

#[test]
fn a_key_that_seals_nothing_is_removed() {
    let place = Place::new();
    let first = listed(&place)[0].0.clone();
    place.run(&["keys", "add"]).succeeds();
    let outcome = place.run(&["keys", "remove", &first]);
    assert!(outcome.succeeds().contains(&first), "{}", outcome.out);
    assert!(!place.read("data/coffer.key").contains(&first));
    assert_eq!(listed(&place).len(), 1);
}

#[test]
fn signing_keys_of_every_algorithm_are_made_and_listed() {
    let place = Place::new();
    for alg in ["RS256", "ES256", "EdDSA"] {
        let outcome = place.run(&["keys", "rotate-signing", alg]);
        assert!(outcome.succeeds().contains(alg), "{}", outcome.out);
    }
    place.run(&["keys", "rotate-signing", "ES256"]).succeeds();
    let outcome = place.run(&["keys", "list"]);
    let signing: Vec<&str> = outcome.succeeds().lines().filter(|line| line.contains("signing key")).collect();
    assert_eq!(signing.len(), 4, "{}", outcome.out);
    assert_eq!(signing.iter().filter(|line| line.contains("retired")).count(), 1, "{}", outcome.out);
    place.run(&["keys", "rotate-signing", "HS256"]).fails_with(&["HS256", "use RS256, ES256 or EdDSA"]);
}
