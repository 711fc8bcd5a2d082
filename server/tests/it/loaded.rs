//! A running server in which an application exchanges its user's refresh token for a provider's access token.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use coffer_contract::{
    Timestamp,
    application::{ApplicationType, GrantType},
    connection::{ConnectionOptions, Purpose},
};
use coffer_core::{
    Clock, Scopes, SystemClock, SystemRng,
    audit::{Actor, AuditEvent, EventCode},
    authorization::{CodeGrant, SignIn},
    client::Client,
    connection::Connection,
    ids::{ClientId, ConnectionId, FamilyId, UserId},
    rng,
    user::{Profile, User},
};
use coffer_crypto::{KeptSecret, KeyFile, Keyring, Secret, TokenHash};
use coffer_federation::{Catalogue, Federation, OutboundConfig, ProviderTokens};
use coffer_store::Store;
use coffer_vault::{Consented, Vault};
use reqwest::{
    Response,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue, ORIGIN},
};

use crate::harness::{self, Place, free_port};

const CALLBACK: &str = "https://app.example/callback";
/// What the vault holds.
pub const PROVIDERS_TOKEN: &str = "the-providers-access-token";

/// Database and key file with one user, whose account's token is good for a year.
pub struct Prepared {
    pub place: Place,
    client_id: String,
    secret: String,
    code: String,
}

/// A server that runs on them.
pub struct Running {
    pub child: Child,
    pub url: String,
    complaints: JoinHandle<String>,
}

/// What an application needs.
#[derive(Clone)]
pub struct Application {
    client_id: String,
    pub secret: String,
    pub refresh: String,
}

impl Prepared {
    pub async fn new() -> Self {
        let place = Place::with_sealed_file();
        let store =
            Store::connect(&format!("sqlite:{}", place.path("data/coffer.db").display()), 2).await.unwrap();
        let keyring = Arc::new(Keyring::from(KeyFile::parse(&place.read("data/coffer.key")).unwrap()));
        let now = SystemClock.now();
        let event = |code| AuditEvent::new(now, code, Actor::System, "test");
        let connection = connection("https://provider.example", now);
        store.connections().create(&connection, None, event(EventCode::ConnectionCreated)).await.unwrap();
        let client = Client {
            callbacks: vec![CALLBACK.into()],
            grants: GrantType::ALL.to_vec(),
            ..Client::new(ClientId::generate(&SystemRng), "Agent", ApplicationType::RegularWeb, now)
        };
        let (secret, code) = (rng::token(&SystemRng), rng::token(&SystemRng));
        let kept = KeptSecret::of(&keyring, &SystemRng, &client.id, &secret);
        store.clients().create(&client, Some(&kept), event(EventCode::ApplicationCreated)).await.unwrap();
        let on = event(EventCode::ConnectionEnabled);
        store.connections().set_enabled(&connection.id, &client.id, true, now, on).await.unwrap();
        let user = user(&connection, "ada", now);
        store.users().sign_in(&user, event(EventCode::UserSignedIn)).await.unwrap();
        let consent = Scopes::parse("vault:provider offline_access", false);
        let agreed = event(EventCode::UserConsented);
        store.consents().grant(&user.id, &client.id, &consent, now, agreed).await.unwrap();
        keep(&store, &keyring, &connection, &user.id).await;
        let grant = CodeGrant {
            client_id: client.id.clone(),
            redirect_uri: CALLBACK.into(),
            scopes: Scopes::parse("openid offline_access", false),
            nonce: None,
            code_challenge: None,
            audience: None,
            jkt: None,
            sign_in: SignIn { user_id: user.id, auth_time: now, session_id: "s1".into() },
            family_id: FamilyId::generate(&SystemRng),
            expires_at: now.plus_seconds(600),
        };
        store.codes().create(&TokenHash::of(&code), &grant).await.unwrap();
        Self { place, client_id: client.id.to_string(), secret, code }
    }

    /// Starts a server; `None` where this build has no browser bundle, which it says.
    pub fn start(&self) -> Option<Running> {
        self.start_with(&[])
    }

    pub fn start_with(&self, environment: &[(&str, &str)]) -> Option<Running> {
        self.launch(self.place.command(&["serve"]), environment)
    }

    /// With its data in a file system of its own, of six megabytes.
    pub fn start_in_small_space(&self) -> Option<Running> {
        let inside = "cp -a data small && mount -t tmpfs -o size=6m tmpfs data && cp -a small/. data/ && \
                      exec \"$0\" serve";
        let server = self.place.command(&["serve"]);
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", inside]).arg(server.get_program());
        command.current_dir(self.place.path(".")).env_clear();
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("COFFER_LOG__FILTER", "warn");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.launch(command, &[])
    }

    fn launch(&self, mut command: Command, environment: &[(&str, &str)]) -> Option<Running> {
        let port = free_port();
        command.env("COFFER_LISTEN", format!("127.0.0.1:{port}")).envs(environment.iter().copied());
        command.env("COFFER_PUBLIC_URL", format!("http://localhost:{port}/"));
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let errors = child.stderr.take().unwrap();
        let complaints = std::thread::spawn(move || read(errors));
        if lines.by_ref().map_while(Result::ok).any(|line| line.contains("/console/setup?token=")) {
            std::thread::spawn(move || lines.for_each(drop));
            return Some(Running { child, url: format!("http://127.0.0.1:{port}"), complaints });
        }
        assert_eq!(child.wait().unwrap().code(), Some(1));
        let complaint = complaints.join().unwrap();
        assert!(complaint.contains("browser bundle"), "{complaint}");
        None
    }

    /// The application, signed in.
    pub async fn application(&self, server: &Running) -> Application {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.client_id),
            ("client_secret", &self.secret),
            ("code", &self.code),
            ("redirect_uri", CALLBACK),
        ];
        let answer = server.post("/oauth/token", &fields).await.unwrap();
        let text = answer.text().await.unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let refresh = json["refresh_token"].as_str().unwrap_or_else(|| panic!("{text}")).to_owned();
        Application { client_id: self.client_id.clone(), secret: self.secret.clone(), refresh }
    }
}

fn read(mut errors: ChildStderr) -> String {
    let mut text = String::new();
    let _ = errors.read_to_string(&mut text);
    text
}

/// A connection named `provider` to the provider at `base`.
pub fn connection(base: &str, now: Timestamp) -> Connection {
    let url = |path: &str| Some(format!("{base}/{path}"));
    Connection {
        id: ConnectionId::generate(&SystemRng),
        name: "provider".into(),
        strategy: "oauth2".into(),
        display_name: "Provider".into(),
        client_id: "coffer".into(),
        client_secret_replaced_at: None,
        scopes: Scopes::parse("notes", false),
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
    }
}

/// Who has this account there.
pub fn user(connection: &Connection, account: &str, now: Timestamp) -> User {
    User {
        id: UserId::from_text(format!("oauth2|{}|{account}", connection.name)),
        connection_id: connection.id.clone(),
        provider_user_id: account.into(),
        profile: Profile::default(),
        created_at: now,
        updated_at: now,
        last_sign_in_at: now,
        signed_out_at: None,
    }
}

async fn keep(store: &Store, keyring: &Arc<Keyring>, connection: &Connection, user: &UserId) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let config = OutboundConfig { allow_private: vec![], timeout: Duration::from_secs(2) };
    let federation =
        Arc::new(Federation::new(Catalogue::embedded().unwrap(), config, clock.clone()).unwrap());
    let callback = "http://localhost/login/callback".to_owned();
    let vault =
        Vault::new(store.clone(), keyring.clone(), federation, clock.clone(), Arc::new(SystemRng), callback);
    let consented = Consented {
        user_id: user,
        connection,
        provider_user_id: "ada",
        label: None,
        tokens: ProviderTokens {
            access_token: Secret::new(PROVIDERS_TOKEN),
            refresh_token: Some(Secret::new("the-providers-refresh-token")),
            scopes: None,
            expires_in: Some(365 * 24 * 3600),
            refresh_expires_in: None,
        },
        asked: &connection.scopes,
        obtained_at: clock.now(),
        ip: None,
    };
    vault.keep(consented).await.unwrap();
}

impl Running {
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<Response, reqwest::Error> {
        post(&reqwest::Client::new(), &format!("{}{path}", self.url), fields).await
    }

    /// Somebody tries to sign in to the dashboard.
    pub async fn sign_in(&self, email: &str) -> Response {
        let origin = self.url.replace("127.0.0.1", "localhost");
        let headers = HeaderMap::from_iter([(ORIGIN, HeaderValue::from_str(&origin).unwrap())]);
        let client = reqwest::Client::builder().default_headers(headers).build().unwrap();
        let fields = [("email", email), ("password", "not the password"), ("return_to", "")];
        post(&client, &format!("{}/console/api/sign_in", self.url), &fields).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Response {
        reqwest::Client::new().get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    pub fn signal(&self, name: &str) {
        harness::signal(&self.child, name);
    }

    /// Ends it as told; what it complained about.
    pub fn stop(mut self, signal: &str) -> String {
        self.signal(signal);
        self.child.wait().unwrap();
        self.complaints.join().unwrap()
    }

    /// Exchanges as many at once as there are tasks, until told to stop.
    pub fn load(&self, application: &Application, tasks: usize) -> Load {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let work = (0..tasks).map(|_| {
            let (stop, answered) = (stop.clone(), answered.clone());
            let (url, application) = (format!("{}/oauth/token", self.url), application.clone());
            tokio::spawn(async move {
                let client = reqwest::Client::new();
                while !stop.load(Ordering::SeqCst) {
                    // A server that was killed answers no more.
                    let Ok(answer) = exchange(&client, &url, &application).await else { return };
                    let status = answer.status();
                    let Ok(text) = answer.text().await else { return };
                    assert!(status.is_success() && text.contains(PROVIDERS_TOKEN), "{status} {text}");
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            })
        });
        Load { work: work.collect(), stop, answered }
    }

    /// The application with a new refresh token in the place of the one it has.
    pub async fn renew(&self, application: &Application) -> Application {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", application.client_id.as_str()),
            ("client_secret", &application.secret),
            ("refresh_token", &application.refresh),
        ];
        let text = self.post("/oauth/token", &fields).await.unwrap().text().await.unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let refresh = json["refresh_token"].as_str().unwrap_or_else(|| panic!("{text}")).to_owned();
        Application { refresh, ..application.clone() }
    }

    /// One exchange.
    pub async fn exchange(&self, application: &Application) -> Response {
        self.exchange_by(&reqwest::Client::new(), application).await
    }

    /// One exchange, as this client sends it.
    pub async fn exchange_by(&self, client: &reqwest::Client, application: &Application) -> Response {
        exchange(client, &format!("{}/oauth/token", self.url), application).await.unwrap()
    }
}

/// Exchanges under way.
pub struct Load {
    work: Vec<tokio::task::JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
}

impl Load {
    /// How many were answered so far.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::SeqCst)
    }

    /// Waits until so many were answered.
    pub async fn until(&self, count: u64) {
        let begun = Instant::now();
        while self.answered() < count {
            assert!(begun.elapsed() < Duration::from_secs(60), "{} answers", self.answered());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Stops; how many were answered.
    pub async fn end(self) -> u64 {
        self.stop.store(true, Ordering::SeqCst);
        for task in self.work {
            task.await.unwrap();
        }
        self.answered.load(Ordering::SeqCst)
    }
}

async fn exchange(
    client: &reqwest::Client,
    url: &str,
    application: &Application,
) -> Result<Response, reqwest::Error> {
    let fields = [
        ("grant_type", "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token"),
        ("client_id", application.client_id.as_str()),
        ("client_secret", &application.secret),
        ("subject_token", &application.refresh),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token"),
        ("requested_token_type", "http://auth0.com/oauth/token-type/federated-connection-access-token"),
        ("connection", "provider"),
    ];
    post(client, url, &fields).await
}

/// Sends a form.
pub async fn post(
    client: &reqwest::Client,
    url: &str,
    fields: &[(&str, &str)],
) -> Result<Response, reqwest::Error> {
    let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body).send().await
}
