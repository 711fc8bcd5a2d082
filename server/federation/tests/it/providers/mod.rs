//! Each provider's quirks, against a server that behaves as its documentation says. The catalogue is the
//! real one; only the hosts are local.

mod box_;
mod custom;
mod github;
mod google;
mod microsoft;
mod openid;
mod slack;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use coffer_core::{Clock, Scopes, SystemRng, Timestamp, clock::ManualClock, connection::Connection};
use coffer_crypto::Secret;
use coffer_federation::{
    AuthorizationExtras, Catalogue, Entry, Federation, OutboundConfig, ProviderTokens, RefreshError,
    RevokeError, SignedIn, UpstreamError,
};
use coffer_providers::{Config, Provider, Providers, Settings};
use url::Url;

use crate::exchange::{NONCE, VERIFIER};
use crate::harness::{NOW, connection, upstream};

const STATE: &str = "the-state";

/// What the provider sent the browser back with.
pub type Answer = HashMap<String, String>;

pub struct Stand {
    pub providers: Providers,
    pub provider: Provider,
    pub federation: Federation,
    pub clock: ManualClock,
    pub connection: Connection,
    pub secret: Secret,
    browser: reqwest::Client,
}

impl Stand {
    /// The stand-in of `provider`, and a connection of `strategy` to it.
    pub async fn new(strategy: &str, provider: Provider) -> Self {
        let clock = ManualClock::new(Timestamp::from_seconds(NOW));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let config = Config { clock: shared.clone(), rng: Arc::new(SystemRng), ..Config::default() };
        let providers = Providers::start(config).await.unwrap();
        let mut catalogue = Catalogue::embedded().unwrap();
        for (name, text) in Catalogue::files() {
            catalogue.add(Entry::parse(name, &providers.local(text)).unwrap());
        }
        let outbound = OutboundConfig {
            allow_private: vec!["127.0.0.0/8".parse().unwrap()],
            timeout: Duration::from_secs(5),
        };
        let federation = Federation::new(catalogue, outbound, shared).unwrap();
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let secret = Secret::new(Settings::of(provider).client_secret);
        let connection = connection(strategy);
        Self { providers, provider, federation, clock, connection, secret, browser }
    }

    pub fn change(&self, change: impl FnOnce(&mut Settings)) {
        self.providers.change(self.provider, change);
    }

    /// Where the browser is sent.
    pub async fn request(&self, prompt: Option<&str>) -> Url {
        let scopes = self.federation.scopes_for(&self.connection, &Scopes::default());
        let verifier = Secret::new(VERIFIER);
        let extras = AuthorizationExtras {
            scopes: &scopes,
            login_hint: None,
            prompt,
            state: STATE,
            nonce: NONCE,
            code_verifier: &verifier,
        };
        self.federation.authorization(&upstream(&self.connection, &self.secret), extras).await.unwrap()
    }

    /// The person decides on the provider's page; what the browser carries back.
    pub async fn decide(&self, url: Url, account: &str, decision: &str) -> Answer {
        let form = format!("account={account}&decision={decision}");
        let kind = "application/x-www-form-urlencoded";
        let answer = self.browser.post(url).header("content-type", kind).body(form).send().await.unwrap();
        let status = answer.status();
        let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        let Some(location) = location else { panic!("{status}: {}", answer.text().await.unwrap()) };
        let answer: Answer = Url::parse(&location).unwrap().query_pairs().into_owned().collect();
        assert_eq!(answer["state"], STATE);
        answer
    }

    /// Exchanges what came back.
    pub async fn exchange(&self, answer: &Answer) -> Result<SignedIn, UpstreamError> {
        let scopes = self.federation.scopes_for(&self.connection, &Scopes::default());
        let code = Secret::new(answer["code"].as_str());
        let upstream = upstream(&self.connection, &self.secret);
        let verifier = Secret::new(VERIFIER);
        self.federation.exchange_code(&upstream, &code, &verifier, NONCE, &scopes, self.clock.now()).await
    }

    /// The whole way: there, consent, and back.
    pub async fn sign_in(&self, account: &str) -> SignedIn {
        let answer = self.decide(self.request(None).await, account, "allow").await;
        self.exchange(&answer).await.unwrap()
    }

    pub async fn refresh(&self, token: &Secret) -> Result<ProviderTokens, RefreshError> {
        self.federation.refresh(&upstream(&self.connection, &self.secret), token, None).await
    }

    pub async fn revoke(&self, tokens: &ProviderTokens) -> Result<bool, RevokeError> {
        let upstream = upstream(&self.connection, &self.secret);
        self.federation.revoke(&upstream, &tokens.access_token, tokens.refresh_token.as_ref(), false).await
    }

    /// The same, long after the access token has ended.
    pub async fn revoke_later(&self, tokens: &ProviderTokens) -> Result<bool, RevokeError> {
        self.clock.advance_seconds(7 * 24 * 3600);
        let upstream = upstream(&self.connection, &self.secret);
        self.federation.revoke(&upstream, &tokens.access_token, tokens.refresh_token.as_ref(), true).await
    }

    /// Grants at the provider that still hold.
    pub fn alive(&self) -> usize {
        self.providers.grants(self.provider).iter().filter(|grant| grant.alive).count()
    }
}

/// The refresh token that came.
pub fn refresh_token(tokens: &ProviderTokens) -> Secret {
    tokens.refresh_token.clone().expect("a refresh token")
}

pub fn is_revoked<T: std::fmt::Debug>(outcome: &Result<T, RefreshError>) -> bool {
    matches!(outcome, Err(RefreshError::Revoked { .. }))
}

#[test]
fn what_is_tried_here_is_marked_as_tried() {
    let catalogue = Catalogue::embedded().unwrap();
    let tried = ["google-oauth2", "windowslive", "waad", "github", "slack", "box", "oauth2", "oidc", "okta"];
    for (name, _) in Catalogue::files() {
        assert_eq!(catalogue.get(name).unwrap().tested(), tried.contains(&name), "{name}");
    }
}

/// The table in the docs names tests that there are, and names all of these.
#[test]
fn the_docs_name_these_tests() {
    let docs = include_str!("../../../../../docs/providers.md");
    let sources = [
        include_str!("box_.rs"),
        include_str!("custom.rs"),
        include_str!("github.rs"),
        include_str!("google.rs"),
        include_str!("microsoft.rs"),
        include_str!("openid.rs"),
        include_str!("slack.rs"),
    ]
    .concat();
    let browser = include_str!("../../../../../end2end/tests/providers.test.js");
    for name in docs.split('`').skip(1).step_by(2).filter(|name| name.matches('_').count() > 2) {
        assert!(sources.contains(&format!("fn {name}()")), "there is no test {name}");
    }
    for step in docs.split('"').skip(1).step_by(2) {
        assert!(browser.contains(step), "there is no step {step}");
    }
    for (strategy, _) in Catalogue::files() {
        let catalogue = Catalogue::embedded().unwrap();
        let name = catalogue.get(strategy).unwrap().view().name;
        assert!(docs.contains(&name), "{name} is not in docs/providers.md");
    }
}
