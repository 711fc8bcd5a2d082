//! One request to the service.

use std::path::PathBuf;
use std::time::Duration;

use coffer_crypto::{KeyServiceError, Secret};
use reqwest::{
    Client, Method, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderValue},
    redirect::Policy,
    tls::Certificate,
};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    TransitConfig, TransitError,
    wire::{Answer, Data, Errors},
};

/// Longest time for one request.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer that is read, in bytes.
const LONGEST: usize = 64 * 1024;
/// Longest text of the service's that is passed on, in characters.
const LONGEST_TEXT: usize = 200;

#[derive(Debug)]
pub(crate) struct Caller {
    client: Client,
    base: Url,
    token_file: PathBuf,
}

impl Caller {
    pub(crate) fn new(config: TransitConfig) -> Result<Self, TransitError> {
        let mut builder = Client::builder()
            .user_agent(concat!("Coffer/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .connect_timeout(TIMEOUT / 2);
        if let Some(path) = config.ca_file {
            let wrong = |reason: String| TransitError::Authorities { path: path.clone(), reason };
            let pem = std::fs::read(&path).map_err(|error| wrong(error.to_string()))?;
            let found = Certificate::from_pem_bundle(&pem).map_err(|_| wrong("not PEM".to_owned()))?;
            if found.is_empty() {
                return Err(wrong("there is no certificate in it".to_owned()));
            }
            builder = builder.tls_certs_only(found);
        }
        let client = builder.build().map_err(|error| TransitError::Build(error.to_string()))?;
        let mut base = config.address.clone();
        base.path_segments_mut()
            .map_err(|()| TransitError::Address(config.address))?
            .pop_if_empty()
            .push("v1")
            .extend(config.mount.trim_matches('/').split('/'));
        Ok(Self { client, base, token_file: config.token_file })
    }

    pub(crate) async fn call<T: Answer>(
        &self,
        method: Method,
        path: &[&str],
        body: Option<Zeroizing<String>>,
    ) -> Result<T, KeyServiceError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        let token = self.token().await?;
        let mut header = HeaderValue::from_str(token.reveal())
            .map_err(|_| self.token_refused("has something else than a token in it"))?;
        header.set_sensitive(true);
        let mut request = self
            .client
            .request(method, url)
            .header("X-Vault-Token", header)
            // Refuses to be sent on by a page in somebody's browser.
            .header("X-Vault-Request", "true");
        if let Some(body) = body {
            // The copy within the request is out of reach; it goes when the request is done.
            request = request.header(CONTENT_TYPE, "application/json").body(body.as_bytes().to_vec());
        }
        let answer = request.send().await.map_err(|error| KeyServiceError::Unavailable(reason(&error)))?;
        let status = answer.status();
        let text = read(answer).await?;
        if !status.is_success() {
            return Err(refusal(status, &text));
        }
        let data: Result<Data<T>, _> = serde_json::from_slice(&text);
        data.map(|data| data.data)
            .map_err(|_| KeyServiceError::Refused("its answer is none of a transit engine".into()))
    }

    async fn token(&self) -> Result<Secret, KeyServiceError> {
        let text = tokio::fs::read_to_string(&self.token_file).await;
        let text = Zeroizing::new(text.map_err(|error| self.token_refused(&error.to_string()))?);
        match text.trim() {
            "" => Err(self.token_refused("is empty")),
            token => Ok(Secret::new(token)),
        }
    }

    fn token_refused(&self, why: &str) -> KeyServiceError {
        KeyServiceError::Refused(format!("keys.service.token_file {}: {why}", self.token_file.display()))
    }
}

async fn read(mut answer: Response) -> Result<Zeroizing<Vec<u8>>, KeyServiceError> {
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST));
    let broken = |error: reqwest::Error| KeyServiceError::Unavailable(reason(&error));
    while let Some(chunk) = answer.chunk().await.map_err(broken)? {
        if text.len() + chunk.len() > LONGEST {
            return Err(KeyServiceError::Refused("its answer is too long".into()));
        }
        text.extend_from_slice(&chunk);
    }
    Ok(text)
}

/// What an answer other than success means (the API's documentation, "HTTP status codes").
fn refusal(status: StatusCode, text: &[u8]) -> KeyServiceError {
    let errors: Errors = serde_json::from_slice(text).unwrap_or_default();
    let said: String =
        errors.errors.join("; ").chars().filter(|c| !c.is_control()).take(LONGEST_TEXT).collect();
    let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
    match status {
        StatusCode::FORBIDDEN => KeyServiceError::Refused(format!(
            "the token in keys.service.token_file is wrong, has ended, or may not do this{said}"
        )),
        StatusCode::NOT_FOUND => KeyServiceError::Refused(format!(
            "there is no such key; look at keys.service.mount and keys.service.key{said}"
        )),
        StatusCode::TOO_MANY_REQUESTS => KeyServiceError::Unavailable(format!("too many requests{said}")),
        // 412: a replica that is behind; 472, 473: standby nodes.
        status if status.is_server_error() || [412, 472, 473].contains(&status.as_u16()) => {
            KeyServiceError::Unavailable(format!("it answered with status {}{said}", status.as_u16()))
        }
        status => KeyServiceError::Refused(format!("it answered with status {}{said}", status.as_u16())),
    }
}

/// The innermost cause says most. Its address has no secret in it.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
