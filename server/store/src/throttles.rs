//! Counted failures. A window begins with the first failure and ends a fixed time later.

use coffer_contract::Timestamp;
use coffer_crypto::TokenHash;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{Store, StoreError, entity::throttles as table};

/// Counted failures.
#[derive(Clone, Debug)]
pub struct Throttles(pub(crate) Store);

impl Throttles {
    /// Failures in the window that is open at `now`, and when that window ends.
    pub async fn standing(&self, key: &TokenHash, now: Timestamp) -> Result<(u32, Timestamp), StoreError> {
        let row = table::Entity::find_by_id(key.as_bytes().to_vec())
            .filter(table::Column::ExpiresAt.gt(now.millis()))
            .one(self.0.read())
            .await?;
        Ok(row.map_or((0, now), |row| (count(row.failures), Timestamp::from_millis(row.expires_at))))
    }

    /// Counts a failure at `now`. Returns how many there are in the window, this one included.
    pub async fn record(
        &self,
        key: &TokenHash,
        now: Timestamp,
        window_seconds: i64,
    ) -> Result<u32, StoreError> {
        let tx = self.0.begin().await?;
        let id = key.as_bytes().to_vec();
        let open = table::Entity::find_by_id(id.clone()).one(&tx).await?;
        let fresh =
            table::Model { key_hash: id, failures: 1, expires_at: now.plus_seconds(window_seconds).millis() };
        let failures = match open {
            None => {
                table::Entity::insert(fresh.into_active_model()).exec_without_returning(&tx).await?;
                1
            }
            Some(row) => {
                let next = if row.expires_at > now.millis() {
                    table::Model { failures: row.failures.saturating_add(1), ..row }
                } else {
                    fresh
                };
                let failures = next.failures;
                next.into_active_model().reset_all().update(&tx).await?;
                failures
            }
        };
        tx.commit().await?;
        Ok(count(failures))
    }

    /// Counts an attempt as failed under each of these keys, until it is known to have succeeded: however
    /// many are made at once, no more than the limits are let through. Otherwise says when to come back.
    pub async fn attempt(
        &self,
        limits: &[(&TokenHash, u32)],
        now: Timestamp,
        window_seconds: i64,
    ) -> Result<Result<(), Timestamp>, StoreError> {
        for (key, limit) in limits {
            let (failures, until) = self.standing(key, now).await?;
            if failures >= *limit {
                return Ok(Err(until));
            }
        }
        for (key, limit) in limits {
            if self.record(key, now, window_seconds).await? > *limit {
                return Ok(Err(self.standing(key, now).await?.1));
            }
        }
        Ok(Ok(()))
    }

    /// Takes one failure back.
    pub async fn forgive(&self, key: &TokenHash) -> Result<(), StoreError> {
        table::Entity::update_many()
            .col_expr(table::Column::Failures, Expr::col(table::Column::Failures).sub(1))
            .filter(table::Column::KeyHash.eq(key.as_bytes().to_vec()))
            .filter(table::Column::Failures.gt(0))
            .exec(self.0.write())
            .await?;
        Ok(())
    }

    /// Forgets the failures.
    pub async fn clear(&self, key: &TokenHash) -> Result<(), StoreError> {
        table::Entity::delete_by_id(key.as_bytes().to_vec()).exec(self.0.write()).await?;
        Ok(())
    }
}

fn count(failures: i64) -> u32 {
    u32::try_from(Ord::max(failures, 0)).unwrap_or(u32::MAX)
}
