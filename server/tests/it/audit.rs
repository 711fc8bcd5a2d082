//! `coffer audit`, and that no crash loses an event or breaks the chain.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};

use crate::harness::{Place, mode, set_mode};
use crate::loaded::Prepared;

async fn sql(place: &Place, statement: &str) {
    let url = format!("sqlite:{}", place.path("data/coffer.db").display());
    let database = Database::connect(&url).await.unwrap();
    database.execute_unprepared(statement).await.unwrap();
    database.close().await.unwrap();
}

async fn count(place: &Place, code: &str) -> u64 {
    let url = format!("sqlite:{}", place.path("data/coffer.db").display());
    let database = Database::connect(&url).await.unwrap();
    let query = format!("SELECT count(*) AS n FROM audit_events WHERE code = '{code}'");
    let row =
        database.query_one_raw(Statement::from_string(DbBackend::Sqlite, query)).await.unwrap().unwrap();
    let count: i64 = row.try_get("", "n").unwrap();
    database.close().await.unwrap();
    u64::try_from(count).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_event_is_lost_and_the_chain_is_whole_after_the_process_was_killed() {
    let prepared = Prepared::new().await;
    let Some(mut server) = prepared.start() else { return };
    let application = prepared.application(&server).await;
    let mut answered = 0;
    for round in 1..=3 {
        let load = server.load(&application, 8);
        load.until(150 * round).await;
        // In the middle of it, at another moment each time.
        tokio::time::sleep(Duration::from_millis(137 * round)).await;
        server.stop("-KILL");
        answered += load.end().await;
        server = prepared.start().unwrap();
        let released = count(&prepared.place, "vault.released").await;
        assert!(released >= answered, "{released} events of {answered} answers");
        // More than were under way were not written either.
        assert!(released <= answered + 8 * round, "{released} events of {answered} answers");
    }
    assert_eq!(server.exchange(&application).await.status(), 200);
    let complaints = server.stop("-TERM");
    assert_eq!(complaints, "", "nothing to complain about");
    let verified = prepared.place.run(&["audit", "verify"]);
    let said = verified.succeeds();
    assert!(said.contains("none changed, inserted or missing"), "{said}");
    assert!(!said.contains("not sealed yet"), "all is sealed at the shutdown: {said}");
}

#[tokio::test]
async fn verifying_and_exporting_at_the_command_line() {
    let prepared = Prepared::new().await;
    let place = &prepared.place;
    let before = place.run(&["audit", "verify"]);
    assert!(before.succeeds().contains("0 events, none changed"), "{}", before.out);
    assert!(before.out.contains("7 further events are not sealed yet"), "{}", before.out);
    // Exporting seals what is there.
    place.run(&["audit", "export", "--output", "log.ndjson"]).succeeds();
    assert_eq!(mode(&place.path("log.ndjson")), 0o600);
    place.run(&["audit", "export", "--output", "log.ndjson"]).fails_with(&["log.ndjson", "exists"]);
    let file = place.read("log.ndjson");
    assert_eq!(file.lines().count(), 7);
    assert_eq!(place.run(&["audit", "export"]).succeeds(), file);
    let whole = place.run(&["audit", "verify"]);
    assert!(whole.succeeds().contains("7 events, none changed"), "{}", whole.out);

    let verified = place.run(&["audit", "verify", "--file", "log.ndjson"]);
    assert!(verified.succeeds().contains("7 lines, all genuine, positions 1 to 7"), "{}", verified.out);
    let piped = place.run_in(&["audit", "verify", "--file", "-"], &[], &file);
    assert_eq!(piped.succeeds(), verified.out);
    let fewer: Vec<_> =
        file.lines().enumerate().filter(|(index, _)| *index != 3).map(|(_, line)| line).collect();
    place.write("fewer.ndjson", &fewer.join("\n"));
    let gap = place.run(&["audit", "verify", "--file", "fewer.ndjson"]);
    assert_eq!(gap.code, Some(1));
    assert!(gap.out.contains("positions 4 to 4 are missing") && gap.out.contains("NOT"), "{}", gap.out);
    place.run(&["audit", "verify", "--file", "fewer.ndjson", "--filtered"]).succeeds();

    assert_eq!(place.run(&["audit", "export", "--to", "2020-01-31"]).succeeds(), "");
    assert_eq!(place.run(&["audit", "export", "--from", "2020-01-31T12:00:00Z"]).succeeds(), file);
    assert_eq!(place.run(&["audit", "export", "--from", "yesterday"]).code, Some(2));

    sql(place, "DROP TRIGGER audit_events_kept; UPDATE audit_events SET description = '' WHERE id = 3").await;
    let broken = place.run(&["audit", "verify"]);
    assert_eq!((broken.code, broken.err.as_str()), (Some(1), ""));
    assert!(broken.out.contains("position 3: event 3 or its link was changed"), "{}", broken.out);
    assert!(broken.out.contains("NOT as Coffer wrote it"), "{}", broken.out);
    place.run(&["audit", "verify", "--file", "log.ndjson"]).succeeds();
}

#[tokio::test]
async fn without_the_key_nothing_is_verified() {
    let prepared = Prepared::new().await;
    let place = &prepared.place;
    place.run(&["audit", "export", "--output", "log.ndjson"]).succeeds();
    let other = Place::with_sealed_file();
    std::fs::copy(other.path("data/coffer.key"), place.path("data/coffer.key")).unwrap();
    set_mode(&place.path("data/coffer.key"), 0o600);
    place.run(&["audit", "verify"]).fails_with(&["key of the audit chain"]);
}

/// Old events go while it serves, and those of a database from before there was a chain are sealed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_events_are_deleted_in_the_background() {
    let prepared = Prepared::new().await;
    let old = "DROP TRIGGER audit_events_kept; UPDATE audit_events SET at = 1600000000000 + id";
    sql(&prepared.place, old).await;
    // Sealed by the server itself, then old enough at the next start.
    let Some(server) = prepared.start() else { return };
    let sealed = async {
        while prepared.place.run(&["audit", "verify"]).out.contains("not sealed yet") {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), sealed).await.unwrap();
    assert_eq!(server.stop("-TERM"), "");
    let server = prepared.start_with(&[("COFFER_AUDIT__KEEP_DAYS", "400")]).unwrap();
    let gone = async {
        while count(&prepared.place, "application.created").await > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.unwrap();
    assert_eq!(server.stop("-TERM"), "");
    let verified = prepared.place.run(&["audit", "verify"]);
    assert!(verified.succeeds().contains("up to position 7 were deleted for their age"), "{}", verified.out);
}
