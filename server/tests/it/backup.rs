//! `coffer backup` beside a server under load, and `coffer restore`.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, Database};

use crate::harness::{Place, mode, set_mode};
use crate::loaded::Prepared;

fn holds(place: &Place, name: &str) -> bool {
    place.path(name).exists()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_before_a_backup_works_after_the_restore() {
    let prepared = Prepared::new().await;
    let place = &prepared.place;
    let Some(server) = prepared.start() else { return };
    let mut application = prepared.application(&server).await;
    // Each replaces the one before; the last is what must work.
    for _ in 0..3 {
        application = server.renew(&application).await;
    }
    let load = server.load(&application, 6);
    load.until(100).await;
    let answered = load.answered();
    std::fs::create_dir(place.path("backup")).unwrap();
    let outcome = place.run(&["backup", "backup/coffer.db"]);
    let key = place.read("data/coffer.key").split('"').nth(1).unwrap().to_owned();
    let said = outcome.succeeds();
    assert!(said.contains("backup/coffer.db") && said.contains("key file is not in it"), "{said}");
    assert!(said.contains(&key), "{said}");
    assert!(load.end().await > answered, "the load went on");
    assert_eq!(mode(&place.path("backup/coffer.db")), 0o600);
    let files = std::fs::read_dir(place.path("backup")).unwrap().count();
    assert_eq!(files, 1, "one file, whole");
    // What comes later is gone after the restore.
    let later = server.renew(&application).await;

    let restore = &["restore", "backup/coffer.db"];
    place.run(restore).fails_with(&["there is a database", "--force"]);
    let forced = &["restore", "backup/coffer.db", "--force"];
    place.run(forced).fails_with(&["a server", "uses", "Stop it first"]);
    assert_eq!(server.exchange(&later).await.status(), 200, "it serves on");
    assert_eq!(server.stop("-TERM"), "");

    let restored = place.run(forced);
    let said = restored.succeeds();
    assert!(said.contains("needs consent") && said.contains("before-restore-"), "{said}");
    assert_eq!(mode(&place.path("data/coffer.db")), 0o600);
    let kept =
        said.split_whitespace().find(|word| word.contains("before-restore-")).unwrap().trim_end_matches('.');
    let server = prepared.start().unwrap();
    assert_eq!(server.exchange(&application).await.status(), 200, "the token of before");
    assert_eq!(server.exchange(&later).await.status(), 401, "the token of after is unknown");
    assert_eq!(server.stop("-TERM"), "");
    let events = place.run(&["audit", "export"]);
    let released = events.succeeds().lines().filter(|line| line.contains("\"vault.released\"")).count();
    assert!(released as u64 > answered, "{released} of {answered}");
    assert!(place.run(&["audit", "verify"]).succeeds().contains("none changed"));

    // And back to what was there.
    place.run(&["restore", kept, "--force"]).succeeds();
    let server = prepared.start().unwrap();
    assert_eq!(server.exchange(&later).await.status(), 200);
    assert_eq!(server.stop("-TERM"), "");
}

#[test]
fn a_backup_overwrites_nothing_and_leaves_nothing_half() {
    let place = Place::with_sealed_file();
    place.write("there", "mine");
    place.run(&["backup", "there"]).fails_with(&["there", "exists"]);
    assert_eq!(place.read("there"), "mine");
    place.run(&["backup", "nowhere/coffer.db"]).fails_with(&["nowhere/coffer.db"]);
    let empty = Place::with_file();
    empty.run(&["backup", "b.db"]).fails_with(&["there is no database data/coffer.db"]);
    assert!(!holds(&empty, "data") && !holds(&empty, "b.db"), "nothing is made");
    place.run(&["backup", "b.db"]).succeeds();
    place.run(&["backup", "b.db"]).fails_with(&["b.db", "exists"]);
}

#[test]
fn a_restore_makes_a_database_where_there_is_none() {
    let place = Place::with_sealed_file();
    place.run(&["backup", "b.db"]).succeeds();
    let other = Place::with_file();
    std::fs::copy(place.path("b.db"), other.path("b.db")).unwrap();
    other.run(&["restore", "b.db"]).fails_with(&["key file", "does not exist"]);
    assert!(!holds(&other, "data/coffer.db"));
    other.write_key_file(&place.read("data/coffer.key"));
    set_mode(&other.path("b.db"), 0o644);
    assert!(other.run(&["restore", "b.db"]).succeeds().contains("opens all 1 sealed values"));
    assert_eq!(mode(&other.path("data/coffer.db")), 0o600);
    assert!(other.run(&["keys", "list"]).succeeds().contains("seals 1 values"));
    assert_eq!(std::fs::read_dir(other.path("data")).unwrap().count(), 2, "nothing is left beside");
}

#[tokio::test]
async fn what_cannot_be_restored_leaves_the_database_alone() {
    let place = Place::with_sealed_file();
    place.run(&["backup", "b.db"]).succeeds();
    let before = std::fs::read(place.path("data/coffer.db")).unwrap();
    let files = || std::fs::read_dir(place.path("data")).unwrap().count();
    let there = files();
    let refused = |file: &str, parts: &[&str]| {
        place.run(&["restore", file, "--force"]).fails_with(parts);
        assert_eq!(std::fs::read(place.path("data/coffer.db")).unwrap(), before, "{file}");
        assert_eq!(files(), there, "{file}: nothing is left beside");
    };
    refused("nowhere.db", &["nowhere.db"]);
    place.write("text.db", &"not a database ".repeat(500));
    refused("text.db", &["text.db is not restored"]);
    place.write("empty.db", "");
    refused("empty.db", &["empty.db is not restored", "not a database of Coffer's"]);
    // Cut in the middle, and changed in the middle.
    let whole = std::fs::read(place.path("b.db")).unwrap();
    std::fs::write(place.path("cut.db"), &whole[..whole.len() / 2]).unwrap();
    refused("cut.db", &["cut.db is not restored"]);
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle..middle + 8192].fill(0x5a);
    std::fs::write(place.path("changed.db"), &changed).unwrap();
    refused("changed.db", &["changed.db is not restored"]);
    // Of a newer version.
    std::fs::write(place.path("newer.db"), &whole).unwrap();
    let database = Database::connect(format!("sqlite:{}", place.path("newer.db").display())).await.unwrap();
    let later = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m99999999_later', 0)";
    database.execute_unprepared(later).await.unwrap();
    database.close().await.unwrap();
    refused("newer.db", &["newer.db is not restored", "newer version"]);
    // With another key file.
    let other = Place::with_sealed_file();
    other.run(&["backup", "b.db"]).succeeds();
    std::fs::copy(other.path("b.db"), place.path("others.db")).unwrap();
    refused("others.db", &["key"]);
}

/// A file that another writes to has its newest changes beside it.
#[tokio::test]
async fn a_database_in_use_is_no_backup() {
    let place = Place::with_sealed_file();
    let url = format!("sqlite:{}", place.path("data/coffer.db").display());
    let store = coffer_store::Store::connect(&url, 2).await.unwrap();
    store.administrators().count().await.unwrap();
    std::fs::create_dir(place.path("other")).unwrap();
    let outcome =
        place.run_with(&["restore", "data/coffer.db"], &[("COFFER_DATABASE__URL", "sqlite:other/coffer.db")]);
    outcome.fails_with(&["data/coffer.db is not restored", "beside it"]);
    drop(store);
    tokio::time::sleep(Duration::from_millis(10)).await;
}
