//! First answers to requests that may come again (draft-ietf-httpapi-idempotency-key-header).

use coffer_contract::Timestamp;
use coffer_core::hex::hex;
use coffer_crypto::{Sealed, TokenHash};
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};

use crate::{Store, StoreError, entity::idempotent_answers as table, row::Row};

/// First answers to requests that may come again.
#[derive(Clone, Debug)]
pub struct IdempotentAnswers(pub(crate) Store);

/// The first answer to a request.
#[derive(Clone, Debug)]
pub struct FirstAnswer {
    /// Tells the request from others under the same key.
    pub fingerprint: TokenHash,
    /// The answer.
    pub answer: Sealed,
}

/// The row of a key, for the place that its answer is sealed for.
pub fn idempotent_row(key: &TokenHash) -> String {
    hex(key.as_bytes())
}

impl IdempotentAnswers {
    /// The answer under a key that is good at `now`.
    pub async fn get(&self, key: &TokenHash, now: Timestamp) -> Result<Option<FirstAnswer>, StoreError> {
        let found = table::Entity::find_by_id(idempotent_row(key))
            .filter(table::Column::ExpiresAt.gt(now.millis()))
            .one(self.0.read())
            .await?;
        found
            .map(|row| {
                Ok(FirstAnswer {
                    fingerprint: Row::new("idempotent_answers", &row.id)
                        .hash("fingerprint", &row.fingerprint)?,
                    answer: Sealed::from_bytes(row.answer),
                })
            })
            .transpose()
    }

    /// Keeps an answer until `expires_at`, in place of one that has ended. Conflict over `key` when there is
    /// one that has not.
    pub async fn keep(
        &self,
        key: &TokenHash,
        first: &FirstAnswer,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let id = idempotent_row(key);
        table::Entity::delete_many()
            .filter(table::Column::Id.eq(id.as_str()))
            .filter(table::Column::ExpiresAt.lte(now.millis()))
            .exec(self.0.write())
            .await?;
        let row = table::Model {
            id,
            fingerprint: first.fingerprint.as_bytes().to_vec(),
            answer: first.answer.as_bytes().to_vec(),
            expires_at: expires_at.millis(),
        };
        table::Entity::insert(row.into_active_model())
            .exec_without_returning(self.0.write())
            .await
            .map_err(StoreError::unique("key"))?;
        Ok(())
    }
}
