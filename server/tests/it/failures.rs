//! What happens to the machine while a server runs: each is answered clearly, and passes without a restart.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::Response;
use sea_orm::{ConnectionTrait as _, Database};

use crate::loaded::{Application, Prepared, Running};

/// 503, with when to try again, and no word about what is inside.
async fn turned_away(answer: Response) {
    let status = answer.status();
    let retry = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let text = answer.text().await.unwrap();
    assert_eq!((status.as_u16(), retry.as_deref()), (503, Some("5")), "{text}");
    assert!(text.contains("temporarily_unavailable"), "{text}");
    for inside in ["sqlite", "SQL", "coffer.db", "disk"] {
        assert!(!text.contains(inside), "{text}");
    }
}

async fn ready(server: &Running) -> (u16, String) {
    let answer = server.get("/readyz").await;
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Waits until it serves again, without anybody's help.
async fn recovered(server: &Running, application: &Application) {
    let begun = Instant::now();
    while !server.exchange(application).await.status().is_success() || ready(server).await.0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", ready(server).await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn whole(prepared: &Prepared) {
    let begun = Instant::now();
    loop {
        let verified = prepared.place.run(&["audit", "verify"]);
        assert!(verified.succeeds().contains("none changed"), "{}", verified.out);
        if !verified.out.contains("not sealed yet") {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "the background tasks go on: {}", verified.out);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_somebody_holds_for_long() {
    let prepared = Prepared::new().await;
    let Some(server) = prepared.start() else { return };
    let application = prepared.application(&server).await;
    assert_eq!(server.exchange(&application).await.status(), 200);
    assert_eq!(ready(&server).await, (200, "ready\n".to_owned()));
    let url = format!("sqlite:{}", prepared.place.path("data/coffer.db").display());
    let holder =
        Database::connect(sea_orm::ConnectOptions::new(url).max_connections(1).to_owned()).await.unwrap();
    holder.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    turned_away(server.exchange(&application).await).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(ready(&server).await, (503, "another process holds the database\n".to_owned()));
    assert_eq!(server.get("/healthz").await.status(), 200);
    holder.execute_unprepared("ROLLBACK").await.unwrap();
    recovered(&server, &application).await;
    whole(&prepared).await;
    server.stop("-TERM");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_file_that_is_moved_away_and_back() {
    let prepared = Prepared::new().await;
    let Some(server) = prepared.start() else { return };
    let application = prepared.application(&server).await;
    let (there, away) = (prepared.place.path("data"), prepared.place.path("away"));
    std::fs::rename(&there, &away).unwrap();
    assert_eq!(ready(&server).await, (503, "the database does not answer\n".to_owned()));
    std::fs::rename(&away, &there).unwrap();
    recovered(&server, &application).await;
    whole(&prepared).await;
    server.stop("-TERM");
}

/// In a file system of its own, of a few megabytes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_and_then_not() {
    let prepared = Prepared::new().await;
    let Some(server) = prepared.start_in_small_space() else { return };
    let application = prepared.application(&server).await;
    assert_eq!(server.exchange(&application).await.status(), 200);
    // Seen from outside of its mount namespace.
    let data = prepared.place.path("data");
    let inside = PathBuf::from(format!("/proc/{}/root{}", server.child.id(), data.display()));
    let fill = inside.join("fill");
    let full = std::process::Command::new("dd")
        .args(["if=/dev/zero", "bs=4k", &format!("of={}", fill.display())])
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(!full.success(), "the space is used up");
    // Room that the write-ahead log has already is used first.
    let begun = Instant::now();
    let refused = loop {
        let answer = server.exchange(&application).await;
        if !answer.status().is_success() {
            break answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(60));
    };
    turned_away(refused).await;
    let dashboard = server.sign_in("ada@example.com").await;
    assert_eq!(dashboard.status(), 503, "attempts are counted, which takes room");
    assert!(dashboard.headers().contains_key("retry-after"));
    let text = dashboard.text().await.unwrap();
    assert!(text.contains("unavailable") && !text.contains("disk"), "{text}");
    assert_eq!(server.get("/healthz").await.status(), 200);
    std::fs::remove_file(&fill).unwrap();
    recovered(&server, &application).await;
    server.stop("-TERM");
}
