use coffer_contract::application::{ApplicationType, Origin};
use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    ids::ClientId,
};
use coffer_crypto::TokenHash;
use coffer_store::Store;

use super::{Place, SECRET};
use crate::{Action, BlueprintError, Issued};

const HUB: &str = r#"
[[connection]]
name = "hub"
strategy = "github"
client_id = "upstream"
client_secret = { env = "HUB_SECRET" }
scopes = ["repo"]
"#;

const AGENT: &str = r#"
[[application]]
name = "Agent"
type = "regular_web"
callbacks = ["https://agent.example/callback"]
connections = [{ name = "hub" }]
"#;

async fn place() -> Place {
    Place::new().await.with_secret("HUB_SECRET", SECRET)
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "“{part}” is not in:\n{text}");
    }
}

#[tokio::test]
async fn changes_are_shown_field_by_field_and_without_secrets() {
    let place = place().await;
    let file = format!("{HUB}{AGENT}");
    let draft = place.draft(&file).await.unwrap();
    assert_eq!(place.log().await, Vec::<String>::new(), "a plan changes nothing");
    let parts = [
        "x.toml: 2 to create, 0 to change, 0 to delete.",
        "+ connection “hub”",
        "+ client_secret: (set)",
        "+ scopes: [\"repo\"]",
        "+ application “Agent”",
        "+ client_secret: (a new one is made)",
        "+ connections.hub: true",
    ];
    has(&draft.plan().text("x.toml"), &parts);
    let outcome = place.apply(&file).await;
    let [agent] = &outcome.issued[..] else { panic!("{outcome:?}") };
    assert!(agent.new && !agent.named);
    let secret = agent.secret.as_ref().unwrap().reveal();
    assert!(secret.starts_with("cfs_"));
    let stored = place.store.clients().secret_hash(&ClientId::from_text(&agent.client_id)).await.unwrap();
    assert_eq!(stored, Some(TokenHash::of(secret)));

    // The application is known by its name; the secret is the same; nothing is left to do.
    assert!(place.draft(&file).await.unwrap().plan().is_empty());
    let log = place.log().await;
    assert_eq!(log.len(), 3, "{log:?}");
    assert!(log.iter().all(|entry| entry.ends_with("(from x.toml, at the command line)")), "{log:?}");

    const ON: &str = "[{ name = \"hub\" }]";
    const LIMITED: &str = "[{ name = \"hub\", scope_ceiling = [\"repo\"] }]";
    let changed = file.replace("[\"repo\"]", "[\"user\", \"repo\"]").replace(ON, LIMITED);
    let place = place.with_secret("HUB_SECRET", "another-secret");
    let draft = place.draft(&changed).await.unwrap();
    let text = draft.plan().text("x.toml");
    let parts = [
        "~ client_secret: (changes)",
        "~ scopes: [\"repo\"] -> [\"repo\",\"user\"]",
        "~ connections.hub: true -> [\"repo\"]",
    ];
    has(&text, &parts);
    let all = format!("{text}{}{draft:?}{outcome:?}", draft.plan().json("x.toml"));
    for secret in ["pa55word", "another-secret", "cfs_"] {
        assert!(!all.contains(secret), "{all}");
    }
    let noted = changed.replace("scopes =", "metadata.team = \"blue\"\nscopes =");
    for text in [&changed, &noted, &changed, &changed.replace(LIMITED, ON), &changed.replace(LIMITED, "[]")] {
        assert!(!place.draft(text).await.unwrap().plan().is_empty());
        place.apply(text).await;
        assert!(place.draft(text).await.unwrap().plan().is_empty());
    }
}

#[tokio::test]
async fn what_changed_since_the_plan_is_not_overwritten() {
    let place = place().await;
    place.apply(HUB).await;
    let draft = place.draft(&HUB.replace("upstream", "other")).await.unwrap();
    place.apply(&HUB.replace("repo", "user")).await;
    let events = place.log().await.len();
    let error = place.desk.apply(&draft, |_| Ok(())).await.unwrap_err();
    assert!(matches!(error, BlueprintError::Moved), "{error}");
    assert_eq!(place.log().await.len(), events);
}

#[tokio::test]
async fn a_secret_that_cannot_be_put_anywhere_is_not_made() {
    let place = place().await;
    let draft = place.draft(&format!("{HUB}{AGENT}")).await.unwrap();
    assert!(draft.plan().makes_secret().unwrap().contains("Agent"));
    let full = |_: &[Issued]| Err(std::io::Error::other("disk full"));
    let error = place.desk.apply(&draft, full).await.unwrap_err();
    assert!(error.to_string().contains("disk full"), "{error}");
    assert_eq!(place.log().await, Vec::<String>::new(), "all or nothing");
}

#[tokio::test]
async fn nothing_is_deleted_but_with_prune_and_of_kinds_that_the_file_has() {
    let place = place().await;
    place.apply(&format!("{HUB}{AGENT}")).await;
    let now = Default::default();
    let mut registered = Client::new(ClientId::from_text("self"), "Registered", ApplicationType::Native, now);
    registered.origin = Origin::Registered;
    let event = AuditEvent::new(now, EventCode::ApplicationCreated, Actor::System, "test");
    place.store.clients().create(&registered, None, event).await.unwrap();

    let draft = place.draft("connection = []\n").await.unwrap();
    assert!(draft.plan().is_empty());
    assert_eq!(draft.plan().unmanaged.len(), 2, "{:?}", draft.plan().unmanaged);
    let prune = async |text: &str| place.desk.draft("x.toml", text, &place.secrets, true).await;
    let draft = prune("application = []\n").await.unwrap();
    let [step] = &draft.plan().steps[..] else { panic!("{draft:?}") };
    assert_eq!(step.action, Action::Delete);
    assert!(step.title.starts_with("application “Agent”"), "those that registered themselves stay");
    assert_eq!(draft.plan().unmanaged.len(), 1, "connections are none of its business");

    let error = prune(&format!("connection = []\n{AGENT}")).await.unwrap_err().to_string();
    has(&error, &["line 7", "--prune would delete it"]);

    let draft = prune("connection = []\napplication = []\n").await.unwrap();
    place.desk.apply(&draft, |_| Ok(())).await.unwrap();
    assert_eq!(place.store.connections().all().await.unwrap(), vec![]);
    assert!(place.store.clients().get(&registered.id).await.unwrap().is_some());
    assert!(prune("connection = []\napplication = []\n").await.unwrap().plan().is_empty());
}

#[tokio::test]
async fn a_given_client_secret_is_set_and_then_stays() {
    let place = place().await.with_secret("AGENT_SECRET", SECRET);
    let file = "[[application]]\nclient_id = \"agent\"\nclient_secret = { env = \"AGENT_SECRET\" }\n\
                name = \"Agent\"\ntype = \"regular_web\"\n";
    let outcome = place.apply(file).await;
    assert!(outcome.issued.iter().all(|one| one.named && one.secret.is_none()));
    assert!(place.draft(file).await.unwrap().plan().is_empty());
    let other = SECRET.replace('a', "b");
    let place = place.with_secret("AGENT_SECRET", &other);
    place.apply(file).await;
    let stored = place.store.clients().secret_hash(&ClientId::from_text("agent")).await.unwrap();
    assert_eq!(stored, Some(TokenHash::of(&other)));
    assert_eq!(place.log().await.len(), 2);
    assert!(place.log().await[1].starts_with("application.secret_rotated"));
}

/// The server has the same file open: it sees all of it at once, and what it writes meanwhile waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_beside_it_sees_everything_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("coffer.db").display());
    let (server, command) = (Store::connect(&url, 1).await.unwrap(), Store::connect(&url, 1).await.unwrap());
    server.migrate().await.unwrap();
    let place = Place::over(command).with_secret("HUB_SECRET", SECRET);
    let draft = place.draft(&format!("{HUB}{AGENT}")).await.unwrap();
    let mut writing = None;
    let (looked, wait) = std::sync::mpsc::channel();
    let place_secrets = |_: &[Issued]| {
        let server = server.clone();
        let event = AuditEvent::new(Default::default(), EventCode::UserSignedIn, Actor::System, "meanwhile");
        // Everything is written by now, and nothing of it counts.
        writing = Some(tokio::spawn(async move {
            let before = server.connections().by_name("hub").await.unwrap().is_some();
            looked.send(()).unwrap();
            server.audit().append(&[event]).await.unwrap();
            (before, server.connections().by_name("hub").await.unwrap().is_some())
        }));
        wait.recv().unwrap();
        Ok(())
    };
    place.desk.apply(&draft, place_secrets).await.unwrap();
    let (before, after) = writing.unwrap().await.unwrap();
    assert!(!before && after, "its own change came after, and sees everything");
    let hub = server.connections().by_name("hub").await.unwrap().unwrap();
    let agent = server.clients().list("Agent", None, 2).await.unwrap().items.remove(0).0;
    assert!(server.connections().is_enabled(&hub.id, &agent.id).await.unwrap());
    assert_eq!(place.log().await.len(), 4);
}
