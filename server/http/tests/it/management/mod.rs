//! The management API as a machine-to-machine application meets it.

mod apis;
mod callers;
mod clients;
mod connections;
mod description;
mod limits;
mod retries;
mod users;

use axum::{
    body::Body,
    http::{Request, header},
};
use coffer_contract::application::ApplicationType;
use coffer_core::{
    Clock as _, Scopes, SystemRng,
    audit::{Actor, AuditEvent, EventCode},
    authorization::AccessGrant,
    ids::ClientId,
    rng,
};
use coffer_crypto::TokenHash;
use serde_json::Value;

use crate::harness::{Answer, ISSUER, Server};

/// A machine with every scope.
pub struct Machine<'a> {
    server: &'a Server,
    id: ClientId,
    token: String,
}

impl<'a> Machine<'a> {
    pub async fn new(server: &'a Server) -> Self {
        let all: Vec<&str> = coffer_contract::management::SCOPES.iter().map(|(scope, _)| *scope).collect();
        Self::with(server, &all.join(" ")).await
    }

    pub async fn with(server: &'a Server, scopes: &str) -> Self {
        let id = server.register(ApplicationType::MachineToMachine, &[]).await.id;
        let token = token(server, &id, Some(&format!("{ISSUER}api/v2/")), scopes).await;
        Self { server, id, token }
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.server.bearer("GET", &format!("/api/v2{path}"), &self.token, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.server.bearer("POST", &format!("/api/v2{path}"), &self.token, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.server.bearer("PATCH", &format!("/api/v2{path}"), &self.token, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.server.bearer("DELETE", &format!("/api/v2{path}"), &self.token, None).await
    }

    /// With another header.
    pub async fn with_header(
        &self,
        method: &str,
        path: &str,
        (name, value): (&str, &str),
        body: &Value,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v2{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(name, value)
            .body(Body::from(body.to_string()));
        self.server.send(request.unwrap()).await
    }
}

/// An access token of a client for itself.
pub async fn token(server: &Server, client: &ClientId, audience: Option<&str>, scopes: &str) -> String {
    let token = rng::token(&SystemRng);
    let now = server.clock.now();
    let grant = AccessGrant {
        client_id: client.clone(),
        user_id: None,
        family_id: None,
        scopes: Scopes::parse(scopes, false),
        audience: audience.map(str::to_owned),
        actor: None,
        jkt: None,
        issued_at: now,
        expires_at: now.plus_seconds(3600),
    };
    let event = AuditEvent::new(now, EventCode::TokenClientIssued, Actor::System, "test");
    assert!(server.store.tokens().issue(&TokenHash::of(&token), &grant, event).await.unwrap());
    token
}

/// Status and error code of a refusal, whose body is whole.
pub fn refusal(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    assert_eq!(body["statusCode"], answer.status.as_u16(), "{}", answer.text);
    assert!(body["error"].is_string() && body["message"].is_string(), "{}", answer.text);
    (answer.status.as_u16(), body["errorCode"].as_str().unwrap_or("-").to_owned())
}
