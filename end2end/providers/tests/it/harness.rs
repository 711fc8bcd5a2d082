//! Running providers, a clock that stands still, and a browser of two lines.

use std::sync::Arc;

use coffer_core::{Timestamp, clock::ManualClock};
use coffer_providers::{Config, Providers};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use reqwest::{
    Client, Method, Request, RequestBuilder, Response,
    header::{ACCEPT, CONTENT_TYPE, LOCATION, USER_AGENT},
    redirect::Policy,
};
use serde_json::Value;
use url::{Url, form_urlencoded::Serializer};

/// When the tests take place.
pub const NOW: i64 = 1_800_000_000;
pub const CLIENT: &str = "coffer";
pub const SECRET: &str = "provider-secret";
pub const CALLBACK: &str = "https://coffer.example/login/callback";
/// The example of RFC 7636 appendix B.
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

pub type Pairs<'a> = &'a [(&'a str, &'a str)];

/// An answer, read.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{} {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it redirects to.
    pub fn location(&self) -> Url {
        assert_eq!(self.status, 303, "{}", self.text);
        self.header(LOCATION.as_str()).parse().unwrap()
    }

    /// Asserts an error of RFC 6749 section 5.2, and returns its description.
    pub fn error(&self, status: u16, code: &str) -> String {
        let body = self.json();
        assert_eq!((self.status, body["error"].as_str()), (status, Some(code)), "{}", self.text);
        body["error_description"].as_str().unwrap_or_default().to_owned()
    }
}

pub struct World {
    pub providers: Providers,
    pub clock: ManualClock,
    http: Client,
}

impl World {
    pub async fn start() -> Self {
        let clock = ManualClock::new(Timestamp::from_seconds(NOW));
        let config = Config { control: true, clock: Arc::new(clock.clone()), ..Config::default() };
        let providers = Providers::start(config).await.unwrap();
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { providers, clock, http }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/{path}", self.providers.base());
        self.http.request(method, url).header(USER_AGENT, "tests").header(ACCEPT, "application/json")
    }

    pub async fn execute(&self, request: Request) -> Answer {
        Answer::read(self.http.execute(request).await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::read(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub async fn bearer(&self, path: &str, token: &str) -> Answer {
        Answer::read(self.request(Method::GET, path).bearer_auth(token).send().await.unwrap()).await
    }

    pub fn form(&self, path: &str, pairs: Pairs<'_>) -> RequestBuilder {
        self.request(Method::POST, path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(encoded(pairs))
    }

    pub async fn post(&self, path: &str, pairs: Pairs<'_>) -> Answer {
        Answer::read(self.form(path, pairs).send().await.unwrap()).await
    }

    /// A token request of the client, with its secret in the form.
    pub async fn token(&self, path: &str, pairs: Pairs<'_>) -> Answer {
        self.post(path, &[&[("client_id", CLIENT), ("client_secret", SECRET)], pairs].concat()).await
    }

    /// The answer to a person's decision at an authorization endpoint.
    pub async fn decide(&self, path: &str, params: Pairs<'_>, decision: Pairs<'_>) -> Answer {
        let common =
            [("client_id", CLIENT), ("redirect_uri", CALLBACK), ("response_type", "code"), ("state", "s1")];
        self.post(&format!("{path}?{}", encoded(&[&common, params].concat())), decision).await
    }

    /// `ada` allows it: the code.
    pub async fn code(&self, path: &str, params: Pairs<'_>) -> String {
        self.code_of("ada", path, params).await
    }

    pub async fn code_of(&self, account: &str, path: &str, params: Pairs<'_>) -> String {
        let answer = self.decide(path, params, &[("account", account), ("decision", "allow")]).await;
        let location = answer.location();
        assert!(location.as_str().starts_with(CALLBACK), "{location}");
        assert_eq!(param(&location, "state").as_deref(), Some("s1"));
        param(&location, "code").unwrap_or_else(|| panic!("{location}"))
    }

    /// The claims of an ID token whose signature is right.
    pub async fn claims(&self, jwks: &str, token: &Value) -> Value {
        let keys: JwkSet = serde_json::from_value(self.get(jwks).await.json()).unwrap();
        let token = token.as_str().unwrap();
        let header = decode_header(token).unwrap();
        let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&[CLIENT]);
        validation.validate_exp = false;
        decode::<Value>(token, &key, &validation).unwrap().claims
    }
}

pub fn encoded(pairs: Pairs<'_>) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub fn param(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

pub fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}"))
}
