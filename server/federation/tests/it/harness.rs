//! A provider that answers what a test tells it to, and remembers what it was asked.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Response, Uri, header},
};
use coffer_contract::{
    Timestamp,
    connection::{ConnectionOptions, Purpose},
};
use coffer_core::{
    Scopes, SystemRng,
    clock::{Clock, ManualClock},
    connection::Connection,
    ids::ConnectionId,
};
use coffer_crypto::Secret;
use coffer_federation::{Catalogue, Federation, OutboundConfig, Upstream};
use serde_json::{Value, json};

/// When the tests take place.
pub const NOW: i64 = 1_800_000_000;
pub const CLIENT_ID: &str = "coffer-at-provider";
pub const CLIENT_SECRET: &str = "s3cret:with%signs&+ and spaces";
pub const CALLBACK: &str = "https://coffer.example/login/callback";
/// Where the test servers live.
pub const LOOPBACK: &[&str] = &["127.0.0.0/8"];

/// One answer.
#[derive(Clone)]
pub struct Page {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// One request.
#[derive(Clone)]
pub struct Seen {
    pub method: Method,
    path: String,
    pub headers: HeaderMap,
    pub form: HashMap<String, String>,
}

#[derive(Default)]
struct Shared {
    pages: Mutex<HashMap<String, Page>>,
    seen: Mutex<Vec<Seen>>,
}

pub struct Provider {
    address: SocketAddr,
    shared: Arc<Shared>,
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let path = uri.path().to_owned();
    let form = url::form_urlencoded::parse(&body).into_owned().collect();
    shared.seen.lock().unwrap().push(Seen { method, path: path.clone(), headers, form });
    let page = shared.pages.lock().unwrap().get(&path).cloned();
    let Some(page) = page else { return Response::builder().status(404).body(Body::empty()).unwrap() };
    if page.status == 0 {
        return std::future::pending().await;
    }
    let mut response = Response::builder().status(page.status);
    for (name, value) in page.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(page.body)).unwrap()
}

impl Provider {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(answer).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, shared }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn page(&self, path: &str, page: Page) {
        self.shared.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    pub fn json(&self, path: &str, status: u16, value: &Value) {
        self.text(path, status, "application/json", &value.to_string());
    }

    pub fn text(&self, path: &str, status: u16, kind: &str, body: &str) {
        let headers = vec![(header::CONTENT_TYPE.as_str(), kind.to_owned())];
        self.page(path, Page { status, headers, body: body.into() });
    }

    pub fn redirect(&self, path: &str, status: u16, to: &str) {
        self.page(path, Page { status, headers: vec![("location", to.to_owned())], body: Vec::new() });
    }

    /// Takes the request and never answers.
    pub fn hang(&self, path: &str) {
        self.page(path, Page { status: 0, headers: Vec::new(), body: Vec::new() });
    }

    /// The requests for `path` so far.
    pub fn seen(&self, path: &str) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().iter().filter(|seen| seen.path == path).cloned().collect()
    }

    /// How many requests came, for whatever.
    pub fn count(&self) -> usize {
        self.shared.seen.lock().unwrap().len()
    }

    /// A connection of any strategy whose endpoints are here.
    pub fn connection(&self, strategy: &str) -> Connection {
        let mut connection = connection(strategy);
        connection.options.authorization_url = Some(self.url("/authorize"));
        connection.options.token_url = Some(self.url("/token"));
        connection.options.user_info_url = Some(self.url("/me"));
        connection
    }

    /// An OpenID Connect connection to here, with a discovery document that holds.
    pub fn oidc(&self) -> Connection {
        self.json("/.well-known/openid-configuration", 200, &self.document());
        let mut connection = connection("oidc");
        connection.options.discovery_url = Some(self.url(""));
        connection
    }

    pub fn document(&self) -> Value {
        json!({
            "issuer": self.url(""),
            "authorization_endpoint": self.url("/authorize"),
            "token_endpoint": self.url("/token"),
            "userinfo_endpoint": self.url("/me"),
            "jwks_uri": self.url("/keys"),
            "response_types_supported": ["code"],
            "scopes_supported": ["openid", "email"],
        })
    }
}

pub fn connection(strategy: &str) -> Connection {
    let now = Timestamp::from_seconds(NOW);
    Connection {
        id: ConnectionId::generate(&SystemRng),
        name: "provider".into(),
        strategy: strategy.into(),
        display_name: "Provider".into(),
        client_id: CLIENT_ID.into(),
        client_secret_replaced_at: Some(now),
        scopes: Scopes::default(),
        purpose: Purpose::Both,
        vault_enabled: true,
        options: ConnectionOptions::default(),
        created_at: now,
        updated_at: now,
        version: 1,
    }
}

pub fn federation_with(allow: &[&str], timeout: Duration, clock: impl Clock) -> Federation {
    let allow_private = allow.iter().map(|net| net.parse().unwrap()).collect();
    Federation::new(
        Catalogue::embedded().unwrap(),
        OutboundConfig { allow_private, timeout },
        Arc::new(clock),
    )
    .unwrap()
}

/// One that may reach the test servers.
pub fn federation() -> Federation {
    federation_with(LOOPBACK, Duration::from_secs(20), ManualClock::new(Timestamp::from_seconds(NOW)))
}

pub fn upstream<'a>(connection: &'a Connection, secret: &'a Secret) -> Upstream<'a> {
    Upstream { connection, client_secret: Some(secret), redirect_uri: CALLBACK }
}

pub fn client_secret() -> Secret {
    Secret::new(CLIENT_SECRET)
}
