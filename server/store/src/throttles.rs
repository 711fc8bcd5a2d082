//! Counted failures. A window begins with the first failure and ends a fixed time later.

use coffer_contract::Timestamp;
use coffer_crypto::TokenHash;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::{Expr, ExprTrait as _, OnConflict},
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
        let id = key.as_bytes().to_vec();
        let expires_at = now.plus_seconds(window_seconds).millis();
        let first = table::Model { key_hash: id.clone(), failures: 1, expires_at };
        let known = |column: table::Column| Expr::col((table::Entity, column));
        let open = known(table::Column::ExpiresAt).gt(now.millis());
        // One statement, so that none of those who count at the same time is left out.
        let again = OnConflict::column(table::Column::KeyHash)
            .values([
                (
                    table::Column::Failures,
                    Expr::case(open.clone(), known(table::Column::Failures).add(1_i64)).finally(1_i64).into(),
                ),
                (
                    table::Column::ExpiresAt,
                    Expr::case(open, known(table::Column::ExpiresAt)).finally(expires_at).into(),
                ),
            ])
            .to_owned();
        let tx = self.0.begin().await?;
        table::Entity::insert(first.into_active_model())
            .on_conflict(again)
            .exec_without_returning(&tx)
            .await?;
        let counted = table::Entity::find_by_id(id).one(&tx).await?;
        tx.commit().await?;
        Ok(count(counted.map_or(1, |row| row.failures)))
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
