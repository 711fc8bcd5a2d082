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

/// The id of a key that was added just now.
fn added(place: &Place) -> String {
    let before = listed(place);
    place.run(&["keys", "add"]).succeeds();
    listed(place).into_iter().map(|key| key.0).find(|id| before.iter().all(|key| key.0 != *id)).unwrap()
}

#[test]
fn a_key_is_added_first_and_seals_once_it_is_activated() {
    let place = Place::with_sealed_value();
    let before = listed(&place);
    let [(first, true, 1)] = &before[..] else { panic!("{before:?}") };
    let outcome = place.run(&["keys", "add"]);
    assert!(outcome.succeeds().contains("coffer keys activate kek_"), "{}", outcome.out);
    let after = listed(&place);
    let [second] = &after.iter().filter(|key| key.0 != *first).collect::<Vec<_>>()[..] else {
        panic!("{after:?}")
    };
    assert_eq!((second.1, second.2), (false, 0));
    assert!(outcome.out.contains(&second.0));
    place.run(&["keys", "activate", &second.0]).succeeds();
    for (id, active, count) in listed(&place) {
        assert_eq!((active, count), if id == *first { (false, 1) } else { (true, 0) });
    }
    place.run(&["keys", "activate", "kek_none"]).fails_with(&["kek_none", "coffer keys list"]);
}

#[test]
fn a_key_in_use_is_not_removed() {
    let place = Place::with_sealed_value();
    let first = listed(&place)[0].0.clone();
    place.run(&["keys", "remove", &first]).fails_with(&[&first, "activate another first"]);
    let second = added(&place);
    place.run(&["keys", "activate", &second]).succeeds();
    let file = place.read("data/coffer.key");
    place.run(&["keys", "remove", &first]).fails_with(&[&first, "still seals 1 values", "coffer keys list"]);
    place.run(&["keys", "remove", "kek_none"]).fails_with(&["kek_none", "coffer keys list"]);
    assert_eq!(place.read("data/coffer.key"), file);
}

#[test]
fn a_key_that_seals_nothing_is_removed() {
    let place = Place::new();
    let first = listed(&place)[0].0.clone();
    let second = added(&place);
    place.run(&["keys", "activate", &second]).succeeds();
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
    let states = || {
        let outcome = place.run(&["keys", "list"]);
        let lines = outcome.succeeds().lines().filter(|line| line.contains("ES256 signing key"));
        lines.map(|line| line.split(", ").nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(), ["active"], "the first one has nobody to wait for");
    let outcome = place.run(&["keys", "rotate-signing", "ES256"]);
    assert!(outcome.succeeds().contains("published now and signs from"), "{}", outcome.out);
    assert_eq!(states(), ["published", "active"]);
    place.run(&["keys", "rotate-signing", "ES256"]).fails_with(&["does not sign before", "--compromised"]);
    let outcome = place.run(&["keys", "rotate-signing", "ES256", "--compromised"]);
    assert!(outcome.succeeds().contains("no good any more"), "{}", outcome.out);
    assert_eq!(states(), ["active", "retired", "retired"]);
    place.run(&["keys", "rotate-signing", "HS256"]).fails_with(&["HS256", "use RS256, ES256 or EdDSA"]);
}
