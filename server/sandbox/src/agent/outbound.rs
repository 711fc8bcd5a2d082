//! The agent's way out: to Coffer and to the sandbox provider. No redirects, bounded time and size.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Client, redirect::Policy};
use thiserror::Error;

/// Longest time for a whole request. Coffer itself waits up to 30 seconds for a provider.
const LONGEST: Duration = Duration::from_secs(35);
/// Longest time for a connection: both are on this computer, or near.
const LONGEST_CONNECT: Duration = Duration::from_secs(5);
/// Longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 256 * 1024;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum NoAnswer {
    #[error("nothing listens there")]
    Connect,
    #[error("it took too long")]
    TimeOut,
    #[error("the answer is too long")]
    TooLong,
    #[error("the connection broke off")]
    Broken,
}

impl From<reqwest::Error> for NoAnswer {
    fn from(error: reqwest::Error) -> Self {
        match () {
            () if error.is_timeout() => Self::TimeOut,
            () if error.is_connect() => Self::Connect,
            () => Self::Broken,
        }
    }
}

/// The way out.
pub(super) struct Outbound(Client);

impl Outbound {
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(concat!("Coffer-example-agent/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .no_proxy()
            .timeout(LONGEST)
            .connect_timeout(LONGEST_CONNECT)
            .build()?;
        Ok(Self(client))
    }

    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let mut response = self.0.execute(request.try_into()?).await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(NoAnswer::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

impl<'c> AsyncHttpClient<'c> for Outbound {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
