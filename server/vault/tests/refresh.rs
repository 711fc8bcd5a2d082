//! The fenced refresh against a provider over HTTP that rotates single-use refresh tokens and kills
//! the chain when one is spent twice.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};
use std::time::Duration;

use axum::{Form, Json, Router, extract::State, http::StatusCode, routing::post};
use coffer_contract::connection::{ConnectionOptions, Purpose};
use coffer_core::{
    Scopes, SystemRng, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    clock::{Clock, ManualClock},
    connection::Connection,
    ids::{ClientId, ConnectionId, UserId},
    user::{Profile, User},
};
use coffer_crypto::{Context, KeyFile, Keyring, Secret};
use coffer_federation::{Catalogue, Federation, OutboundConfig, ProviderTokens};
use coffer_store::Store;
use coffer_vault::{Consented, ReleaseError, ReleaseRequest, Released, Vault};
use serde_json::{Value, json};

/// A provider that keeps count.
#[derive(Default)]
struct Provider {
    current: Mutex<Option<String>>,
    refreshes: AtomicUsize,
    down: AtomicBool,
    revoked: AtomicBool,
    slow: AtomicBool,
}

async fn token(
    State(provider): State<Arc<Provider>>,
    Form(form): Form<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    if provider.slow.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    if provider.down.load(Ordering::SeqCst) {
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({})));
    }
    let refused = (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })));
    let mut current = provider.current.lock().unwrap();
    if provider.revoked.load(Ordering::SeqCst)
        || current.is_none()
        || form.get("refresh_token") != current.as_ref()
    {
        *current = None;
        return refused;
    }
    let number = provider.refreshes.fetch_add(1, Ordering::SeqCst) + 1;
    *current = Some(format!("refresh-{number}"));
    let body = json!({
        "access_token": format!("access-{number}"),
        "refresh_token": format!("refresh-{number}"),
        "token_type": "Bearer",
        "expires_in": 3600,
    });
    (StatusCode::OK, Json(body))
}

struct Fixture {
    provider: Arc<Provider>,
    clock: ManualClock,
    store: Store,
    keyring: Arc<Keyring>,
    connection: Connection,
    user_id: UserId,
    client_id: ClientId,
    vault: Vault,
}

impl Fixture {
    /// A user with a stored token set that ends in an hour.
    async fn new() -> Self {
        let provider =
            Arc::new(Provider { current: Mutex::new(Some("refresh-0".into())), ..Provider::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/token", post(token)).with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });

        let clock = ManualClock::new(Timestamp::from_seconds(1_800_000_000));
        let store = Store::temporary().await.unwrap();
        let keyring = Arc::new(Keyring::from(KeyFile::generate(&SystemRng)));
        let now = clock.now();
        let url = |path: &str| Some(format!("http://{address}/{path}"));
        let connection = Connection {
            id: ConnectionId::generate(&SystemRng),
            name: "provider".into(),
            strategy: "oauth2".into(),
            display_name: "Provider".into(),
            client_id: "coffer".into(),
            client_secret_replaced_at: Some(now),
            scopes: Scopes::parse("calendar", false),
            purpose: Purpose::Both,
            vault_enabled: true,
            options: ConnectionOptions {
                authorization_url: url("authorize"),
                token_url: url("token"),
                user_info_url: url("me"),
                ..ConnectionOptions::default()
            },
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let event = |code| AuditEvent::new(now, code, Actor::System, "test");
        let place = Context { table: "connections", row: connection.id.as_str(), column: "client_secret" };
        let secret = keyring.seal(&SystemRng, place, b"provider-secret");
        store
            .connections()
            .create(&connection, Some(&secret), event(EventCode::ConnectionCreated))
            .await
            .unwrap();
        let user_id = UserId::from_text("oauth2|provider|ada");
        let user = User {
            id: user_id.clone(),
            connection_id: connection.id.clone(),
            provider_user_id: "ada".into(),
            profile: Profile::default(),
            created_at: now,
            updated_at: now,
            last_sign_in_at: now,
            signed_out_at: None,
        };
        store.users().sign_in(&user, event(EventCode::UserSignedIn)).await.unwrap();
        let vault = vault_over(&store, &keyring, &clock);
        let fixture = Self {
            provider,
            clock,
            store,
            keyring,
            connection,
            user_id,
            client_id: ClientId::generate(&SystemRng),
            vault,
        };
        fixture.consent("access-0", "refresh-0").await;
        fixture
    }

    async fn consent(&self, access: &str, refresh: &str) {
        let consented = Consented {
            user_id: &self.user_id,
            connection: &self.connection,
            provider_user_id: "ada",
            label: Some("ada@provider.example"),
            tokens: ProviderTokens {
                access_token: Secret::new(access),
                refresh_token: Some(Secret::new(refresh)),
                scopes: None,
                expires_in: Some(3600),
                refresh_expires_in: None,
            },
            asked: &self.connection.scopes,
            obtained_at: self.clock.now(),
            ip: None,
        };
        self.vault.keep(consented).await.unwrap();
    }

    async fn release_from(&self, vault: &Vault) -> Result<Released, ReleaseError> {
        let request = ReleaseRequest {
            user_id: &self.user_id,
            connection: &self.connection,
            client_id: &self.client_id,
            on_behalf_of: None,
            wanted: None,
            login_hint: None,
            ceiling: None,
            ip: None,
        };
        vault.release(request).await
    }

    async fn release(&self) -> Result<Released, ReleaseError> {
        self.release_from(&self.vault).await
    }

    fn refreshes(&self) -> usize {
        self.provider.refreshes.load(Ordering::SeqCst)
    }
}

/// Another process on the same database.
fn vault_over(store: &Store, keyring: &Arc<Keyring>, clock: &ManualClock) -> Vault {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let config = OutboundConfig {
        allow_private: vec!["127.0.0.0/8".parse().unwrap()],
        timeout: Duration::from_secs(10),
    };
    let federation =
        Arc::new(Federation::new(Catalogue::embedded().unwrap(), config, clock.clone()).unwrap());
    let callback = "https://coffer.example/login/callback".to_owned();
    Vault::new(store.clone(), keyring.clone(), federation, clock, Arc::new(SystemRng), callback)
}

fn token_of(released: &Result<Released, ReleaseError>) -> &str {
    released.as_ref().map(|r| r.access_token.reveal()).unwrap_or("-")
}

#[tokio::test]
async fn a_fresh_token_is_released_without_asking_the_provider() {
    let fixture = Fixture::new().await;
    let released = fixture.release().await.unwrap();
    assert_eq!(released.access_token.reveal(), "access-0");
    assert_eq!(released.expires_in, Some(3600));
    assert_eq!(released.scopes.to_string(), "calendar");
    assert_eq!(fixture.refreshes(), 0);
}

#[tokio::test]
async fn every_expiry_spends_the_rotated_token_once() {
    let fixture = Fixture::new().await;
    for round in 1..=3 {
        fixture.clock.advance_seconds(3600);
        assert_eq!(token_of(&fixture.release().await), format!("access-{round}"));
        assert_eq!(token_of(&fixture.release().await), format!("access-{round}"));
        assert_eq!(fixture.refreshes(), round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_and_two_hundred_callers_refresh_once() {
    let fixture = Arc::new(Fixture::new().await);
    let other = vault_over(&fixture.store, &fixture.keyring, &fixture.clock);
    fixture.provider.slow.store(true, Ordering::SeqCst);
    fixture.clock.advance_seconds(3600);
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..200 {
        let (fixture, other) = (fixture.clone(), other.clone());
        callers.spawn(async move {
            let vault = if number % 2 == 0 { &fixture.vault } else { &other };
            fixture.release_from(vault).await.map(|released| released.access_token.reveal().to_owned())
        });
    }
    while let Some(outcome) = callers.join_next().await {
        assert_eq!(outcome.unwrap().unwrap(), "access-1");
    }
    assert_eq!(fixture.refreshes(), 1);
}

#[tokio::test]
async fn a_revoked_account_is_marked_and_a_new_consent_mends_it() {
    let fixture = Fixture::new().await;
    fixture.clock.advance_seconds(3600);
    fixture.provider.revoked.store(true, Ordering::SeqCst);
    assert!(matches!(fixture.release().await, Err(ReleaseError::Revoked(_))));
    fixture.provider.revoked.store(false, Ordering::SeqCst);
    assert!(matches!(fixture.release().await, Err(ReleaseError::Revoked(_))), "the mark stays");
    *fixture.provider.current.lock().unwrap() = Some("refresh-new".into());
    fixture.consent("access-new", "refresh-new").await;
    assert_eq!(token_of(&fixture.release().await), "access-new");
}

#[tokio::test]
async fn a_provider_that_is_down_loses_nothing() {
    let fixture = Fixture::new().await;
    fixture.clock.advance_seconds(3600);
    fixture.provider.down.store(true, Ordering::SeqCst);
    let Err(ReleaseError::Unavailable { retry_after, .. }) = fixture.release().await else {
        panic!("released")
    };
    assert_eq!(retry_after, 1);
    fixture.provider.down.store(false, Ordering::SeqCst);
    assert!(matches!(fixture.release().await, Err(ReleaseError::Unavailable { .. })), "it waits its turn");
    fixture.clock.advance_seconds(1);
    assert_eq!(token_of(&fixture.release().await), "access-1");
}

#[tokio::test]
async fn a_token_that_still_lives_is_released_while_the_provider_is_down() {
    let fixture = Fixture::new().await;
    fixture.clock.advance_seconds(3570);
    fixture.provider.down.store(true, Ordering::SeqCst);
    let released = fixture.release().await.unwrap();
    assert_eq!((released.access_token.reveal(), released.expires_in), ("access-0", Some(30)));
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_lose_the_rotated_token() {
    let fixture = Fixture::new().await;
    fixture.clock.advance_seconds(3600);
    fixture.provider.slow.store(true, Ordering::SeqCst);
    let cut = tokio::time::timeout(Duration::from_millis(100), fixture.release()).await;
    assert!(cut.is_err(), "the caller gave up first");
    fixture.vault.drain().await;
    assert_eq!(fixture.refreshes(), 1);
    let later = vault_over(&fixture.store, &fixture.keyring, &fixture.clock);
    assert_eq!(token_of(&fixture.release_from(&later).await), "access-1");
    assert_eq!(fixture.refreshes(), 1);
}

#[tokio::test]
async fn a_consent_during_a_refresh_wins() {
    let fixture = Arc::new(Fixture::new().await);
    fixture.clock.advance_seconds(3600);
    fixture.provider.slow.store(true, Ordering::SeqCst);
    let slow = tokio::spawn({
        let fixture = fixture.clone();
        async move { fixture.release().await.map(|released| released.access_token.reveal().to_owned()) }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    fixture.consent("access-new", "refresh-new").await;
    assert_eq!(slow.await.unwrap().unwrap(), "access-new");
}

#[tokio::test]
async fn users_without_an_account_get_none() {
    let fixture = Fixture::new().await;
    let request = ReleaseRequest {
        user_id: &fixture.user_id,
        connection: &fixture.connection,
        client_id: &fixture.client_id,
        ceiling: None,
        on_behalf_of: None,
        wanted: None,
        login_hint: Some("somebody else"),
        ip: None,
    };
    assert!(matches!(fixture.vault.release(request).await, Err(ReleaseError::NoAccount)));
}
