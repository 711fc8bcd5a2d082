//! `coffer config`: export, plan and apply.

use crate::harness::{Outcome, Place, mode};

const SECRET: &str = "pa55word-pa55word-pa55word-pa55word";
const WITH: &[(&str, &str)] = &[("HUB_SECRET", SECRET)];

const FILE: &str = r#"
[[api]]
identifier = "urn:calendar"
name = "Calendar"

[[connection]]
name = "hub"
strategy = "github"
client_id = "upstream"
client_secret = { env = "HUB_SECRET" }

[[application]]
name = "Agent"
type = "regular_web"
callbacks = ["https://agent.example/callback"]
connections = [{ name = "hub" }]
apis = [{ identifier = "urn:calendar", subject = "user" }]
"#;

fn place() -> Place {
    let place = Place::new();
    place.write("coffer.toml", FILE);
    place
}

fn plan(place: &Place, file: &str) -> Outcome {
    place.run_with(&["config", "plan", file], WITH)
}

#[test]
fn a_plan_says_by_its_status_whether_there_is_something_to_do() {
    let place = place();
    let outcome = plan(&place, "coffer.toml");
    assert_eq!((outcome.code, outcome.err.as_str()), (Some(2), ""), "{}", outcome.out);
    assert!(outcome.out.contains("coffer.toml: 3 to create, 0 to change, 0 to delete."), "{}", outcome.out);
    let json = place.run_with(&["config", "plan", "coffer.toml", "--json"], WITH);
    assert_eq!(json.code, Some(2));
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["changes"][1]["key"], "hub");

    let apply = ["config", "apply", "coffer.toml", "--yes", "--secrets-to", "secrets.toml"];
    let done = place.run_with(&apply, WITH);
    assert!(done.succeeds().contains("Done: 3 created, 0 changed, 0 deleted."), "{}", done.out);
    assert!(!done.out.contains("cfs_"), "{}", done.out);
    assert_eq!(mode(&place.path("secrets.toml")), 0o600);
    let id = done.out.split("Add client_id = \"").nth(1).unwrap().split('"').next().unwrap();
    let secrets = place.read("secrets.toml");
    assert!(secrets.contains(&format!("\"{id}\" = \"cfs_")), "one line for each client id");

    assert!(plan(&place, "coffer.toml").succeeds().contains("Nothing to do"));
    let again = place.run_with(&["config", "apply", "coffer.toml"], WITH);
    assert!(again.succeeds().contains("Nothing to do"), "nobody is asked about nothing");
    place.run_with(&apply, WITH).fails_with(&["secrets.toml exists already"]);
}

#[test]
fn an_export_has_nothing_to_do_and_is_the_same_each_time() {
    let place = place();
    place.run_with(&["config", "apply", "coffer.toml", "--yes", "--print-secrets"], WITH).succeeds();
    let export = place.run(&["config", "export"]);
    let text = export.succeeds().to_owned();
    assert!(text.contains("# There is a client secret"), "{text}");
    place.write("exported.toml", &text);
    assert!(place.run(&["config", "plan", "exported.toml"]).succeeds().contains("Nothing to do"));
    assert_eq!(place.run(&["config", "export"]).succeeds(), text);
    let piped = place.run_in(&["config", "plan", "-"], &[], &text);
    assert!(piped.succeeds().contains("standard input"), "{}", piped.out);
}

#[test]
fn a_new_secret_goes_where_somebody_said_or_is_not_made() {
    let place = place();
    let apply = |more: &[&str]| place.run_with(&[&["config", "apply", "coffer.toml"], more].concat(), WITH);
    apply(&["--yes"]).fails_with(&["--secrets-to FILE or --print-secrets", "nothing was changed"]);
    assert_eq!(plan(&place, "coffer.toml").code, Some(2));
    let nowhere = apply(&["--yes", "--secrets-to", "nowhere/secrets.toml"]);
    assert_eq!(nowhere.code, Some(1));
    assert!(nowhere.err.contains("could not be written"), "{}", nowhere.err);
    assert_eq!(plan(&place, "coffer.toml").code, Some(2));
    let printed = apply(&["--yes", "--print-secrets"]);
    assert_eq!(printed.succeeds().matches(": cfs_").count(), 1);
}

#[test]
fn without_a_terminal_somebody_has_to_say_yes() {
    let place = place();
    let outcome = place.run_in(&["config", "apply", "coffer.toml", "--print-secrets"], WITH, "yes\n");
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.err.contains("Add --yes"), "{}", outcome.err);
    assert_eq!(plan(&place, "coffer.toml").code, Some(2), "nothing was changed");
}

#[test]
fn what_is_wrong_has_its_line_and_changes_nothing() {
    let place = place();
    plan(&place, "none.toml").fails_with(&["none.toml cannot be read"]);
    assert!(!place.path("data").exists(), "nothing is made for a file that is not there");
    place.run(&["config", "plan", "coffer.toml"]).fails_with(&[
        "coffer.toml: ",
        "line 10",
        "HUB_SECRET is not set",
    ]);
    place.write("wrong.toml", &FILE.replace("https://agent", "http://agent"));
    plan(&place, "wrong.toml").fails_with(&[
        "wrong.toml: nothing was changed; line 15",
        "callbacks",
        "https",
    ]);
    place.write("clear.toml", &FILE.replace("{ env = \"HUB_SECRET\" }", &format!("\"{SECRET}\"")));
    plan(&place, "clear.toml").fails_with(&["line 10", "a secret does not stand in this file"]);
    place.write("settings.toml", "public_url = \"https://coffer.example/\"\n");
    plan(&place, "settings.toml").fails_with(&["line 1", "--config"]);
    // 2 would say that there are changes.
    assert_eq!(place.run(&["config", "plan", "coffer.toml", "--jsn"]).code, Some(1));
    let export = place.run(&["config", "export"]);
    assert!(!export.succeeds().contains("[["), "{}", export.out);
}
