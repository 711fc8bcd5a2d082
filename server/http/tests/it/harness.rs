//! A whole server over a database of its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_admin::Admin;
use coffer_contract::{
    Timestamp,
    application::{ApplicationType, GrantType, SigningAlgorithm},
    connection::{ConnectionOptions, Purpose},
    registration::RegistrationSettings,
};
use coffer_core::{
    Clock, Rng, Scopes, SystemRng,
    audit::{Actor, AuditEvent, EventCode},
    authorization::{CodeGrant, SignIn},
    client::Client,
    clock::ManualClock,
    connection::Connection,
    ids::{ClientId, ConnectionId, FamilyId, UserId},
    rng,
    user::{Profile, User},
};
use coffer_crypto::{Context, KeptSecret, KeyFile, Keyring, SigningKey, TokenHash};
use coffer_federation::{Catalogue, Federation, OutboundConfig};
use coffer_http::{AppState, ManagementLimiter, ManagementLimits, Manifest, Shared, router};
use coffer_oidc::{Issuer, Oidc, Parts, SigningKeys};
use coffer_providers::{Config, Provider, Providers, Settings};
use coffer_store::Store;
use coffer_vault::Vault;
use http_body_util::BodyExt as _;
use ipnet::IpNet;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

/// When the tests take place.
const START: i64 = 1_700_000_000;
pub const ISSUER: &str = "https://coffer.example/";
/// How many requests an application may send to the management API, each second and at once.
pub const MANAGEMENT_PER_SECOND: u32 = 10;
pub const MANAGEMENT_BURST: u32 = 40;
pub const CALLBACK: &str = "https://app.example/callback";
pub const VERIFIER: &str = "a-code-verifier-that-has-at-least-43-characters";

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// Status and OAuth error code.
    pub fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["error"].as_str().unwrap_or("-").to_owned())
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub struct Server {
    pub store: Store,
    pub clock: ManualClock,
    pub connection: Connection,
    pub user_id: UserId,
    pub vault: Vault,
    /// The connection's provider, where the test has one.
    pub providers: Option<Providers>,
    pub state: AppState,
    pub keys: SigningKeys,
    pub keyring: Arc<Keyring>,
    router: Router,
}

/// A client and its secret.
pub struct Registered {
    pub id: ClientId,
    pub secret: String,
}

impl Server {
    pub async fn start() -> Self {
        Self::build(None, false, vec![]).await
    }

    /// One whose proxies are in this network.
    pub async fn behind_proxy(network: &str) -> Self {
        Self::build(None, false, vec![network.parse().unwrap()]).await
    }

    /// One that may fetch documents from this machine.
    pub async fn reaching_loopback() -> Self {
        Self::build(None, true, vec![]).await
    }

    /// With a provider over HTTP behind the connection.
    pub async fn with_provider() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(START)));
        let config = Config { clock, rng: Arc::new(SystemRng), ..Config::default() };
        Self::build(Some(Providers::start(config).await.unwrap()), true, vec![]).await
    }

    async fn build(providers: Option<Providers>, loopback: bool, trusted_proxies: Vec<IpNet>) -> Self {
        // In the past: tower-sessions counts a session's end from the real time.
        let clock = ManualClock::new(Timestamp::from_seconds(START));
        let shared_clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let shared_rng: Arc<dyn Rng> = Arc::new(SystemRng);
        let store = Store::temporary().await.unwrap();
        let keyring = Arc::new(Keyring::from(KeyFile::generate(&SystemRng)));
        let allow_private = loopback.then(|| "127.0.0.0/8".parse().unwrap()).into_iter().collect();
        let config = OutboundConfig { allow_private, timeout: Duration::from_secs(2) };
        let federation =
            Arc::new(Federation::new(Catalogue::embedded().unwrap(), config, shared_clock.clone()).unwrap());
        let issuer = Issuer::new(ISSUER.parse().unwrap());
        let vault = Vault::new(
            store.clone(),
            keyring.clone(),
            federation.clone(),
            shared_clock.clone(),
            shared_rng.clone(),
            issuer.callback_url(),
        );
        let keys = SigningKeys::load(store.clone(), keyring.clone(), shared_clock.clone(), &SystemRng)
            .await
            .unwrap();
        let admin = Admin::new(
            store.clone(),
            keyring.clone(),
            shared_clock.clone(),
            shared_rng.clone(),
            federation.clone(),
            vault.clone(),
            issuer.url().clone(),
        );
        let oidc = Oidc::new(Parts {
            store: store.clone(),
            keyring: keyring.clone(),
            vault: vault.clone(),
            federation,
            clock: shared_clock.clone(),
            rng: shared_rng.clone(),
            issuer,
            keys: keys.clone(),
        });
        let limits = ManagementLimits {
            requests_per_second: MANAGEMENT_PER_SECOND.try_into().unwrap(),
            burst: MANAGEMENT_BURST.try_into().unwrap(),
        };
        let management = ManagementLimiter::new(limits, shared_clock.clone(), store.clone());
        let state = AppState::from(Shared {
            oidc,
            admin: Arc::new(admin),
            clock: shared_clock,
            rng: shared_rng,
            assets: Manifest {
                css: "a.css".into(),
                js: "a.js".into(),
                link: "parts.js".into(),
                wasm: "a.wasm".into(),
                parts: HashMap::from([("entrance".into(), vec!["part-1.wasm".into()])]),
            },
            sandbox: false,
            trusted_proxies,
            management,
        });
        let router = router(state.clone());
        let (connection, user_id) = seed(&store, &keyring, providers.as_ref(), clock.now()).await;
        Self { store, clock, connection, user_id, vault, providers, state, keys, keyring, router }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// A request with an access token, and JSON where there is a body.
    pub async fn bearer(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())));
        self.send(request.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// The time on the server's clock, in seconds.
    pub fn now(&self) -> i64 {
        self.clock.now().seconds()
    }

    /// Posts a form to the token endpoint.
    pub async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.form("/oauth/token", fields).await
    }

    /// Posts a form.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    /// A further connection to the provider of the first.
    pub async fn connection_at_provider(&self, name: &str, purpose: Purpose) -> Connection {
        let connection = Connection {
            id: ConnectionId::generate(&SystemRng),
            name: name.into(),
            display_name: name.into(),
            purpose,
            ..self.connection.clone()
        };
        add(&self.store, &self.keyring, &connection).await;
        connection
    }

    /// A further connection under this name.
    pub async fn further_connection(&self, name: &str, like: Connection) -> Connection {
        let id = ConnectionId::generate(&SystemRng);
        let connection = Connection { id, name: name.into(), display_name: name.into(), ..like };
        add(&self.store, &self.keyring, &connection).await;
        connection
    }

    /// The key that this server signs with.
    pub async fn signing_key(&self, alg: SigningAlgorithm) -> Arc<SigningKey> {
        self.keys.signing(alg, self.clock.now()).await.unwrap()
    }

    /// A client of this kind with these grants.
    pub async fn register(&self, app_type: ApplicationType, grants: &[GrantType]) -> Registered {
        let public = !app_type.confidential();
        let now = self.clock.now();
        let client = Client {
            callbacks: vec![CALLBACK.into()],
            grants: grants.to_vec(),
            id_token_alg: SigningAlgorithm::Es256,
            connect_accounts: true,
            ..Client::new(ClientId::generate(&SystemRng), "Agent", app_type, now)
        };
        let secret = rng::token(&SystemRng);
        let kept = (!public).then(|| KeptSecret::of(&self.keyring, &SystemRng, &client.id, &secret));
        let event = AuditEvent::new(now, EventCode::ApplicationCreated, Actor::System, "test");
        self.store.clients().create(&client, kept.as_ref(), event).await.unwrap();
        Registered { id: client.id, secret }
    }

    /// A client that is a regular web application but for these changes.
    pub async fn register_with(&self, change: impl FnOnce(&mut Client)) -> Registered {
        let now = self.clock.now();
        let id = ClientId::generate(&SystemRng);
        let mut client = Client::new(id, "Agent", ApplicationType::RegularWeb, now);
        client.callbacks = vec![CALLBACK.into()];
        change(&mut client);
        let secret = rng::token(&SystemRng);
        let keep = || KeptSecret::of(&self.keyring, &SystemRng, &client.id, &secret);
        let kept = client.auth_method.has_secret().then(keep);
        let event = AuditEvent::new(now, EventCode::ApplicationCreated, Actor::System, "test");
        self.store.clients().create(&client, kept.as_ref(), event).await.unwrap();
        Registered { id: client.id, secret }
    }

    /// Changes who may register applications, and what these get.
    pub async fn registrations(&self, change: impl FnOnce(&mut RegistrationSettings)) {
        let name = coffer_oidc::registration::SETTING;
        let (mut settings, version) = self.store.settings().get::<RegistrationSettings>(name).await.unwrap();
        change(&mut settings);
        let now = self.clock.now();
        let event = AuditEvent::new(now, EventCode::RegistrationChanged, Actor::System, "test");
        self.store.settings().put(name, &settings, version, now, event).await.unwrap();
    }

    /// Sends JSON, with a bearer token where there is one.
    pub async fn json(&self, method: &str, path: &str, bearer: Option<&str>, body: &Value) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path.strip_prefix(ISSUER.trim_end_matches('/')).unwrap_or(path))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Enables the connection for a client.
    pub async fn enable(&self, client: &Registered) {
        self.enable_connection(&self.connection, client).await;
    }

    /// Enables a connection for a client.
    pub async fn enable_connection(&self, connection: &Connection, client: &Registered) {
        let now = self.clock.now();
        let event = AuditEvent::new(now, EventCode::ConnectionEnabled, Actor::System, "test");
        self.store.connections().set_enabled(&connection.id, &client.id, true, now, event).await.unwrap();
    }

    /// A regular web application with every grant.
    pub async fn web(&self) -> Registered {
        self.register(ApplicationType::RegularWeb, &GrantType::ALL).await
    }

    /// A code as the hosted pages would have issued it, with the challenge of [`VERIFIER`].
    pub async fn code(&self, client: &Registered) -> String {
        let code = rng::token(&SystemRng);
        let now = self.clock.now();
        let grant = CodeGrant {
            client_id: client.id.clone(),
            redirect_uri: CALLBACK.into(),
            scopes: Scopes::parse("openid profile offline_access", false),
            nonce: Some("n-0S6".into()),
            code_challenge: Some(challenge()),
            audience: None,
            jkt: None,
            sign_in: SignIn { user_id: self.user_id.clone(), auth_time: now, session_id: "s1".into() },
            family_id: FamilyId::generate(&SystemRng),
            expires_at: now.plus_seconds(60),
        };
        self.store.codes().create(&TokenHash::of(&code), &grant).await.unwrap();
        code
    }

    /// Exchanges a code as it should be.
    pub async fn redeem(&self, client: &Registered, code: &str) -> Answer {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("client_id", client.id.as_str()),
            ("client_secret", &client.secret),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ])
        .await
    }

    /// Exchanges a refresh token.
    pub async fn refresh(&self, client: &Registered, token: &str) -> Answer {
        self.token(&[
            ("grant_type", "refresh_token"),
            ("client_id", client.id.as_str()),
            ("client_secret", &client.secret),
            ("refresh_token", token),
        ])
        .await
    }

    /// The refresh token of a new sign-in.
    pub async fn signed_in(&self, client: &Registered) -> String {
        let answer = self.redeem(client, &self.code(client).await).await;
        answer.json()["refresh_token"].as_str().unwrap().to_owned()
    }

    pub async fn userinfo(&self, token: &str) -> Answer {
        let request = Request::get("/userinfo").header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// How many audit events of this type there are.
    pub async fn events(&self, code: EventCode) -> usize {
        let filter = coffer_contract::log::LogFilter { code: code.as_str().into(), ..Default::default() };
        self.store.audit().list(&filter, None, 100).await.unwrap().len()
    }
}

/// These parameters, but for the changes. An empty value leaves a parameter out.
pub fn changed<'a>(
    mut params: Vec<(&'a str, &'a str)>,
    changes: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    for (name, value) in changes {
        params.retain(|(known, _)| known != name);
        params.push((name, value));
    }
    params.retain(|(_, value)| !value.is_empty());
    params
}

pub fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

async fn add(store: &Store, keyring: &Keyring, connection: &Connection) {
    let place = Context { table: "connections", row: connection.id.as_str(), column: "client_secret" };
    let secret = keyring.seal(&SystemRng, place, Settings::of(Provider::Sandbox).client_secret.as_bytes());
    let event = AuditEvent::new(connection.created_at, EventCode::ConnectionCreated, Actor::System, "test");
    store.connections().create(connection, Some(&secret), event).await.unwrap();
}

async fn seed(
    store: &Store,
    keyring: &Keyring,
    providers: Option<&Providers>,
    now: Timestamp,
) -> (Connection, UserId) {
    let base = providers.map_or("https://provider.example".to_owned(), |p| format!("{}/sandbox", p.base()));
    let event = |code| AuditEvent::new(now, code, Actor::System, "test");
    let connection = Connection {
        id: ConnectionId::generate(&SystemRng),
        name: "provider".into(),
        strategy: "oauth2".into(),
        display_name: "Provider".into(),
        client_id: "coffer".into(),
        client_secret_replaced_at: None,
        scopes: Scopes::default(),
        purpose: Purpose::Both,
        vault_enabled: true,
        options: ConnectionOptions {
            authorization_url: Some(format!("{base}/authorize")),
            token_url: Some(format!("{base}/token")),
            user_info_url: Some(format!("{base}/userinfo")),
            revocation_url: Some(format!("{base}/revoke")),
            ..ConnectionOptions::default()
        },
        created_at: now,
        updated_at: now,
        version: 1,
    };
    add(store, keyring, &connection).await;
    let user_id = UserId::from_text("oauth2|provider|ada");
    let user = User {
        id: user_id.clone(),
        connection_id: connection.id.clone(),
        provider_user_id: "ada".into(),
        profile: Profile { name: Some("Ada Lovelace".into()), ..Profile::default() },
        created_at: now,
        updated_at: now,
        last_sign_in_at: now,
        signed_out_at: None,
    };
    store.users().sign_in(&user, event(EventCode::UserSignedIn)).await.unwrap();
    (connection, user_id)
}
