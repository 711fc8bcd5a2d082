//! docs/security.md: every test that it names is there, and every attack that is tried here is in it.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The tests of a file in this folder, by their names.
fn tests_in(source: &str) -> impl Iterator<Item = &str> {
    source
        .split("#[tokio::test]")
        .flat_map(|part| part.split("#[test]"))
        .skip(1)
        .filter_map(|part| part.split_once("fn ")?.1.split('(').next())
}

#[test]
fn every_test_in_the_table_exists_and_every_attack_is_in_it() {
    let table = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let named: Vec<(&str, &str)> = table
        .split('`')
        .filter_map(|word| word.split_once("::"))
        .filter(|(path, _)| path.contains('/'))
        .collect();
    assert!(named.len() > 60, "{}", named.len());
    for (path, name) in &named {
        let source = std::fs::read_to_string(root().join(path)).unwrap_or_default();
        let found = match path.ends_with(".rs") {
            true => source.contains(&format!("fn {name}(")),
            false => source.contains(name),
        };
        assert!(found, "docs/security.md names a test that is not there: {path}::{name}");
    }
    let folder = "server/http/tests/it/attacks";
    let mut tried = 0;
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let source = std::fs::read_to_string(root().join(folder).join(&file)).unwrap();
        if file == "table.rs" {
            continue;
        }
        for name in tests_in(&source) {
            tried += 1;
            let place = (format!("{folder}/{file}"), name);
            let listed = named.iter().any(|(path, name)| (*path, *name) == (&*place.0, place.1));
            assert!(listed, "docs/security.md does not name {}::{name}", place.0);
        }
    }
    assert!(tried > 40, "{tried}");
}
