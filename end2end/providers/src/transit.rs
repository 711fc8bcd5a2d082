//! A stand-in for a transit secrets engine: keys with versions that never leave it, AES-256-GCM with associated data,
//! tokens, and the errors of the real one (HashiCorp Vault's and OpenBao's API documentation, "Transit").

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_core::{Rng as _, SystemRng};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// How it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransitMode {
    /// As it should.
    #[default]
    Up,
    /// After a start of its own, before anybody unsealed it.
    Sealed,
    /// Each answer takes so long.
    Slow(Duration),
}

struct Key {
    kind: &'static str,
    versions: BTreeMap<i64, [u8; 32]>,
    min_decryption_version: i64,
}

struct Place {
    token: String,
    mode: TransitMode,
    keys: BTreeMap<String, Key>,
    /// `encrypt`, `decrypt`, `rewrap` and `keys`, as they came.
    seen: Vec<String>,
}

type Shared = Arc<Mutex<Place>>;

fn lock(place: &Shared) -> MutexGuard<'_, Place> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The engine, mounted at `transit`.
pub struct Transit {
    place: Shared,
    address: SocketAddr,
    serving: Option<JoinHandle<()>>,
}

impl Transit {
    /// Starts one on a port of this machine, with a token and no key.
    pub async fn start() -> io::Result<Self> {
        let place = Place {
            token: coffer_core::rng::token(&SystemRng),
            mode: TransitMode::Up,
            keys: BTreeMap::new(),
            seen: Vec::new(),
        };
        let mut transit = Self {
            place: Arc::new(Mutex::new(place)),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            serving: None,
        };
        transit.listen().await?;
        Ok(transit)
    }

    /// Listens, again on the same port where it listened before.
    pub async fn listen(&mut self) -> io::Result<()> {
        let listener = TcpListener::bind(self.address).await?;
        self.address = listener.local_addr()?;
        let router = router(self.place.clone());
        self.serving = Some(tokio::spawn(async move {
            // Nobody is left to hear of it if that fails.
            _ = axum::serve(listener, router).await;
        }));
        Ok(())
    }

    /// Nothing listens any more.
    pub async fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            _ = serving.await;
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The token that it takes.
    pub fn token(&self) -> String {
        lock(&self.place).token.clone()
    }

    /// Takes another token from now on. The one before has ended.
    pub fn renew_token(&self) -> String {
        let token = coffer_core::rng::token(&SystemRng);
        lock(&self.place).token.clone_from(&token);
        token
    }

    /// Answers otherwise from now on.
    pub fn set_mode(&self, mode: TransitMode) {
        lock(&self.place).mode = mode;
    }

    /// Makes a key. `kind` is its type, such as `aes256-gcm96`.
    pub fn create(&self, name: &str, kind: &'static str) {
        let key = Key { kind, versions: BTreeMap::from([(1, random())]), min_decryption_version: 1 };
        lock(&self.place).keys.insert(name.to_owned(), key);
    }

    /// Gives a key a new version. Returns its number.
    pub fn rotate(&self, name: &str) -> i64 {
        let mut place = lock(&self.place);
        let Some(key) = place.keys.get_mut(name) else { return 0 };
        let version = key.latest() + 1;
        key.versions.insert(version, random());
        version
    }

    /// Older versions decrypt no more.
    pub fn set_min_decryption_version(&self, name: &str, version: i64) {
        if let Some(key) = lock(&self.place).keys.get_mut(name) {
            key.min_decryption_version = version;
        }
    }

    /// Deletes a key, with everything that it wrapped.
    pub fn delete(&self, name: &str) {
        lock(&self.place).keys.remove(name);
    }

    /// What was asked for so far.
    pub fn seen(&self) -> Vec<String> {
        lock(&self.place).seen.clone()
    }
}

impl Drop for Transit {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

impl Key {
    fn latest(&self) -> i64 {
        self.versions.keys().next_back().copied().unwrap_or(0)
    }

    fn encrypt(&self, plain: &[u8], data: &[u8]) -> Result<Value, Refusal> {
        let version = self.latest();
        let nonce: [u8; NONCE_LEN] = random();
        let mut bytes = plain.to_vec();
        cipher(&self.versions[&version])?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(data), &mut bytes)
            .map_err(|_| bad("cipher: the plaintext is too long"))?;
        let text = STANDARD.encode([&nonce[..], &bytes].concat());
        Ok(json!({ "ciphertext": format!("vault:v{version}:{text}"), "key_version": version }))
    }

    fn decrypt(&self, ciphertext: &str, data: &[u8]) -> Result<Vec<u8>, Refusal> {
        let parts = ciphertext.strip_prefix("vault:v").and_then(|rest| rest.split_once(':'));
        let (version, text) = parts.ok_or_else(|| bad("invalid ciphertext: no prefix"))?;
        let version: i64 =
            version.parse().map_err(|_| bad("invalid ciphertext: version number could not be decoded"))?;
        if version < self.min_decryption_version {
            return Err(bad("ciphertext or signature version is disallowed by policy (too old)"));
        }
        let key = self.versions.get(&version).ok_or_else(|| bad("invalid ciphertext: version is too new"))?;
        let bytes = STANDARD.decode(text).map_err(|_| bad("invalid ciphertext: could not decode base64"))?;
        let (nonce, sealed) = bytes.split_first_chunk().ok_or_else(|| bad("invalid ciphertext length"))?;
        let mut sealed = sealed.to_vec();
        let plain = cipher(key)?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(data), &mut sealed)
            .map_err(|_| bad("cipher: message authentication failed"))?;
        Ok(plain.to_vec())
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRng.fill(&mut bytes);
    bytes
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, Refusal> {
    let key = UnboundKey::new(&AES_256_GCM, key);
    key.map(LessSafeKey::new).map_err(|_| (StatusCode::INTERNAL_SERVER_ERROR, "cipher: no key".to_owned()))
}

type Refusal = (StatusCode, String);

fn bad(text: &str) -> Refusal {
    (StatusCode::BAD_REQUEST, text.to_owned())
}

fn errors(status: StatusCode, errors: &[&str]) -> Response {
    (status, Json(json!({ "errors": errors }))).into_response()
}

fn router(place: Shared) -> Router {
    Router::new()
        .route("/v1/transit/keys/{key}", get(describe))
        .route("/v1/transit/{what}/{key}", post(work))
        // "404: Invalid path", with no error in it.
        .fallback(async || errors(StatusCode::NOT_FOUND, &[]))
        .layer(middleware::from_fn_with_state(place.clone(), door))
        .with_state(place)
}

/// The mode, then the token: a sealed server knows no tokens.
async fn door(State(place): State<Shared>, headers: HeaderMap, request: Request, next: Next) -> Response {
    let (mode, token) = {
        let mut place = lock(&place);
        let what = request.uri().path().split('/').nth(3).unwrap_or_default().to_owned();
        place.seen.push(what);
        (place.mode, place.token.clone())
    };
    match mode {
        TransitMode::Up => {}
        TransitMode::Sealed => return errors(StatusCode::SERVICE_UNAVAILABLE, &["Vault is sealed"]),
        TransitMode::Slow(time) => tokio::time::sleep(time).await,
    }
    if headers.get("x-vault-token").and_then(|value| value.to_str().ok()) != Some(&token) {
        return errors(StatusCode::FORBIDDEN, &["permission denied", "invalid token"]);
    }
    next.run(request).await
}

async fn describe(State(place): State<Shared>, Path(name): Path<String>) -> Response {
    let place = lock(&place);
    let Some(key) = place.keys.get(&name) else { return errors(StatusCode::NOT_FOUND, &[]) };
    Json(json!({ "data": {
        "name": name, "type": key.kind, "derived": false, "exportable": false, "deletion_allowed": false,
        "latest_version": key.latest(), "min_available_version": 0,
        "min_decryption_version": key.min_decryption_version, "min_encryption_version": 0,
        "supports_encryption": true, "supports_decryption": true, "supports_derivation": true,
    } }))
    .into_response()
}

async fn work(
    State(place): State<Shared>,
    Path((what, name)): Path<(String, String)>,
    Json(body): Json<Value>,
) -> Response {
    let mut place = lock(&place);
    // "If the key does not exist and the token may create it, it is made."
    if what == "encrypt" {
        let made = || Key {
            kind: "aes256-gcm96",
            versions: BTreeMap::from([(1, random())]),
            min_decryption_version: 1,
        };
        place.keys.entry(name.clone()).or_insert_with(made);
    }
    let Some(key) = place.keys.get(&name) else {
        return errors(StatusCode::BAD_REQUEST, &["encryption key not found"]);
    };
    match answer(key, &what, &body) {
        Ok(data) => Json(json!({ "data": data })).into_response(),
        Err((status, text)) => errors(status, &[&text]),
    }
}

fn answer(key: &Key, what: &str, body: &Value) -> Result<Value, Refusal> {
    let text = |name: &str| body[name].as_str().ok_or_else(|| bad(&format!("missing {name}")));
    let decoded = |name: &str| {
        let encoded = body[name].as_str().unwrap_or_default();
        STANDARD.decode(encoded).map_err(|_| bad(&format!("failed to base64-decode {name}")))
    };
    let data = decoded("associated_data")?;
    match what {
        "encrypt" => {
            text("plaintext")?;
            key.encrypt(&decoded("plaintext")?, &data)
        }
        "decrypt" => {
            let plain = key.decrypt(text("ciphertext")?, &data)?;
            Ok(json!({ "plaintext": STANDARD.encode(plain) }))
        }
        "rewrap" => key.encrypt(&key.decrypt(text("ciphertext")?, &data)?, &data),
        _ => Err((StatusCode::NOT_FOUND, "unsupported path".to_owned())),
    }
}
