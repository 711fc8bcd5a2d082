//! A provider whose refresh tokens are good once, which ends an account for good when one comes again, and which
//! has bad days.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::{
    Form, Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::json;

/// What the provider does beside what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Nothing.
    Well,
    /// It takes its time before it rotates.
    Slow,
    /// Every third request is answered with 500, and nothing was rotated.
    Failing,
    /// Every fiftieth connection is cut after the rotation: the new token is lost on the way.
    Cutting,
}

/// One account there.
#[derive(Debug, Default)]
pub struct Account {
    /// How often it was rotated.
    pub rotations: u32,
    /// How often a refresh token came again.
    pub reused: u32,
    /// Ended for good.
    pub dead: bool,
    /// Answers that never left.
    pub cut: u32,
}

/// The provider. Refresh tokens are `refresh-ACCOUNT-NUMBER`, access tokens `access-ACCOUNT-NUMBER`.
#[derive(Debug)]
pub struct Provider {
    accounts: Mutex<HashMap<String, Account>>,
    requests: Mutex<u64>,
    mood: Mutex<Mood>,
}

impl Provider {
    /// One with these accounts. Returns the address of its token endpoint, too.
    pub async fn start(accounts: impl Iterator<Item = String>) -> (Arc<Self>, String) {
        let provider = Arc::new(Self {
            accounts: Mutex::new(accounts.map(|name| (name, Account::default())).collect()),
            requests: Mutex::new(0),
            mood: Mutex::new(Mood::Well),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/token", listener.local_addr().unwrap());
        let app = Router::new().route("/token", post(token)).with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (provider, address)
    }

    /// Changes how it behaves.
    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Looks at the accounts.
    pub fn accounts<T>(&self, look: impl FnOnce(&HashMap<String, Account>) -> T) -> T {
        look(&self.accounts.lock().unwrap())
    }

    /// Rotates. `None` refuses for good.
    fn rotate(&self, refresh_token: &str) -> Option<(String, u32)> {
        let (name, number) = refresh_token.strip_prefix("refresh-")?.rsplit_once('-')?;
        let mut accounts = self.accounts.lock().unwrap();
        let account = accounts.get_mut(name)?;
        if number.parse() != Ok(account.rotations) {
            account.reused += 1;
            account.dead = true;
        }
        if account.dead {
            return None;
        }
        account.rotations += 1;
        Some((name.to_owned(), account.rotations))
    }
}

async fn token(State(provider): State<Arc<Provider>>, Form(form): Form<HashMap<String, String>>) -> Response {
    let number = {
        let mut requests = provider.requests.lock().unwrap();
        *requests += 1;
        *requests
    };
    let mood = *provider.mood.lock().unwrap();
    if mood == Mood::Slow {
        tokio::time::sleep(Duration::from_millis(100 + number % 500)).await;
    }
    if mood == Mood::Failing && number.is_multiple_of(3) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let spent = form.get("refresh_token").map(String::as_str).unwrap_or_default();
    let Some((name, rotation)) = provider.rotate(spent) else {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    };
    // The time in which an answer can be lost.
    tokio::time::sleep(Duration::from_millis(5 + number % 20)).await;
    let cut = mood == Mood::Cutting && number.is_multiple_of(50);
    if cut {
        provider.accounts.lock().unwrap().get_mut(&name).unwrap().cut += 1;
        // A body that ends before its length: what has arrived is no answer.
        let broken = futures::stream::once(async { Err::<String, _>(std::io::Error::other("cut")) });
        return axum::body::Body::from_stream(broken).into_response();
    }
    Json(json!({
        "access_token": format!("access-{name}-{rotation}"),
        "refresh_token": format!("refresh-{name}-{rotation}"),
        "token_type": "Bearer",
        "expires_in": 2,
    }))
    .into_response()
}
