use coffer_contract::connection::ConnectionOptions;

use super::{Place, SECRET};
use crate::{References, model::Application};

const GUIDE: &str = include_str!("../../../../docs/configuration-as-code.md");

#[tokio::test]
async fn the_guides_example_applies_and_then_changes_nothing() {
    let example = GUIDE.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let mut place = Place::new().await;
    let names =
        ["GOOGLE", "ACME", "TRAVEL_AGENT", "CALENDAR_SERVER"].map(|name| format!("{name}_CLIENT_SECRET"));
    for name in names.iter().map(String::as_str).chain(["/run/secrets/billing"]) {
        place = place.with_secret(name, &format!("{SECRET}-{name}"));
    }
    let outcome = place.apply(example).await;
    assert!(outcome.issued.iter().all(|one| one.secret.is_none()), "the guide shows no secret being made");
    let draft = place.draft(example).await.unwrap();
    assert!(draft.plan().is_empty(), "{}", draft.plan().text("x.toml"));
    assert_eq!(draft.plan().unmanaged, vec![]);
    let export = place.desk.export(References::Written).await.unwrap();
    assert!(export.contains("travel-agent"), "{export}");
}

#[test]
fn the_guide_names_every_setting() {
    let blank = "name = \"\"\ntype = \"native\"\n";
    let application: Application = toml::from_str(blank).unwrap();
    for settings in [
        serde_json::to_value(application).unwrap(),
        serde_json::to_value(ConnectionOptions::default()).unwrap(),
    ] {
        for name in settings.as_object().unwrap().keys() {
            assert!(GUIDE.contains(name.as_str()), "{name}");
        }
    }
}
