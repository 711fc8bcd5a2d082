//! Authorization requests on their way.

use coffer_contract::Timestamp;
use coffer_core::authorization::{Interaction, Stage};
use coffer_crypto::TokenHash;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, sea_query::Expr};

use crate::{Store, StoreError, entity::interactions as table, row::to_json};

/// Authorization requests on their way, by the hash of their handle.
#[derive(Clone, Debug)]
pub struct Interactions(pub(crate) Store);

impl Interactions {
    /// Adds one.
    pub async fn create(&self, handle: &TokenHash, interaction: &Interaction) -> Result<(), StoreError> {
        table::Entity::insert(table::Model::new(handle, interaction)?.into_active_model())
            .exec_without_returning(self.0.write())
            .await
            .map_err(StoreError::reference("application"))?;
        Ok(())
    }

    /// The one behind a handle, unless it has ended at `now`.
    pub async fn get(&self, handle: &TokenHash, now: Timestamp) -> Result<Option<Interaction>, StoreError> {
        let row = table::Entity::find_by_id(handle.as_bytes().to_vec())
            .filter(table::Column::ExpiresAt.gt(now.millis()))
            .one(self.0.read())
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    /// Moves it on, if it still stands at `from`. False when somebody else was faster.
    pub async fn advance(&self, handle: &TokenHash, from: &Stage, to: &Stage) -> Result<bool, StoreError> {
        let moved = table::Entity::update_many()
            .col_expr(table::Column::Stage, Expr::value(to_json(to)?))
            .filter(table::Column::HandleHash.eq(handle.as_bytes().to_vec()))
            .filter(table::Column::Stage.eq(to_json(from)?))
            .exec(self.0.write())
            .await?;
        Ok(moved.rows_affected > 0)
    }
}
