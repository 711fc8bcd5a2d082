//! The key file: made once, private, and never made anew over values that need the old one.

use crate::harness::{Place, mode, set_mode};

const FILE: &str = "data/coffer.key";
const LIST: &[&str] = &["keys", "list"];

#[test]
fn it_is_made_private() {
    let place = Place::new();
    place.run(LIST).succeeds();
    assert_eq!(mode(&place.path(FILE)), 0o600);
    assert!(place.read(FILE).contains("Keep a copy"));
    let before = place.read(FILE);
    place.run(LIST).succeeds();
    assert_eq!(place.read(FILE), before);
}

#[test]
fn others_must_not_read_it() {
    let place = Place::with_sealed_value();
    for open in [0o644, 0o640, 0o604, 0o620] {
        set_mode(&place.path(FILE), open);
        place.run(LIST).fails_with(&[FILE, "chmod 600 data/coffer.key"]);
    }
    set_mode(&place.path(FILE), 0o400);
    place.run(LIST).succeeds();
}

#[test]
fn a_lost_one_is_not_replaced() {
    let place = Place::with_sealed_value();
    std::fs::remove_file(place.path(FILE)).unwrap();
    for command in [LIST, &["keys", "add"], &["admin", "create", "--email", "a@example.com"], &["serve"]] {
        let listen = [("COFFER_LISTEN", "127.0.0.1:0")];
        place.run_with(command, &listen).fails_with(&[
            FILE,
            "does not exist",
            "Restore the file",
            "keys.file",
        ]);
        assert!(!place.path(FILE).exists());
    }
}

#[test]
fn a_corrupt_one_is_not_repeated() {
    let place = Place::with_sealed_value();
    let good = place.read(FILE);
    let key = good.split('"').find(|part| part.len() == 44).unwrap().to_owned();
    let no_active = good.replace("active = \"kek_", "active = \"other_");
    for (text, reason) in [
        ("", "expected format"),
        ("pa55word", "expected format"),
        (&format!("{key}\n"), "expected format"),
        (&good.replace(&key, "pa55word"), "not the base64 of 32 bytes"),
        (&good.replace(&key, &key[4..]), "not the base64 of 32 bytes"),
        (&no_active, "not among the keys"),
    ] {
        place.write_key_file(text);
        let outcome = place.run(LIST);
        outcome.fails_with(&[FILE, reason, "Restore the key file", "keys.file"]);
        assert!(!outcome.err.contains(&key[4..]), "a key is printed");
        assert_eq!(place.read(FILE), *text, "it is left as it was");
    }
    std::fs::write(place.path(FILE), [0xff, 0xfe, 0x00]).unwrap();
    place.run(LIST).fails_with(&[FILE, "keys.file"]);
}

#[test]
fn a_path_that_cannot_be_is_named() {
    let place = Place::new();
    place.write("file", "");
    place.write("folder/file", "");
    for path in ["file/coffer.key", "folder"] {
        let outcome = place.run_with(LIST, &[("COFFER_KEYS__FILE", path)]);
        outcome.fails_with(&[path, "Set keys.file"]);
    }
}

#[test]
fn another_databases_key_file_is_noticed() {
    let place = Place::with_sealed_value();
    let stranger = Place::with_sealed_value();
    place.write_key_file(&stranger.read(FILE));
    let outcome = place.run_with(&["serve"], &[("COFFER_LISTEN", "127.0.0.1:0")]);
    // A build without the browser bundle says so first.
    if !outcome.err.contains("browser bundle") {
        outcome.fails_with(&["signing key", "which this server does not have"]);
    }
}

#[test]
fn what_a_broken_write_left_behind_does_no_harm() {
    let place = Place::with_sealed_value();
    place.write("data/coffer.new", "half a key file");
    set_mode(&place.path("data/coffer.new"), 0o644);
    place.run(&["keys", "add"]).succeeds();
    assert_eq!(mode(&place.path(FILE)), 0o600);
    assert!(!place.path("data/coffer.new").exists());
    place.run(LIST).succeeds();
}
