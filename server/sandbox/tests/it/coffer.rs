//! A stand-in for Coffer: discovery, ID tokens, and a vault that answers what a test tells it to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::{
    Form, Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use coffer_contract::application::SigningAlgorithm;
use coffer_core::ids::SigningKeyId;
use coffer_crypto::{SigningKey, signing};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::world::{CLIENT_ID, NOW, REFRESH_TOKEN};

pub type Form_ = HashMap<String, String>;

/// What it answers with.
pub struct Answers {
    pub claims: Value,
    pub token: (u16, Value),
    pub vault: (u16, Value),
}

struct Shared {
    issuer: String,
    key: SigningKey,
    answers: Mutex<Answers>,
    seen: Mutex<Vec<(&'static str, Form_)>>,
}

#[derive(Clone)]
pub struct Coffer(Arc<Shared>);

type Reply = (StatusCode, Json<Value>);

fn reply((status, body): (u16, Value)) -> Reply {
    (StatusCode::from_u16(status).unwrap(), Json(body))
}

impl Coffer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/", listener.local_addr().unwrap());
        let alg = SigningAlgorithm::Es256;
        let pem = signing::generate_pem(alg).unwrap();
        let key = SigningKey::from_pem(SigningKeyId::from_text("key"), alg, &pem).unwrap();
        let claims = json!({
            "iss": issuer, "aud": CLIENT_ID, "sub": "usr_1", "iat": NOW, "exp": NOW + 3600,
            "name": "Ada & <b>Lovelace</b>", "email": "ada@sandbox.example",
        });
        let token = json!({
            "access_token": "cfa_AccessOfCofferAccessOfCofferAccessOfCoffer0", "refresh_token": REFRESH_TOKEN,
            "token_type": "Bearer", "expires_in": 3600, "scope": "openid profile email offline_access",
        });
        let answers = Answers { claims, token: (200, token), vault: (500, json!({})) };
        let (answers, seen) = (Mutex::new(answers), Mutex::default());
        let coffer = Self(Arc::new(Shared { issuer, key, answers, seen }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/oauth/token", post(token_endpoint))
            .route("/oauth/revoke", post(revoke))
            .with_state(coffer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        coffer
    }

    pub fn issuer(&self) -> Url {
        self.0.issuer.parse().unwrap()
    }

    pub fn change(&self, change: impl FnOnce(&mut Answers)) {
        change(&mut self.0.answers.lock().unwrap());
    }

    /// The last form that came to an endpoint.
    pub fn last(&self, path: &str) -> Option<Form_> {
        let seen = self.0.seen.lock().unwrap();
        seen.iter().rev().find(|(at, _)| *at == path).map(|(_, form)| form.clone())
    }
}

async fn discovery(State(coffer): State<Coffer>) -> Json<Value> {
    let issuer = &coffer.0.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}authorize"),
        "token_endpoint": format!("{issuer}oauth/token"),
        "jwks_uri": format!("{issuer}jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
    }))
}

async fn jwks(State(coffer): State<Coffer>) -> Json<Value> {
    Json(json!({"keys": [coffer.0.key.public_jwk().unwrap()]}))
}

async fn token_endpoint(State(coffer): State<Coffer>, Form(form): Form<Form_>) -> Reply {
    let by_code = form["grant_type"] == "authorization_code";
    coffer.0.seen.lock().unwrap().push(("/oauth/token", form));
    let answers = coffer.0.answers.lock().unwrap();
    let (status, mut body) = if by_code { answers.token.clone() } else { answers.vault.clone() };
    if by_code && status == 200 {
        body["id_token"] = json!(coffer.0.key.sign(&answers.claims).unwrap());
    }
    reply((status, body))
}

async fn revoke(State(coffer): State<Coffer>, Form(form): Form<Form_>) -> StatusCode {
    coffer.0.seen.lock().unwrap().push(("/oauth/revoke", form));
    StatusCode::OK
}
