//! Downloading the audit log from the Logs page.

use coffer_core::{
    Clock as _,
    audit::{Actor, AuditEvent, EventCode},
};

use crate::attacks::set_up;
use crate::browser::Browser;
use crate::harness::Server;

async fn server() -> (Server, Browser) {
    let (server, mut browser) = (Server::start().await, Browser::default());
    set_up(&server, &mut browser).await;
    let event = |connection: &str, text: &str| {
        AuditEvent::new(server.clock.now(), EventCode::VaultReleased, Actor::System, text)
            .connection(connection)
    };
    let mut events: Vec<_> = (0..1100).map(|n| event("acme", &format!("number {n}"))).collect();
    events.push(event("=HYPERLINK(\"https://evil.example\")", "@evil"));
    server.store.audit().append(&events).await.unwrap();
    (server, browser)
}

#[tokio::test]
async fn the_whole_log_is_downloaded_and_can_be_verified() {
    let (server, mut browser) = server().await;
    let answer = browser.get(&server, "/console/logs/export?format=ndjson").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"coffer-logs.ndjson\"");
    assert_eq!(answer.header("cache-control"), "no-store");
    let all = usize::try_from(server.store.audit().newest().await.unwrap()).unwrap();
    assert_eq!(answer.text.lines().count(), all);
    let log = server.state.admin.audit_log();
    let report = log.verify_file(answer.text.as_bytes(), false).await.unwrap();
    assert_eq!((report.good, report.complaints), (all as u64, vec![]), "every event of it is sealed");
}

#[tokio::test]
async fn filters_are_respected() {
    let (server, mut browser) = server().await;
    let address = "/console/logs/export?format=ndjson&code=vault&outcome=success&connection=acme&before=5";
    let answer = browser.get(&server, address).await;
    assert_eq!(answer.text.lines().count(), 1100, "all of them, and not one page alone");
    let report = server.state.admin.audit_log().verify_file(answer.text.as_bytes(), true).await.unwrap();
    assert_eq!((report.good, report.complaints), (1100, vec![]));
    let none = browser.get(&server, "/console/logs/export?format=ndjson&connection=nowhere").await;
    assert_eq!((none.status.as_u16(), none.text.as_str()), (200, ""));
    assert_eq!(browser.get(&server, "/console/logs/export?format=xml").await.status, 400);
}

#[tokio::test]
async fn a_spreadsheet_calculates_nothing() {
    let (server, mut browser) = server().await;
    let answer = browser.get(&server, "/console/logs/export?format=csv&code=vault.released").await;
    assert!(answer.header("content-type").starts_with("text/csv"));
    assert_eq!(answer.text.lines().count(), 1102);
    assert!(answer.text.starts_with("position,id,time,code,"));
    let evil = answer.text.lines().last().unwrap();
    assert!(evil.contains(",\"'=HYPERLINK(\"\"https://evil.example\"\")\","), "{evil}");
    assert!(evil.contains(",\"'@evil\","), "{evil}");
}

#[tokio::test]
async fn nobody_else_gets_it() {
    let (server, _) = server().await;
    let answer = server.get("/console/logs/export?format=csv").await;
    assert!(answer.status.is_redirection());
    let back = "/console/sign-in?return_to=%2Fconsole%2Flogs%2Fexport%3Fformat%3Dcsv";
    assert_eq!(answer.header("location"), back);
    assert!(!answer.text.contains("number"));
}
