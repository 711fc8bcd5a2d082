use super::*;

#[test]
fn every_embedded_file_holds_together() {
    let catalogue = Catalogue::embedded().unwrap();
    assert!(catalogue.0.len() >= 40, "{}", catalogue.0.len());
    let mut names: Vec<_> = FILES.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    let on_disk = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogue")).unwrap();
    let mut on_disk: Vec<_> =
        on_disk.map(|file| file.unwrap().file_name().to_str().unwrap().replace(".toml", "")).collect();
    on_disk.sort_unstable();
    assert_eq!(names, on_disk, "every file is embedded");
}

fn refusal(change: impl FnOnce(&str) -> String) -> String {
    let (name, text) = FILES.iter().find(|(name, _)| *name == "box").unwrap();
    Entry::parse(name, &change(text)).unwrap_err().to_string()
}

#[test]
fn files_that_do_not_hold_together_are_refused_by_name() {
    for (from, to, expected) in [
        ("strategy = \"box\"", "strategy = \"bax\"", "bax"),
        ("description =", "colour =", "colour"),
        ("default_scopes = []", "default_scopes = [\"nameless\"]", "nameless"),
        ("default_scopes = []", "always_scopes = [\"two words\"]", "two words"),
        ("https://api.box.com/oauth2/token", "http://api.box.com/oauth2/token", "https address"),
        ("https://api.box.com/oauth2/token", "https://{tenant}.box.com/oauth2/token", "https address"),
        ("\ntoken = ", "\nrefresh = ", "either known or asked for"),
        ("id = \"id\"", "id = \"id[\"", "options.profile.id"),
        ("user_info = ", "emails = ", "who signed in"),
    ] {
        let message = refusal(|text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        assert!(message.starts_with("box.toml: ") && message.contains(expected), "{to}: {message}");
    }
}

#[test]
fn a_folder_adds_and_replaces() {
    let folder = tempfile::tempdir().unwrap();
    let (_, text) = FILES.iter().find(|(name, _)| *name == "box").unwrap();
    std::fs::write(folder.path().join("box.toml"), text.replace("name = \"Box\"", "name = \"Our box\""))
        .unwrap();
    std::fs::write(
        folder.path().join("crate.toml"),
        text.replace("strategy = \"box\"", "strategy = \"crate\""),
    )
    .unwrap();
    std::fs::write(folder.path().join("README.md"), "Not a provider.").unwrap();
    let count = FILES.len();
    let catalogue = Catalogue::embedded().unwrap().with_folder(folder.path()).unwrap();
    assert_eq!(catalogue.0.len(), count + 1);
    assert_eq!(catalogue.get("box").unwrap().view().name, "Our box");
    assert!(catalogue.get("crate").is_some());
    std::fs::write(folder.path().join("broken.toml"), "strategy = ").unwrap();
    let error = Catalogue::embedded().unwrap().with_folder(folder.path()).unwrap_err();
    assert!(error.to_string().starts_with("broken.toml: "), "{error}");
}
