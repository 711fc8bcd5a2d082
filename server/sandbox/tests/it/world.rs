//! A running sandbox, the stand-in for Coffer that it belongs to, and a clock that stands still.

use std::collections::HashMap;
use std::sync::Arc;

use coffer_core::{SystemRng, Timestamp, clock::ManualClock};
use coffer_sandbox::Sandbox;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::{
    browser::{Browser, Page, form, http},
    coffer::Coffer,
};

/// When the tests take place.
pub const NOW: i64 = 1_800_000_000;
pub const CLIENT_ID: &str = "agent-at-coffer";
pub const CLIENT_SECRET: &str = "the agent's own secret: & + %";
pub const CONNECTION: &str = "sandbox";
pub const REFRESH_TOKEN: &str = "cfr_RefreshOfCofferRefreshOfCofferRefreshOfCo12";

pub struct World {
    pub coffer: Coffer,
    pub sandbox: Sandbox,
    pub clock: ManualClock,
    pub browser: Browser,
}

impl World {
    /// An agent that was told nothing.
    pub async fn bare() -> Self {
        let coffer = Coffer::start().await;
        let clock = ManualClock::new(Timestamp::from_seconds(NOW));
        let sandbox =
            Sandbox::start(coffer.issuer(), Arc::new(clock.clone()), Arc::new(SystemRng)).await.unwrap();
        let browser = Browser::new(&sandbox.agent_url());
        Self { coffer, sandbox, clock, browser }
    }

    pub async fn start() -> Self {
        let world = Self::bare().await;
        world.sandbox.adopt(CLIENT_ID.into(), CLIENT_SECRET.into(), CONNECTION.into());
        world
    }

    /// Begins a sign-in. The parameters that Coffer gets.
    pub async fn begin(&self) -> HashMap<String, String> {
        let url: Url = self.browser.get("/sign-in").await.location().parse().unwrap();
        let params: HashMap<String, String> = url.query_pairs().into_owned().collect();
        self.coffer.change(|answers| answers.claims["nonce"] = json!(params["nonce"]));
        params
    }

    /// What Coffer sends the browser back with.
    pub async fn back(&self, params: &[(&str, &str)]) -> Page {
        let mut url: Url = self.sandbox.agent_callback().parse().unwrap();
        url.query_pairs_mut().extend_pairs(params);
        self.browser.get(url.as_str()).await
    }

    pub async fn answer(&self, state: &str) -> Page {
        self.back(&[("state", state), ("iss", self.coffer.issuer().as_str()), ("code", "cfc_code")]).await
    }

    /// Signs in, and returns the page.
    pub async fn sign_in(&self) -> Page {
        let params = self.begin().await;
        let to = self.answer(&params["state"]).await.location();
        self.browser.get(&to).await
    }

    /// Tokens of the provider for `account`, as Coffer gets them.
    pub async fn provider_tokens(&self, account: &str) -> Value {
        let (client_id, secret) = self.sandbox.client();
        let callback = self.coffer.issuer().join("login/callback").unwrap();
        let mut authorize: Url = format!("{}/authorize", self.sandbox.provider_issuer()).parse().unwrap();
        // The example of RFC 7636 appendix B.
        authorize.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &client_id),
            ("redirect_uri", callback.as_str()),
            ("scope", "openid profile email offline_access notes.read notes.write"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ]);
        let answer = form(http().post(authorize), &[("account", account), ("decision", "allow")]);
        let back: Url = Page::read(answer).await.location().parse().unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        self.at_provider(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", callback.as_str()),
            ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            ("client_id", &client_id),
            ("client_secret", secret.reveal()),
        ])
        .await
    }

    /// Spends a refresh token there.
    pub async fn refreshed(&self, refresh_token: &str) -> Value {
        let (client_id, secret) = self.sandbox.client();
        self.at_provider(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("client_id", &client_id),
            ("client_secret", secret.reveal()),
        ])
        .await
    }

    async fn at_provider(&self, params: &[(&str, &str)]) -> Value {
        let url = format!("{}/token", self.sandbox.provider_issuer());
        let answer = Page::read(form(http().request(Method::POST, url), params)).await;
        serde_json::from_str(&answer.text).unwrap()
    }

    /// The vault has these tokens of the provider from now on.
    pub fn vault(&self, tokens: &Value) {
        let body = json!({
            "access_token": tokens["access_token"], "token_type": "Bearer", "expires_in": tokens["expires_in"],
            "scope": tokens["scope"],
        });
        self.coffer.change(|answers| answers.vault = (200, body));
    }

    pub fn vault_refuses(&self, status: u16, code: &str, description: &str) {
        let body = json!({"error": code, "error_description": description});
        self.coffer.change(|answers| answers.vault = (status, body));
    }
}

/// None of these is in a page: neither a secret nor a whole token.
pub fn keeps_secrets(world: &World, page: &Page, tokens: &[&Value]) {
    let (_, secret) = world.sandbox.client();
    page.lacks(CLIENT_SECRET).lacks("the agent&#39;s own secret").lacks(REFRESH_TOKEN).lacks(secret.reveal());
    page.lacks("cfa_AccessOfCofferA").lacks("eyJ0eXAi");
    for tokens in tokens {
        page.lacks(tokens["access_token"].as_str().unwrap());
        page.lacks(tokens["refresh_token"].as_str().unwrap());
    }
}
