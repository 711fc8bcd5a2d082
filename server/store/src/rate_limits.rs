//! Rate limits that the nodes over one database share: a bucket of tokens each (the generic cell rate algorithm,
//! ITU-T I.371), of which only the instant is kept when it is full again.

use std::num::NonZeroU32;

use coffer_contract::Timestamp;
use coffer_crypto::TokenHash;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

use crate::{Store, StoreError, entity::rate_limits as table};

/// Rate limits that the nodes share.
#[derive(Clone, Debug)]
pub struct RateLimits(pub(crate) Store);

/// What is left of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Whether there was a token to take.
    pub taken: bool,
    /// Microseconds from now until the bucket is full again.
    pub full_in: u64,
}

impl RateLimits {
    /// Takes a token out of the bucket under `key`, which holds `burst` and gets a new one each `interval_micros`.
    pub async fn take(
        &self,
        key: &TokenHash,
        now: Timestamp,
        interval_micros: i64,
        burst: NonZeroU32,
    ) -> Result<Bucket, StoreError> {
        let id = key.as_bytes().to_vec();
        let now = now.millis().saturating_mul(1000);
        let deepest = interval_micros.saturating_mul(i64::from(burst.get()) - 1);
        let full_at = || Expr::col((table::Entity, table::Column::FullAt));
        let next = Expr::case(full_at().gt(now), full_at().add(interval_micros))
            .finally(now.saturating_add(interval_micros));
        let again = OnConflict::column(table::Column::KeyHash)
            .value(table::Column::FullAt, next)
            .action_and_where(full_at().lte(now.saturating_add(deepest)))
            .to_owned();
        let first = table::Model { key_hash: id.clone(), full_at: now.saturating_add(interval_micros) };
        let taken = table::Entity::insert(first.into_active_model())
            .on_conflict(again)
            .exec_without_returning(self.0.write())
            .await?;
        let left = table::Entity::find_by_id(id).one(self.0.read()).await?.map_or(now, |row| row.full_at);
        Ok(Bucket { taken: taken > 0, full_in: u64::try_from(left.saturating_sub(now)).unwrap_or(0) })
    }

    /// Forgets the buckets that are full at `now`.
    pub async fn forget(&self, now: Timestamp) -> Result<u64, StoreError> {
        let full = table::Column::FullAt.lte(now.millis().saturating_mul(1000));
        Ok(table::Entity::delete_many().filter(full).exec(self.0.write()).await?.rows_affected)
    }
}
