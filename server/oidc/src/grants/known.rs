//! Releases that were made before, and are asked for again in the same words: agents do that all day. What such a
//! release rests on is compared with the database, in the transaction that records it; nothing else is read
//! (`docs/decisions/0019-remembered-releases.md`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use coffer_core::{Timestamp, ids::ClientId};
use coffer_crypto::TokenHash;
use coffer_store::Basis;
use coffer_vault::{Repeated, Stored};
use hashlink::LruCache;

use super::{
    TokenRequest, TokenResponse,
    subject::REFRESH_TOKEN_TYPE,
    vault::{FEDERATED_TOKEN_TYPE, response},
};
use crate::{Oidc, client_auth::Credentials, dpop::Proofs, error::EndpointError};

/// Releases that are remembered, those asked for last.
const MOST: usize = 10_000;

/// All of a vault request that its answer depends on. Secrets are hashed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Question {
    client_id: ClientId,
    secret: [u8; 32],
    token: [u8; 32],
    connection: String,
    login_hint: Option<String>,
}

impl Question {
    /// What is asked, where the application proves itself with its secret and shows a refresh token.
    pub(super) fn of(request: &TokenRequest, credentials: &Credentials, proofs: &Proofs) -> Option<Self> {
        let kinds = (request.subject_token_type.as_deref(), request.requested_token_type.as_deref());
        if kinds != (Some(REFRESH_TOKEN_TYPE), Some(FEDERATED_TOKEN_TYPE)) || !proofs.headers.is_empty() {
            return None;
        }
        let (client_id, secret) = credentials.secret()?;
        Some(Self {
            client_id,
            secret: *TokenHash::of(secret.reveal()).as_bytes(),
            token: *TokenHash::of(request.subject_token.as_ref()?.reveal()).as_bytes(),
            connection: request.connection.clone()?,
            login_hint: request.login_hint.clone(),
        })
    }

    fn token(&self) -> TokenHash {
        TokenHash::from_bytes(self.token)
    }
}

/// What was released, and what that rested on.
pub(super) struct Answer {
    pub(super) stored: Stored,
    pub(super) basis: Basis,
    /// When the refresh token ends.
    pub(super) until: Timestamp,
}

/// Releases that were made, in this process alone.
pub(crate) struct Known(Mutex<LruCache<Question, Arc<Answer>>>);

impl Default for Known {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl Known {
    fn lock(&self) -> MutexGuard<'_, LruCache<Question, Arc<Answer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Oidc {
    /// What a release would rest on now: asked before anything is read for it, so that a change meanwhile shows.
    pub(super) async fn basis(&self, question: &Question) -> Result<Option<Basis>, coffer_store::StoreError> {
        self.store.releases().basis(&question.token(), &question.connection).await
    }

    pub(super) fn remember(&self, question: Question, answer: Answer) {
        self.known.lock().insert(question, Arc::new(answer));
    }

    /// The answer that was given before, where it would be given again. Where not, or where this fails, it is
    /// forgotten, and the request goes the long way, which says why. A database that cannot do its work is not asked
    /// a second time.
    pub(super) async fn once_more(
        &self,
        question: &Question,
        ip: Option<&str>,
    ) -> Result<Option<TokenResponse>, EndpointError> {
        let Some(answer) = self.known.lock().get(question).cloned() else { return Ok(None) };
        if self.clock.now() < answer.until {
            let repeated = Repeated {
                stored: &answer.stored,
                basis: &answer.basis,
                token: &question.token(),
                connection: &question.connection,
                client_id: &question.client_id,
                ip,
            };
            match self.vault.release_again(repeated).await {
                Ok(Some(released)) => {
                    metrics::counter!("coffer_releases_remembered_total").increment(1);
                    return Ok(Some(response(released, FEDERATED_TOKEN_TYPE)));
                }
                Ok(None) => {}
                Err(error) if error.is_unavailable() => {
                    return Err(EndpointError::Database(error.to_string()));
                }
                Err(error) => tracing::debug!(%error, "a release could not be repeated"),
            }
        }
        self.known.lock().remove(question);
        Ok(None)
    }
}
