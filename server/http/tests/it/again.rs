//! Releases that are asked for again in the same words: answered from memory, as long as the database agrees.

use coffer_core::{
    Clock as _,
    audit::{Actor, AuditEvent, EventCode},
    refresh::IDLE_SECONDS,
};
use coffer_crypto::{KeptSecret, Sealed, TokenHash};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::connect::{connected, exchange, ready};
use crate::harness::{Registered, Server};

/// What is counted in this test's thread.
struct Counted(PrometheusHandle);

impl Counted {
    fn recorder() -> (PrometheusRecorder, Self) {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        (recorder, Self(handle))
    }

    /// Releases that were answered from memory.
    fn remembered(&self) -> u64 {
        let text = self.0.render();
        let line = text.lines().find_map(|line| line.strip_prefix("coffer_releases_remembered_total "));
        line.map_or(0, |count| count.parse().unwrap())
    }
}

/// An account, and a refresh token that was never exchanged.
async fn prepared(server: &Server) -> (Registered, String) {
    let (client, _, token) = ready(server).await;
    connected(server, &token, "ada", &["notes.read"]).await;
    let refresh = server.signed_in(&client).await;
    (client, refresh)
}

fn event(server: &Server, code: EventCode) -> AuditEvent {
    AuditEvent::new(server.clock.now(), code, Actor::System, "test")
}

#[tokio::test]
async fn the_same_request_is_answered_from_memory_and_in_the_log_each_time() {
    let (recorder, counted) = Counted::recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let server = Server::with_provider().await;
    let (client, refresh) = prepared(&server).await;
    let first = exchange(&server, &client, &refresh, "").await.json();
    assert_eq!(counted.remembered(), 0);
    server.clock.advance_seconds(60);
    let second = exchange(&server, &client, &refresh, "").await;
    assert_eq!(counted.remembered(), 1);
    let (headers, second) = (second.headers.clone(), second.json());
    assert_eq!(headers["cache-control"], "no-store");
    for member in ["access_token", "scope", "token_type", "issued_token_type"] {
        assert_eq!(second[member], first[member], "{member}");
    }
    let (early, late) = (first["expires_in"].as_i64().unwrap(), second["expires_in"].as_i64().unwrap());
    assert_eq!(late, early - 60, "what is left now");
    assert_eq!(server.events(EventCode::VaultReleased).await, 2);
    let log = server.store.audit().list(&Default::default(), None, 2).await.unwrap();
    assert_eq!(log[0].description, log[1].description);
    assert_eq!((&log[0].account, &log[0].user_id), (&log[1].account, &log[1].user_id));
    assert_eq!(log[0].client_id.as_deref(), Some(client.id.as_str()));
}

#[tokio::test]
async fn nobody_else_gets_what_is_remembered() {
    let (recorder, counted) = Counted::recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let server = Server::with_provider().await;
    let (client, refresh) = prepared(&server).await;
    assert_eq!(exchange(&server, &client, &refresh, "").await.status, 200);

    let wrong = Registered { id: client.id.clone(), secret: "wrong".into() };
    assert_eq!(exchange(&server, &wrong, &refresh, "").await.refusal(), (401, "invalid_client".into()));
    let other = server.web().await;
    server.enable(&other).await;
    assert_eq!(exchange(&server, &other, &refresh, "").await.refusal(), (401, "invalid_grant".into()));
    let mixed = Registered { id: other.id.clone(), secret: client.secret.clone() };
    assert_eq!(exchange(&server, &mixed, &refresh, "").await.refusal(), (401, "invalid_client".into()));
    assert_eq!(exchange(&server, &client, &refresh, "eve").await.status, 401, "another account");
    assert_eq!(exchange(&server, &client, &format!("{refresh}x"), "").await.status, 401);
    assert_eq!(counted.remembered(), 0);
    assert_eq!(exchange(&server, &client, &refresh, "").await.status, 200);
    assert_eq!(counted.remembered(), 1);
}

#[tokio::test]
async fn what_another_node_changed_is_seen_by_the_next_exchange() {
    let server = Server::with_provider().await;
    let (mut client, refresh) = prepared(&server).await;
    // Nobody tells this process of what is written here.
    let (connections, store) = (server.store.connections(), server.store.clone());
    let good = async |client: &Registered| {
        for _ in 0..2 {
            let answer = exchange(&server, client, &refresh, "").await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
    };
    good(&client).await;

    let mut connection = connections.get(&server.connection.id).await.unwrap().unwrap();
    for on in [false, true] {
        connection.vault_enabled = on;
        let (version, changed) = (connection.version, event(&server, EventCode::ConnectionUpdated));
        connections.update(&connection, None, version, changed).await.unwrap();
        connection.version += 1;
        if on {
            good(&client).await;
        } else {
            let refused = exchange(&server, &client, &refresh, "").await;
            assert!(refused.text.contains("vault is not enabled"), "{}", refused.text);
        }
    }
    let (id, now) = (&server.connection.id, server.clock.now());
    let off = event(&server, EventCode::ConnectionDisabled);
    connections.set_enabled(id, &client.id, false, now, off).await.unwrap();
    let refused = exchange(&server, &client, &refresh, "").await;
    assert!(refused.text.contains("not enabled for this application"), "{}", refused.text);
    server.enable(&client).await;
    good(&client).await;

    let mut stored = store.clients().get(&client.id).await.unwrap().unwrap();
    let grants = std::mem::take(&mut stored.grants);
    for grants in [vec![], grants] {
        let allowed = !grants.is_empty();
        stored.grants = grants;
        let (version, changed) = (stored.version, event(&server, EventCode::ApplicationUpdated));
        store.clients().update(&stored, version, changed).await.unwrap();
        stored.version += 1;
        if allowed {
            good(&client).await;
        } else {
            let refused = exchange(&server, &client, &refresh, "").await;
            assert_eq!(refused.refusal(), (403, "unauthorized_client".into()));
        }
    }
    let sealed = Sealed::from_bytes(b"another".to_vec());
    let secret = KeptSecret { hash: TokenHash::of("another"), sealed };
    let rotated = event(&server, EventCode::ApplicationSecretRotated);
    store.clients().replace_secret(&client.id, &secret, now, rotated).await.unwrap();
    assert_eq!(exchange(&server, &client, &refresh, "").await.refusal(), (401, "invalid_client".into()));
    client.secret = "another".into();
    good(&client).await;

    let revoked = event(&server, EventCode::UserSignedOut);
    store.users().sign_out_everywhere(&server.user_id, now, revoked).await.unwrap();
    assert_eq!(exchange(&server, &client, &refresh, "").await.refusal(), (401, "invalid_grant".into()));
}

#[tokio::test]
async fn what_is_remembered_ends_with_what_it_was_made_of() {
    let server = Server::with_provider().await;
    let (client, refresh) = prepared(&server).await;
    let first = exchange(&server, &client, &refresh, "").await.json();
    assert_eq!(exchange(&server, &client, &refresh, "").await.json()["access_token"], first["access_token"]);

    // The provider's token: another one is fetched.
    server.clock.advance_seconds(first["expires_in"].as_i64().unwrap());
    let second = exchange(&server, &client, &refresh, "").await.json();
    assert_ne!(second["access_token"], first["access_token"]);
    let third = exchange(&server, &client, &refresh, "").await.json();
    assert_eq!(third["access_token"], second["access_token"]);
    assert_eq!(server.events(EventCode::VaultRefreshed).await, 1);

    // The refresh token that is exchanged: rotated, and then for lack of use.
    let successor = server.refresh(&client, &refresh).await.json();
    let successor = successor["refresh_token"].as_str().unwrap();
    assert_eq!(exchange(&server, &client, &refresh, "").await.status, 200, "within the overlap");
    assert_eq!(exchange(&server, &client, successor, "").await.status, 200);
    server.clock.advance_seconds(IDLE_SECONDS);
    let ended = exchange(&server, &client, successor, "").await;
    assert_eq!(ended.refusal(), (401, "invalid_grant".into()), "{}", ended.text);
    assert_eq!(exchange(&server, &client, &refresh, "").await.refusal(), (401, "invalid_grant".into()));
    assert_eq!(server.events(EventCode::TokenReuseDetected).await, 1, "a copy of a rotated token shows");
}
