//! `coffer admin`: administrators at the command line, with passwords on standard input.

use crate::harness::{Outcome, PASSWORD, Place};

fn create(place: &Place, email: &str, input: &str) -> Outcome {
    place.run_in(&["admin", "create", "--email", email], &[], input)
}

#[test]
fn an_administrator_is_made_once() {
    let place = Place::new();
    let outcome = create(&place, "Ada@Example.com", &format!("{PASSWORD}\n"));
    assert!(outcome.succeeds().contains("http://localhost:3000/console/sign-in"), "{}", outcome.out);
    assert!(outcome.out.to_lowercase().contains("ada@example.com"), "{}", outcome.out);
    create(&place, "ada@example.com", PASSWORD).fails_with(&["already"]);
    create(&place, "ADA@example.com", PASSWORD).fails_with(&["already"]);
    create(&place, "bob@example.com", &format!("{PASSWORD}\r\n")).succeeds();
}

#[test]
fn weak_passwords_and_bad_addresses_say_what_to_enter() {
    let place = Place::new();
    for input in ["", "\n", "pa55word\n", "\npa55word pa55word pa55word\n"] {
        create(&place, "ada@example.com", input).fails_with(&["at least 12 characters"]);
    }
    for email in ["", "ada", "ada@", "@example.com"] {
        create(&place, email, PASSWORD).fails_with(&["e-mail address, such as"]);
    }
}

#[test]
fn a_password_is_no_argument() {
    let place = Place::new();
    let outcome = place.run(&["admin", "create", "--email", "ada@example.com", "--password", "x"]);
    assert_eq!(outcome.code, Some(2), "others on this machine could read it");
    assert!(!place.path("data").exists());
}

#[test]
fn roles_are_given_and_the_last_owner_stays() {
    let place = Place::new();
    let make = |email: &str, role: &str| {
        place
            .run_in(&["admin", "create", "--email", email, "--role", role], &[], PASSWORD)
            .succeeds()
            .to_owned()
    };
    create(&place, "ada@example.com", PASSWORD).succeeds();
    make("eve@example.com", "viewer");
    let list = || place.run(&["admin", "list"]).succeeds().to_owned();
    assert!(list().contains("ada@example.com  owner  no second factor  last sign-in: never"), "{}", list());
    assert!(list().contains("eve@example.com  viewer"), "{}", list());
    let set = |email: &str, role: &str| place.run(&["admin", "set-role", "--email", email, "--role", role]);
    set("ada@example.com", "editor").fails_with(&["last owner"]);
    place.run(&["admin", "remove", "--email", "ada@example.com"]).fails_with(&["last owner"]);
    set("nobody@example.com", "owner").fails_with(&["does not exist"]);
    assert_eq!(set("eve@example.com", "king").code, Some(2), "no such role");
    assert!(set("Eve@example.com", "owner").succeeds().contains("eve@example.com is an owner now"));
    set("ada@example.com", "viewer").succeeds();
    let reset = |email: &str| place.run(&["admin", "reset-factors", "--email", email]);
    assert!(reset("Ada@example.com").succeeds().contains("ada@example.com has no second factor now"));
    reset("nobody@example.com").fails_with(&["does not exist"]);
    place.run(&["admin", "remove", "--email", "ada@example.com"]).succeeds();
    assert!(!list().contains("ada@"), "{}", list());
}
