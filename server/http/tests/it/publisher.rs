//! A web server of an application's, with the documents that it publishes about itself.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Response, Uri},
};
use serde_json::Value;

#[derive(Default)]
struct Shared {
    pages: Mutex<HashMap<String, (u16, String)>>,
    seen: Mutex<Vec<String>>,
}

pub struct Publisher {
    address: SocketAddr,
    shared: Arc<Shared>,
}

async fn answer(State(shared): State<Arc<Shared>>, uri: Uri) -> Response<Body> {
    let path = uri.path().to_owned();
    let page = shared.pages.lock().unwrap().get(&path).cloned();
    shared.seen.lock().unwrap().push(path);
    let (status, body) = page.unwrap_or((404, String::new()));
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.header("cache-control", "max-age=600").body(Body::from(body)).unwrap()
}

impl Publisher {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(answer).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, shared }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn json(&self, path: &str, value: &Value) {
        self.shared.pages.lock().unwrap().insert(path.to_owned(), (200, value.to_string()));
    }

    pub fn status(&self, path: &str, status: u16) {
        self.shared.pages.lock().unwrap().insert(path.to_owned(), (status, "{}".to_owned()));
    }

    /// The same server, under another name.
    pub fn at_host(&self, scheme: &str, host: &str) -> String {
        format!("{scheme}://{host}:{}", self.address.port())
    }

    /// How many requests came.
    pub fn total(&self) -> usize {
        self.shared.seen.lock().unwrap().len()
    }

    /// How many requests for `path` came.
    pub fn count(&self, path: &str) -> usize {
        self.shared.seen.lock().unwrap().iter().filter(|seen| *seen == path).count()
    }
}
