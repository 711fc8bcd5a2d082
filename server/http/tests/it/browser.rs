//! A browser with cookies, and the person in front of it.

use axum::{
    body::Body,
    http::{Request, header},
};
use coffer_core::SystemRng;
use coffer_core::rng;
use serde_json::json;
use url::Url;

use crate::harness::{Answer, CALLBACK, ISSUER, Server, challenge};

#[derive(Default)]
pub struct Browser {
    pub cookie: Option<String>,
}

impl Browser {
    async fn send(&mut self, server: &Server, request: axum::http::request::Builder, body: Body) -> Answer {
        let request = match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        };
        let answer = server.send(request.body(body).unwrap()).await;
        let set = answer.header("set-cookie");
        if let Some(cookie) = set.split(';').next().filter(|cookie| !cookie.is_empty()) {
            self.cookie = Some(cookie.to_owned());
        }
        answer
    }

    pub async fn get(&mut self, server: &Server, path: &str) -> Answer {
        let request = Request::get(path.strip_prefix(ISSUER.trim_end_matches('/')).unwrap_or(path));
        self.send(server, request, Body::empty()).await
    }

    pub async fn post(&mut self, server: &Server, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(header::ORIGIN, ISSUER.trim_end_matches('/'))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(server, request, Body::from(body)).await
    }

    /// On the provider's page; what comes back is for Coffer's callback.
    pub async fn at_provider(
        &mut self,
        server: &Server,
        address: &str,
        account: &str,
        decision: &str,
    ) -> Answer {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let answer = client
            .post(address)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("account={account}&decision={decision}"))
            .send()
            .await
            .unwrap();
        let location = answer.headers()["location"].to_str().unwrap().to_owned();
        assert!(location.starts_with(&format!("{ISSUER}login/callback?")), "{location}");
        self.get(server, &location).await
    }
}

/// The parameters of an answer's redirect.
pub fn redirected(answer: &Answer) -> Url {
    assert!(answer.status.is_redirection(), "{}: {}", answer.status, answer.text);
    let location = answer.header("location");
    Url::parse(ISSUER).unwrap().join(location).unwrap()
}

pub fn param(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The body of a connect request.
pub fn connect_body(scopes: &[&str]) -> serde_json::Value {
    json!({
        "connection": "provider",
        "redirect_uri": CALLBACK,
        "state": "the-state",
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
        "scopes": scopes,
        "authorization_params": {},
    })
}

/// A string that nobody issued.
pub fn unknown() -> String {
    rng::token(&SystemRng)
}
