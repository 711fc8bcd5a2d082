//! A browser of a few lines: one cookie, no redirects by itself.

use std::sync::Mutex;

use reqwest::{
    Client, Method, RequestBuilder,
    header::{CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, SET_COOKIE},
    redirect::Policy,
};
use url::{Url, form_urlencoded::Serializer};

pub struct Browser {
    http: Client,
    base: Url,
    cookie: Mutex<Option<String>>,
}

/// An answer, read.
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Page {
    pub async fn read(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> String {
        assert!((300..400).contains(&self.status), "{} {}", self.status, self.text);
        self.header(LOCATION.as_str()).to_owned()
    }

    #[track_caller]
    pub fn has(&self, text: &str) -> &Self {
        assert!(self.text.contains(text), "lacks “{text}”:\n{}", self.text);
        self
    }

    #[track_caller]
    pub fn lacks(&self, text: &str) -> &Self {
        assert!(!self.text.contains(text), "has “{text}”:\n{}", self.text);
        self
    }
}

pub fn http() -> Client {
    Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

pub fn form(request: RequestBuilder, params: &[(&str, &str)]) -> RequestBuilder {
    let body = Serializer::new(String::new()).extend_pairs(params).finish();
    request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
}

impl Browser {
    pub fn new(base: &str) -> Self {
        Self { http: http(), base: base.parse().unwrap(), cookie: Mutex::default() }
    }

    pub fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap().clone()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.base.join(path).unwrap());
        match self.cookie() {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Page {
        let page = Page::read(request).await;
        if let Some(cookie) = page.headers.get(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            *self.cookie.lock().unwrap() = Some(pair.to_owned());
        }
        page
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send(self.request(Method::GET, path)).await
    }

    /// As a form of the agent's own pages does it.
    pub async fn post(&self, path: &str, params: &[(&str, &str)]) -> Page {
        let request = self.request(Method::POST, path).header("sec-fetch-site", "same-origin");
        self.send(form(request, params)).await
    }

    /// Posts, and follows to the page.
    pub async fn step(&self, path: &str, params: &[(&str, &str)]) -> Page {
        let to = self.post(path, params).await.location();
        self.get(&to).await
    }
}
