//! The database: made, brought up to date, and every reason why it cannot be.

use sea_orm::{ConnectionTrait as _, Database};

use crate::harness::Place;

#[test]
fn migrating_twice_is_migrating_once() {
    let place = Place::with_file();
    let first = place.run(&["migrate"]);
    assert!(first.succeeds().contains("the database is up to date"));
    assert!(!first.out.starts_with("0 "), "{}", first.out);
    assert!(place.path("data/coffer.db").exists());
    let second = place.run(&["migrate"]);
    assert!(second.succeeds().starts_with("0 migrations were run"), "{}", second.out);
    assert!(!place.path("data/coffer.key").exists(), "migrating needs no key");
}

#[test]
fn a_place_that_cannot_hold_a_database_is_named() {
    let place = Place::with_file();
    place.write("file", "");
    place.write("folder/file", "");
    place.write("other.db", &"not a database ".repeat(500));
    for url in ["sqlite:file/coffer.db", "sqlite:file/deeper/coffer.db", "sqlite:folder", "sqlite:other.db"] {
        for command in [&["migrate"][..], &["keys", "list"], &["admin", "create", "--email", "a@example.com"]]
        {
            let outcome = place.run_with(command, &[("COFFER_DATABASE__URL", url)]);
            outcome.fails_with(&["database.url", url, "must name a file of Coffer's"]);
        }
    }
    assert!(place.read("other.db").starts_with("not a database"), "it is left as it was");
}

#[test]
fn addresses_that_name_no_database_are_refused() {
    let place = Place::with_file();
    for url in ["sqlite:", "sqlite::memory:", "sqlite:coffer.db?mode=ro"] {
        let outcome = place.run_with(&["migrate"], &[("COFFER_DATABASE__URL", url)]);
        outcome.fails_with(&["database.url", "name a file"]);
    }
    for url in ["mysql://db/coffer", "coffer.db", "file:coffer.db"] {
        let outcome = place.run_with(&["check-config"], &[("COFFER_DATABASE__URL", url)]);
        outcome.fails_with(&["database.url must begin with sqlite:"]);
    }
}

#[test]
fn two_slashes_and_spaces_are_understood() {
    let place = Place::with_file();
    place.run_with(&["migrate"], &[("COFFER_DATABASE__URL", "sqlite://my data/a b.db")]).succeeds();
    assert!(place.path("my data/a b.db").exists());
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let place = Place::with_file();
    place.run(&["migrate"]).succeeds();
    let url = format!("sqlite:{}", place.path("data/coffer.db").display());
    let database = Database::connect(&url).await.unwrap();
    let later = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m99999999_later', 0)";
    database.execute_unprepared(later).await.unwrap();
    database.close().await.unwrap();
    for command in [&["migrate"][..], &["keys", "list"]] {
        place.run(command).fails_with(&["sqlite:data/coffer.db", "newer version", "restore a copy"]);
    }
    assert!(!place.path("data/coffer.key").exists());
}
