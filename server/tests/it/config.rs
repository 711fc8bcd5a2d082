//! The configuration: every mistake is answered with the setting, its place and what it should be.

use crate::harness::Place;

#[test]
fn the_defaults_are_good_and_shown() {
    let place = Place::with_file();
    let outcome = place.run(&["check-config"]);
    let out = outcome.succeeds();
    assert!(out.contains("public_url = \"http://localhost:3000/\""), "{out}");
    assert!(out.contains("The configuration is good."), "{out}");
    assert!(!place.path("data").exists(), "checking touches nothing");
}

#[test]
fn the_environment_goes_over_the_file_and_the_file_over_the_defaults() {
    let place = Place::with_file();
    place.write("coffer.toml", "listen = \"127.0.0.1:4000\"\n[outbound]\ntimeout_seconds = 7\n");
    let environment = [("COFFER_CONFIG", "coffer.toml"), ("COFFER_OUTBOUND__TIMEOUT_SECONDS", "8")];
    let outcome = place.run_with(&["check-config"], &environment);
    let out = outcome.succeeds();
    for expected in ["listen = \"127.0.0.1:4000\"", "timeout_seconds = 8", "sqlite:data/coffer.db"] {
        assert!(out.contains(expected), "{expected}: {out}");
    }
}

#[test]
fn mistakes_in_the_file_name_setting_file_and_remedy() {
    for (text, parts) in [
        ("publik_url = \"x\"", ["publik_url", "no such setting; there are public_url"]),
        ("[database]\nuri = \"x\"", ["database.uri", "no such setting; there are url"]),
        ("listen = \"nonsense\"", ["listen", "127.0.0.1:3000"]),
        ("listen = \"localhost:99999\"", ["listen", "127.0.0.1:3000"]),
        ("public_url = \"nonsense\"", ["public_url", "https://coffer.example/"]),
        ("public_url = \"http://coffer.example\"", ["public_url", "must begin with https://"]),
        ("public_url = \"https://coffer.example/sub\"", ["public_url", "must have no path"]),
        ("public_url = \"https://coffer.example/#a\"", ["public_url", "no query or fragment"]),
        ("outbound = 1", ["outbound", "a section"]),
        ("[outbound]\ntimeout_seconds = 31", ["outbound.timeout_seconds", "between 1 and 30"]),
        ("[outbound]\ntimeout_seconds = \"x\"", ["outbound.timeout_seconds", "from 1 to 30"]),
        ("[outbound]\nallow_private = [\"10.1\"]", ["outbound.allow_private", "10.1.0.0/16"]),
        ("[http]\ntrusted_proxies = \"10.0.0.1\"", ["http.trusted_proxies", "10.1.0.0/16"]),
        ("[log]\nformat = \"xml\"", ["log.format", "text or json"]),
        ("[keys]\nfile = 1", ["keys.file", "the path of the key file"]),
        ("listen = ", ["line 1", "listen ="]),
    ] {
        let place = Place::with_file();
        place.write("my.toml", text);
        let outcome = place.run(&["--config", "my.toml", "check-config"]);
        outcome.fails_with(&parts);
        // What reads well but cannot be is found later, when its place is forgotten.
        let later = ["must ", "between"].iter().any(|word| outcome.err.contains(word)) || text.contains('#');
        assert!(later || outcome.err.contains("my.toml"), "{}", outcome.err);
    }
}

#[test]
fn mistakes_in_the_environment_name_the_variable() {
    let place = Place::with_file();
    for (name, value, remedy) in [
        ("COFFER_PUBLIK_URL", "x", "no such setting"),
        ("COFFER_DATABASE__URI", "x", "no such setting; there are url"),
        ("COFFER_LISTEN", "3000", "127.0.0.1:3000"),
        ("COFFER_HTTP__TRUSTED_PROXIES", "10.0.0.0/8", "a list of networks"),
    ] {
        place.run_with(&["check-config"], &[(name, value)]).fails_with(&[name, remedy]);
    }
    place.run_with(&["migrate"], &[("COFFER_LOG__FILTER", "a=b=c")]).fails_with(&["log.filter", "use info"]);
}

#[test]
fn passwords_in_the_wrong_place_are_not_repeated() {
    let place = Place::with_file();
    // That no output has the password is checked for every run.
    for (name, value, setting) in [
        ("COFFER_PUBLIC_URL", "https://ada:pa55word@coffer.example/", "public_url"),
        ("COFFER_PUBLIC_URL", "https://:pa55word@coffer.example/", "public_url"),
        ("COFFER_PUBLIC_URL", "https://ada:pa55word@coffer.example:port/", "public_url"),
        ("COFFER_DATABASE", "postgres://ada:pa55word@db/coffer", "COFFER_DATABASE__URL"),
        ("COFFER_KEYS", "pa55word", "keys.file"),
    ] {
        for command in ["check-config", "migrate"] {
            place.run_with(&[command], &[(name, value)]).fails_with(&[setting]);
        }
    }
    // Here it is in the right place, and is not repeated either.
    for url in ["postgres://ada:pa55word@db.invalid/coffer", "postgres://db.invalid/coffer?password=pa55word"]
    {
        let environment = [("COFFER_DATABASE__URL", url)];
        let checked = place.run_with(&["check-config"], &environment);
        assert!(checked.succeeds().contains("db.invalid/coffer"), "{}", checked.out);
        place
            .run_with(&["migrate"], &environment)
            .fails_with(&["database.url", "must be running and reachable"]);
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let place = Place::with_file();
    place.run(&["--config", "nowhere.toml", "check-config"]).fails_with(&["nowhere.toml", "does not exist"]);
}
