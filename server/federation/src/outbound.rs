//! The one way out: https, public addresses, no redirects to other hosts, bounded time and size.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use coffer_core::TRACES;
use coffer_crypto::Secret;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use ipnet::IpNet;
use oauth2::{HttpRequest, HttpResponse};
use reqwest::{
    Client, RequestBuilder, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use tracing::{Instrument as _, field::Empty};
use url::{Host, Url};

use crate::{
    address,
    error::{OutboundError, UpstreamError},
    notify::{Answer, BEGINNING, readable},
};

/// Longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 1024 * 1024;
/// Redirects that a GET follows within one origin.
const MOST_REDIRECTS: usize = 3;

/// How providers may be reached.
#[derive(Clone, Debug)]
pub struct OutboundConfig {
    /// Private networks that providers may live in; plain http is allowed there too.
    pub allow_private: Vec<IpNet>,
    /// Longest time for a whole request.
    pub timeout: Duration,
}

/// The way out.
pub(crate) struct Outbound {
    /// For token requests: follows no redirect.
    strict: Client,
    /// For documents: follows redirects within the origin.
    reader: Client,
    allow_private: Arc<[IpNet]>,
    lookup: Arc<dyn Lookup>,
}

/// Finds the addresses of a name: the system's resolver, unless a test has another.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// All of them, now.
    async fn addresses(&self, name: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
pub(crate) struct System;

#[async_trait]
impl Lookup for System {
    async fn addresses(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Resolves names to allowed addresses alone, so that what was checked is what is connected to:
/// a name that changes its answer meanwhile (DNS rebinding) gains nothing.
struct Guard {
    allow_private: Arc<[IpNet]>,
    lookup: Arc<dyn Lookup>,
}

#[derive(Debug, thiserror::Error)]
enum NoAddress {
    #[error("no allowed address")]
    Refused(IpAddr),
    #[error("the name does not resolve")]
    Unknown,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (allow_private, lookup) = (Arc::clone(&self.allow_private), Arc::clone(&self.lookup));
        Box::pin(async move {
            let found = lookup.addresses(name.as_str()).await.map_err(|_| NoAddress::Unknown)?;
            let allowed = found.iter().copied().filter(|ip| address::allowed(*ip, &allow_private));
            // The client puts the address's own port in the place of the zero.
            let allowed: Vec<SocketAddr> = allowed.map(|ip| SocketAddr::new(ip, 0)).collect();
            match (allowed.is_empty(), found.first()) {
                (true, Some(refused)) => Err(NoAddress::Refused(*refused).into()),
                (true, None) => Err(NoAddress::Unknown.into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

impl Outbound {
    pub(crate) fn new(config: OutboundConfig, lookup: Arc<dyn Lookup>) -> Result<Self, UpstreamError> {
        let allow_private: Arc<[IpNet]> = config.allow_private.into();
        let build = |policy: Policy| {
            Client::builder()
                .user_agent(concat!("Coffer/", env!("CARGO_PKG_VERSION")))
                .dns_resolver(Arc::new(Guard {
                    allow_private: Arc::clone(&allow_private),
                    lookup: Arc::clone(&lookup),
                }))
                .redirect(policy)
                .no_proxy()
                .timeout(config.timeout)
                .connect_timeout(config.timeout)
                .build()
                .map_err(|error| UpstreamError::Build(format!("TLS could not be set up: {error}")))
        };
        let same_origin = Policy::custom(|attempt| {
            let previous = attempt.previous();
            let stays = previous.last().is_some_and(|last| last.origin() == attempt.url().origin());
            if stays && previous.len() <= MOST_REDIRECTS { attempt.follow() } else { attempt.stop() }
        });
        Ok(Self {
            strict: build(Policy::none())?,
            reader: build(same_origin)?,
            allow_private: Arc::clone(&allow_private),
            lookup,
        })
    }

    /// A token request. Overload and breakage of the provider (429, 5xx) are errors here.
    pub(crate) async fn post(&self, request: HttpRequest) -> Result<HttpResponse, OutboundError> {
        let (parts, body) = request.into_parts();
        let url =
            Url::parse(&parts.uri.to_string()).map_err(|_| OutboundError::Failed("the provider".into()))?;
        let host = self.check(&url).await?;
        let mut headers = parts.headers;
        headers.insert(ACCEPT, http::HeaderValue::from_static("application/json"));
        let request = self.strict.request(parts.method, url).headers(headers).body(body);
        read(&host, send(Purpose::Token, &host, request).await?, LONGEST_ANSWER).await
    }

    /// A document that a stranger publishes: no redirect, no more than `longest` bytes of it.
    pub(crate) async fn document(&self, url: &Url, longest: usize) -> Result<HttpResponse, OutboundError> {
        let host = self.check(url).await?;
        let request = self.strict.get(url.clone()).header(ACCEPT, "application/json");
        read(&host, send(Purpose::Document, &host, request).await?, longest).await
    }

    /// A document, with a bearer token where there is one.
    pub(crate) async fn get(
        &self,
        url: &Url,
        bearer: Option<&Secret>,
    ) -> Result<HttpResponse, OutboundError> {
        let host = self.check(url).await?;
        let mut request = self.reader.get(url.clone()).header(ACCEPT, "application/json");
        if let Some(token) = bearer {
            request = request.bearer_auth(token.reveal());
        }
        read(&host, send(Purpose::Document, &host, request).await?, LONGEST_ANSWER).await
    }

    /// A call of a provider's API with a bearer token: a GET, or a POST of JSON where there is a body.
    pub(crate) async fn call(
        &self,
        url: &Url,
        bearer: &Secret,
        headers: &BTreeMap<String, String>,
        body: Option<&str>,
    ) -> Result<HttpResponse, OutboundError> {
        let host = self.check(url).await?;
        let mut request = match body {
            None => self.reader.get(url.clone()),
            Some(json) => {
                let json = (!json.is_empty()).then(|| (CONTENT_TYPE, "application/json", json.to_owned()));
                let post = self.strict.post(url.clone());
                match json {
                    Some((name, kind, json)) => post.header(name, kind).body(json),
                    None => post.header(CONTENT_LENGTH, 0),
                }
            }
        };
        request = request.header(ACCEPT, "application/json").bearer_auth(bearer.reveal());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        read(&host, send(Purpose::Call, &host, request).await?, LONGEST_ANSWER).await
    }

    /// Posts something to whoever wants to be told it. Any status is an answer.
    pub(crate) async fn notify(
        &self,
        url: &Url,
        headers: &[(&'static str, String)],
        kind: &'static str,
        body: String,
    ) -> Result<Answer, OutboundError> {
        let host = self.check(url).await?;
        let mut request = self.strict.post(url.clone()).header(CONTENT_TYPE, kind).body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut response = send(Purpose::Notice, &host, request).await?;
        let mut body = Vec::new();
        while body.len() < BEGINNING
            && let Some(chunk) = response.chunk().await.map_err(|error| explain(&host, &error))?
        {
            body.extend_from_slice(&chunk[..chunk.len().min(BEGINNING - body.len())]);
        }
        Ok(Answer {
            status: response.status().as_u16(),
            beginning: readable(&body),
            retry_after: retry_after(&response),
        })
    }

    /// The scheme, and the address where the host is one already. Names are checked as they resolve;
    /// plain http is for hosts that are wholly inside the allowed private networks.
    async fn check(&self, url: &Url) -> Result<String, OutboundError> {
        let host = url.host_str().unwrap_or("the provider").to_owned();
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            _ => None,
        };
        if let Some(ip) = literal.filter(|ip| !address::allowed(*ip, &self.allow_private)) {
            return Err(OutboundError::Private { host, address: ip });
        }
        match url.scheme() {
            "https" => Ok(host),
            "http" if self.is_inside(&host, literal).await => Ok(host),
            _ => Err(OutboundError::NotHttps(host)),
        }
    }

    async fn is_inside(&self, host: &str, literal: Option<IpAddr>) -> bool {
        if let Some(ip) = literal {
            return address::explicitly_allowed(ip, &self.allow_private);
        }
        let Ok(found) = self.lookup.addresses(host).await else { return false };
        // Loopback names answer with both families; only allowed addresses are used.
        let mut used = found.into_iter().filter(|ip| address::allowed(*ip, &self.allow_private)).peekable();
        used.peek().is_some() && used.all(|ip| address::explicitly_allowed(ip, &self.allow_private))
    }
}

/// What a request is for, in the metrics.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Token,
    Document,
    Call,
    Notice,
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Document => "document",
            Self::Call => "call",
            Self::Notice => "notice",
        }
    }
}

/// Sends it, and notes how long the answer took.
async fn send(purpose: Purpose, host: &str, request: RequestBuilder) -> Result<Response, OutboundError> {
    let started = Instant::now();
    let span = tracing::info_span!(
        target: TRACES,
        "outbound",
        otel.name = format!("{} {host}", purpose.label()),
        otel.kind = "client",
        otel.status_code = Empty,
        server.address = host,
        http.response.status_code = Empty,
    );
    let sent = request.send().instrument(span.clone()).await;
    let answered = sent.as_ref().ok().map(Response::status);
    span.record("http.response.status_code", answered.map(|status| status.as_u16()));
    if answered.is_none_or(|status| status.is_client_error() || status.is_server_error()) {
        span.record("otel.status_code", "ERROR");
    }
    let status = answered.map_or_else(|| "0".to_owned(), |status| status.as_str().to_owned());
    // Administrators choose who is asked for tokens; elsewhere a stranger could make a time series of every name.
    let named = if purpose == Purpose::Token { host.to_owned() } else { String::new() };
    let labels = [("purpose", purpose.label().to_owned()), ("host", named), ("status", status)];
    metrics::histogram!("coffer_outbound_request_duration_seconds", &labels).record(started.elapsed());
    sent.map_err(|error| explain(host, &error))
}

fn explain(host: &str, error: &reqwest::Error) -> OutboundError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = source {
        let host = || host.to_owned();
        match inner.downcast_ref::<NoAddress>() {
            Some(NoAddress::Refused(address)) => {
                return OutboundError::Private { host: host(), address: *address };
            }
            Some(NoAddress::Unknown) => return OutboundError::Name(host()),
            None => {}
        }
        source = inner.source();
    }
    let host = host.to_owned();
    match () {
        () if error.is_timeout() => OutboundError::TimeOut(host),
        () if error.is_connect() => OutboundError::Connect(host),
        () => OutboundError::Failed(host),
    }
}

/// What the answer asks for, in seconds. The other form, a date, is not used by providers.
fn retry_after(response: &Response) -> Option<u64> {
    response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

async fn read(host: &str, mut response: Response, longest: usize) -> Result<HttpResponse, OutboundError> {
    let status = response.status();
    if status.is_server_error() || status.as_u16() == 429 {
        let retry_after = retry_after(&response);
        return Err(OutboundError::Status { host: host.to_owned(), status: status.as_u16(), retry_after });
    }
    let headers = response.headers().clone();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| explain(host, &error))? {
        if body.len() + chunk.len() > longest {
            return Err(OutboundError::TooLong(host.to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    let mut answer = http::Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}
