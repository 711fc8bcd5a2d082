use super::{Place, SECRET, provider};

/// The file is refused with one problem: on this line, about this field, saying this.
async fn refused(text: &str, line: usize, field: &str, part: &str) {
    let place = Place::new().await.with_secret("GOOD", SECRET);
    let problems = place.problems(text).await;
    let [problem] = &problems[..] else { panic!("{text}: {problems:?}") };
    assert_eq!((problem.line, problem.field.as_str()), (Some(line), field), "{text}: {problem}");
    assert!(problem.message.contains(part), "{text}: {problem}");
    assert!(!problem.to_string().contains("pa55word"), "{problem}");
    assert_eq!(place.log().await, Vec::<String>::new(), "nothing is left of the rehearsal");
}

fn hub(more: &str) -> String {
    format!("[[connection]]\nname = \"hub\"\nstrategy = \"github\"\nclient_id = \"x\"\n{more}")
}

fn app(more: &str) -> String {
    format!("[[application]]\nname = \"A\"\ntype = \"regular_web\"\n{more}")
}

const GOOD: &str = "client_secret = { env = \"GOOD\" }\n";

#[tokio::test]
async fn what_is_wrong_with_a_connection_has_its_line() {
    refused(&hub(""), 1, "client_secret", "Here: client_secret = { env").await;
    refused(&hub("client_secret = { env = \"BAD\" }\n"), 5, "client_secret", "variable BAD is not set").await;
    refused(&hub("client_secret = { file = \"/nowhere\" }\n"), 5, "client_secret", "/nowhere").await;
    refused(&hub(&format!("{GOOD}scopes = [\"a b\"]\n")), 6, "scopes", "is not a scope").await;
    let tenant = hub(&format!("{GOOD}[connection.options]\ntenant = \"x\"\n"));
    refused(&tenant, 7, "options.tenant", "no such setting").await;
    refused(&hub(GOOD).replace("github", "gitbub"), 3, "strategy", "there is github, gitlab").await;
    refused(&hub(GOOD).replace("github", "x"), 3, "strategy", "such as github").await;
    refused(&hub(GOOD).replace("\"hub\"", "\"-\""), 2, "name", "letters").await;
    refused(&hub(GOOD).repeat(2), 7, "name", "another [[connection]]").await;
    let dead = hub(&format!("{GOOD}options = {{ discovery_url = \"http://127.0.0.1:1\" }}\n"));
    refused(&dead.replace("github", "oidc"), 6, "options.discovery_url", "").await;
}

#[tokio::test]
async fn what_is_wrong_with_an_application_has_its_line() {
    refused(&app("callbacks = [\"http://a.example/\"]\n"), 4, "callbacks", "https").await;
    refused(&app("client_id = \"a b\"\n"), 4, "client_id", "letters").await;
    let unknown = app("connections = [\n  { name = \"none\" },\n]\n");
    refused(&unknown, 5, "connections.name", "no connection “none”").await;
    let unknown = app("apis = [\n  { identifier = \"urn:x\", subject = \"client\" },\n]\n");
    refused(&unknown, 5, "apis.identifier", "[[api]]").await;
    refused(&app("resource_server = \"urn:x\"\n"), 4, "resource_server", "urn:x").await;
    refused(&app("").repeat(2), 5, "name", "client_id").await;
    let grant = app("apis = [{ identifier = \"urn:x\", subject = \"user\", scopes = [\"a\"] }]\n");
    let scope = format!("[[api]]\nidentifier = \"urn:x\"\nname = \"X\"\n{grant}");
    refused(&scope, 7, "apis.scopes", "no scope “a”").await;

    let place = Place::new().await.with_secret("WEAK", "pa55word");
    let problems = place.problems(&app("client_secret = { env = \"WEAK\" }\n")).await;
    assert_eq!((problems[0].line, problems[0].field.as_str()), (Some(4), "client_secret"));
    assert!(!format!("{problems:?}").contains("pa55word"));
}

#[tokio::test]
async fn everything_wrong_is_said_at_once_and_in_order() {
    let place = Place::new().await;
    let api = "[[api]]\nidentifier = \"two words\"\nname = \"X\"\ntoken_seconds = 1\n";
    let problems = place.problems(&format!("{}{api}", hub(""))).await;
    let lines: Vec<_> = problems.iter().map(|problem| (problem.line, problem.field.as_str())).collect();
    assert_eq!(lines, [(Some(1), "client_secret"), (Some(6), "identifier"), (Some(8), "token_seconds")]);
}

#[tokio::test]
async fn what_cannot_change_is_said() {
    let place = Place::new().await.with_secret("GOOD", SECRET);
    place.apply(&hub(GOOD)).await;
    let problems = place.problems(&hub(GOOD).replace("github", "slack")).await;
    assert_eq!((problems[0].line, problems[0].field.as_str()), (Some(3), "strategy"));
    place.apply(&app("").replace("regular_web", "native")).await;
    let problems = place.problems(&app("").replace("regular_web", "single_page")).await;
    assert_eq!((problems[0].line, problems[0].field.as_str()), (Some(3), "type"));
}

#[tokio::test]
async fn a_secret_is_asked_for_again_before_it_goes_elsewhere() {
    let (one, other) = (provider().await, provider().await);
    let file = |issuer: &str| {
        let text = hub(&format!("{GOOD}options = {{ discovery_url = \"{issuer}\" }}\n"));
        text.replace("github", "oidc")
    };
    let place = Place::new().await.with_secret("GOOD", SECRET);
    place.apply(&file(&one)).await;
    let problems = place.problems(&file(&other).replace(GOOD, "")).await;
    assert_eq!(problems[0].field, "client_secret", "{problems:?}");
    place.apply(&file(&other)).await;
    assert!(place.draft(&file(&other)).await.unwrap().plan().is_empty());
}
