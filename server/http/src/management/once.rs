//! Requests that make something, once: what they do is one transaction, and with an `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header) the answer is kept in it, so that the same request coming again
//! gets the same answer and does nothing, even when the server stopped in between. One that comes while
//! the first is worked on waits for it.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use coffer_admin::Editor;
use coffer_core::Timestamp;
use coffer_crypto::TokenHash;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{answer::versioned, caller::Caller, refusal::Refusal};
use crate::AppState;

/// How long an answer is kept, in seconds: a day.
const KEPT_SECONDS: i64 = 24 * 3600;
/// Longest key.
const LONGEST_KEY: usize = 255;

/// A request that makes something.
pub(crate) struct Once {
    state: AppState,
    pub(crate) caller: Caller,
    pub(crate) bytes: Bytes,
    key: Option<Key>,
}

struct Key {
    key: TokenHash,
    fingerprint: TokenHash,
}

/// What came of it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) version: i64,
}

impl Made {
    /// A new thing.
    pub(crate) fn created(body: Value, version: i64) -> Self {
        Self { status: 201, body, version }
    }

    fn response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::CREATED);
        versioned(status, self.body, self.version)
    }
}

impl FromRequest<AppState> for Once {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Refusal> {
        let caller = request.extensions().get::<Caller>().cloned().ok_or(Refusal::Inside)?;
        let header = request.headers().get("idempotency-key").cloned();
        let line = format!("{} {}", request.method(), request.uri());
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Refusal::body("The body could not be read: it is cut off, or too long."))?;
        let key = header.map(|header| read_key(&header, &caller, &line, &bytes)).transpose()?;
        Ok(Self { state: state.clone(), caller, bytes, key })
    }
}

fn read_key(header: &HeaderValue, caller: &Caller, line: &str, bytes: &[u8]) -> Result<Key, Refusal> {
    let text = header.to_str().unwrap_or_default().trim();
    if text.is_empty() || text.len() > LONGEST_KEY {
        let message = format!("Idempotency-Key: Use from 1 to {LONGEST_KEY} printable characters.");
        return Err(Refusal::Invalid { code: "invalid_idempotency_key", message });
    }
    let body = String::from_utf8_lossy(bytes);
    Ok(Key {
        key: TokenHash::of(&format!("{}\n{text}", caller.client_id)),
        fingerprint: TokenHash::of(&format!("{line}\n{body}")),
    })
}

impl Once {
    /// Does it, unless it was done before under the same key. What `make` does through the use cases that it is
    /// given counts as a whole, or not at all when it fails. `signed` is who does it.
    pub(crate) async fn run<F>(
        self,
        signed: Editor,
        make: impl FnOnce(Editor) -> F,
    ) -> Result<Response, Refusal>
    where
        F: Future<Output = Result<Made, Refusal>>,
    {
        let failed = |error| Refusal::of(error, "inexistent", &[]);
        let (within, together) = signed.together().await.map_err(failed)?;
        let now = self.state.clock.now();
        if let Some(made) = self.known(&within, now).await? {
            let mut response = made.response();
            let replayed = HeaderName::from_static("idempotency-replayed");
            response.headers_mut().insert(replayed, HeaderValue::from_static("true"));
            return Ok(response);
        }
        let made = make(within.clone()).await?;
        self.keep(&within, &made, now).await?;
        signed.commit(together).await.map_err(failed)?;
        Ok(made.response())
    }

    async fn known(&self, within: &Editor, now: Timestamp) -> Result<Option<Made>, Refusal> {
        let Some(Key { key, fingerprint }) = &self.key else { return Ok(None) };
        match within.first_answer(key, now).await {
            Ok(None) => Ok(None),
            Ok(Some((first, _))) if first != *fingerprint => Err(Refusal::KeyReused),
            Ok(Some((_, answer))) => serde_json::from_slice(&answer).map(Some).map_err(inside),
            Err(error) => Err(Refusal::of(error, "inexistent", &[])),
        }
    }

    async fn keep(&self, within: &Editor, made: &Made, now: Timestamp) -> Result<(), Refusal> {
        let Some(Key { key, fingerprint }) = &self.key else { return Ok(()) };
        let answer = serde_json::to_vec(made).map_err(inside)?;
        let until = now.plus_seconds(KEPT_SECONDS);
        let kept = within.keep_first_answer(key, fingerprint, &answer, until).await;
        kept.map_err(|error| Refusal::of(error, "inexistent", &[]))
    }
}

fn inside(error: impl std::fmt::Display) -> Refusal {
    tracing::error!(%error, "an answer could not be kept");
    Refusal::Inside
}
