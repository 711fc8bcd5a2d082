//! A scope ceiling at a provider that narrows: the application gets a token with less, the account keeps
//! all, and the rotated refresh token is kept.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use coffer_contract::connection::{ConnectionOptions, Purpose};
use coffer_core::{
    Clock, Scopes, SystemRng, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    clock::ManualClock,
    connection::Connection,
    ids::{ClientId, ConnectionId, UserId},
    user::{Profile, User},
};
use coffer_crypto::{Context, KeyFile, Keyring, Secret};
use coffer_federation::{AuthorizationExtras, Catalogue, Federation, OutboundConfig, Upstream};
use coffer_providers::{Config, Provider, Providers, Settings};
use coffer_store::Store;
use coffer_vault::{Consented, ReleaseError, ReleaseRequest, Released, Vault};

const CALLBACK: &str = "https://coffer.example/login/callback";
const VERIFIER: &str = "a-code-verifier-that-has-at-least-43-characters";

struct World {
    providers: Providers,
    clock: ManualClock,
    store: Store,
    connection: Connection,
    user_id: UserId,
    client_id: ClientId,
    vault: Vault,
}

impl World {
    /// A user whose account at an OpenID provider may read and write notes.
    async fn new() -> Self {
        let clock = ManualClock::new(Timestamp::from_seconds(1_800_000_000));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let config = Config { clock: shared.clone(), rng: Arc::new(SystemRng), ..Config::default() };
        let providers = Providers::start(config).await.unwrap();
        let store = Store::temporary().await.unwrap();
        let keyring = Arc::new(Keyring::from(KeyFile::generate(&SystemRng)));
        let outbound = OutboundConfig {
            allow_private: vec!["127.0.0.0/8".parse().unwrap()],
            timeout: Duration::from_secs(5),
        };
        let federation =
            Arc::new(Federation::new(Catalogue::embedded().unwrap(), outbound, shared.clone()).unwrap());
        let now = clock.now();
        let connection = Connection {
            id: ConnectionId::generate(&SystemRng),
            name: "work".into(),
            strategy: "oidc".into(),
            display_name: "Work".into(),
            client_id: "coffer".into(),
            client_secret_replaced_at: Some(now),
            scopes: Scopes::parse("notes.read notes.write", false),
            purpose: Purpose::Both,
            vault_enabled: true,
            options: ConnectionOptions {
                discovery_url: Some(format!("{}/sandbox", providers.base())),
                ..ConnectionOptions::default()
            },
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let event = |code| AuditEvent::new(now, code, Actor::System, "test");
        let place = Context { table: "connections", row: connection.id.as_str(), column: "client_secret" };
        let secret = Settings::of(Provider::Sandbox).client_secret;
        let sealed = keyring.seal(&SystemRng, place, secret.as_bytes());
        store
            .connections()
            .create(&connection, Some(&sealed), event(EventCode::ConnectionCreated))
            .await
            .unwrap();
        let vault = Vault::new(
            store.clone(),
            keyring,
            federation.clone(),
            shared,
            Arc::new(SystemRng),
            CALLBACK.into(),
        );
        let user_id = UserId::from_text("oidc|work|ada");
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
        let world = Self {
            providers,
            clock,
            store,
            connection,
            user_id,
            client_id: ClientId::generate(&SystemRng),
            vault,
        };
        world.consent(&federation, &Secret::new(secret)).await;
        world
    }

    async fn consent(&self, federation: &Federation, secret: &Secret) {
        let upstream =
            Upstream { connection: &self.connection, client_secret: Some(secret), redirect_uri: CALLBACK };
        let asked = federation.scopes_for(&self.connection, &Scopes::default());
        let verifier = Secret::new(VERIFIER);
        let extras = AuthorizationExtras {
            scopes: &asked,
            login_hint: None,
            prompt: None,
            state: "s",
            nonce: "n",
            code_verifier: &verifier,
        };
        let url = federation.authorization(&upstream, extras).await.unwrap();
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let form = browser.post(url).header("content-type", "application/x-www-form-urlencoded");
        let answer = form.body("account=ada&decision=allow").send().await.unwrap();
        let back = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let now = self.clock.now();
        let signed_in = federation
            .exchange_code(&upstream, &Secret::new(code), &verifier, "n", &asked, now)
            .await
            .unwrap();
        let consented = Consented {
            user_id: &self.user_id,
            connection: &self.connection,
            provider_user_id: &signed_in.provider_user_id,
            label: None,
            tokens: signed_in.tokens,
            asked: &asked,
            obtained_at: now,
            ip: None,
        };
        self.vault.keep(consented).await.unwrap();
    }

    async fn release(&self, ceiling: Option<&str>) -> Result<Released, ReleaseError> {
        let ceiling = ceiling.map(|scopes| Scopes::parse(scopes, false));
        let request = ReleaseRequest {
            user_id: &self.user_id,
            connection: &self.connection,
            client_id: &self.client_id,
            on_behalf_of: None,
            wanted: None,
            login_hint: None,
            ceiling: ceiling.as_ref(),
            ip: None,
        };
        self.vault.release(request).await
    }

    fn refreshes(&self) -> u64 {
        let counters = self.providers.counters(Provider::Sandbox);
        assert_eq!(counters.spent_twice, 0, "no refresh token is spent twice");
        counters.refreshes
    }
}

#[tokio::test]
async fn a_token_is_narrowed_to_the_ceiling_and_the_account_keeps_all() {
    let world = World::new().await;
    let narrow = world.release(Some("openid notes.read")).await.unwrap();
    assert!(narrow.scopes.is_subset(&Scopes::parse("openid notes.read", false)), "{}", narrow.scopes);
    assert!(narrow.scopes.contains("notes.read"));
    let wide = world.release(None).await.unwrap();
    assert!(wide.scopes.contains("notes.write"), "{}", wide.scopes);
    assert_ne!(narrow.access_token.reveal(), wide.access_token.reveal());
    let set = &world.store.token_sets().of_user(&world.user_id).await.unwrap()[0];
    assert!(set.scopes.contains("notes.write"));
}

#[tokio::test]
async fn a_narrow_token_is_kept_while_it_is_fresh() {
    let world = World::new().await;
    let first = world.release(Some("openid notes.read")).await.unwrap();
    let again = world.release(Some("openid notes.read")).await.unwrap();
    assert_eq!(first.access_token.reveal(), again.access_token.reveal());
    assert_eq!(world.refreshes(), 1);
    for round in 2..4 {
        world.clock.advance_seconds(2 * 3600);
        world.release(Some("openid notes.read")).await.unwrap();
        assert_eq!(world.refreshes(), round, "each spent the token that the one before had kept");
    }
    world.release(None).await.unwrap();
    assert_eq!(world.refreshes(), 4);
}

#[tokio::test]
async fn a_ceiling_that_covers_the_account_changes_nothing() {
    let world = World::new().await;
    let all = "openid profile email offline_access notes.read notes.write";
    assert!(world.release(Some(all)).await.unwrap().scopes.contains("notes.write"));
    assert_eq!(world.refreshes(), 0);
}

#[tokio::test]
async fn a_ceiling_that_lets_nothing_through_is_refused() {
    let world = World::new().await;
    let refused = world.release(Some("calendar")).await;
    assert!(matches!(refused, Err(ReleaseError::AboveCeiling { .. })), "{refused:?}");
    assert_eq!(world.refreshes(), 0);
}
