//! A machine's clock that is put forth and back while the server runs.

use coffer_core::audit::EventCode;

use crate::connect::{connected, exchange, ready};
use crate::harness::Server;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn exchanges_and_sign_ins_go_on_after_each_step() {
    let server = Server::with_provider().await;
    let (client, refresh, token) = ready(&server).await;
    connected(&server, &token, "ada", &["notes.read"]).await;
    let renewed = async |refresh: &str| {
        let answer = server.refresh(&client, refresh).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["refresh_token"].as_str().unwrap().to_owned()
    };
    let mut refresh = renewed(&refresh).await;
    for step in [-HOUR, HOUR, HOUR, -HOUR, -DAY, DAY, DAY, -DAY] {
        server.clock.advance_seconds(step);
        for _ in 0..2 {
            let answer = exchange(&server, &client, &refresh, "").await;
            assert_eq!(answer.status, 200, "{step}: {}", answer.text);
            let lives = answer.json()["expires_in"].as_i64().unwrap();
            assert!(lives <= HOUR, "{step}: the provider's token does not live longer: {lives}");
        }
        refresh = renewed(&refresh).await;
        // Whoever signs in now is signed in.
        let new = server.signed_in(&client).await;
        assert_eq!(server.refresh(&client, &new).await.status, 200, "{step}");
        assert_eq!(server.get("/readyz").await.status, 200);
    }
    assert_eq!(server.events(EventCode::TokenReuseDetected).await, 0);
    let log = server.state.admin.audit_log();
    log.seal().await.unwrap();
    assert_eq!(log.verify().await.unwrap().breaks, []);
}
