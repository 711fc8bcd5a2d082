//! Several use cases made together, or not at all.

use std::{collections::BTreeSet, sync::Arc};

use coffer_contract::{ApiError, Timestamp};
use coffer_crypto::{Context, TokenHash};
use coffer_store::{FirstAnswer, Together, idempotent_row};
use zeroize::Zeroizing;

use crate::{Call, Editor};

impl Editor {
    /// The same within one transaction, which the caller ends. No network call until then
    /// ([`Editor::having_discovered`]).
    pub async fn together(&self) -> Result<(Self, Together), ApiError> {
        let together = self.store().together().await.map_err(|e| self.visit.store_failed(e))?;
        let admin = Arc::new(self.admin().over(together.store().clone()));
        Ok((self.within(Call { admin, ..self.visit.clone() }), together))
    }

    /// Makes everything that was done within a transaction.
    pub async fn commit(&self, together: Together) -> Result<(), ApiError> {
        together.commit().await.map_err(|e| self.visit.store_failed(e))?;
        // What a deletion has left to be taken back at providers is there only now.
        self.admin().vault.wake_revoker();
        Ok(())
    }

    /// The same, with this discovery document fetched and checked.
    pub async fn having_discovered(&self, url: &str) -> Result<Self, ApiError> {
        self.check_discovery(url).await?;
        let discovered = BTreeSet::from([url.trim().to_owned()]);
        Ok(self.within(self.visit.clone().having_discovered(discovered)))
    }
}

/// Where the first answer to a request that may come again is sealed for.
fn answer_place(row: &str) -> Context<'_> {
    Context { table: "idempotent_answers", row, column: "answer" }
}

impl Editor {
    /// The first answer under a key, with what tells its request from others.
    pub async fn first_answer(
        &self,
        key: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<(TokenHash, Zeroizing<Vec<u8>>)>, ApiError> {
        let found = self.store().idempotent_answers().get(key, now).await;
        let Some(first) = found.map_err(|e| self.visit.store_failed(e))? else { return Ok(None) };
        let row = idempotent_row(key);
        let answer = self.admin().keyring.open(answer_place(&row), &first.answer).await;
        Ok(Some((first.fingerprint, answer.map_err(|e| self.visit.failed(e))?)))
    }

    /// Keeps the first answer under a key. It is sealed: it may hold a secret.
    pub async fn keep_first_answer(
        &self,
        key: &TokenHash,
        fingerprint: &TokenHash,
        answer: &[u8],
        until: Timestamp,
    ) -> Result<(), ApiError> {
        let row = idempotent_row(key);
        let sealed = self.admin().keyring.seal(self.admin().rng.as_ref(), answer_place(&row), answer);
        let first = FirstAnswer { fingerprint: *fingerprint, answer: sealed };
        let kept = self.store().idempotent_answers().keep(key, &first, self.visit.now(), until).await;
        kept.map_err(|e| self.visit.store_failed(e))
    }
}
