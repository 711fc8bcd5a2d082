//! Devices that wait for a person. Their tokens begin in [`crate::Tokens`].

use coffer_contract::Timestamp;
use coffer_core::{
    audit::AuditEvent,
    device::{DeviceAuthorization, DeviceStage, Polling},
    ids::DeviceId,
};
use coffer_crypto::TokenHash;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::Expr,
};

use crate::{
    Store, StoreError, audit,
    entity::devices as table,
    row::{millis, to_json},
};

/// Devices that wait for a person.
#[derive(Clone, Debug)]
pub struct Devices(pub(crate) Store);

/// Moves a device on, within the caller's transaction, if it still stands at `from`. Returns how many moved.
pub(crate) async fn advance<C: ConnectionTrait>(
    db: &C,
    id: &DeviceId,
    from: &DeviceStage,
    to: &DeviceStage,
) -> Result<u64, StoreError> {
    let moved = table::Entity::update_many()
        .col_expr(table::Column::Stage, Expr::value(to_json(to)?))
        .filter(table::Column::Id.eq(id.as_str()))
        .filter(table::Column::Stage.eq(to_json(from)?))
        .exec(db)
        .await?;
    Ok(moved.rows_affected)
}

impl Devices {
    /// Adds one. Conflict over `user code` when another device has the same.
    pub async fn create(
        &self,
        id: &DeviceId,
        device_code: &TokenHash,
        user_code: &TokenHash,
        device: &DeviceAuthorization,
    ) -> Result<(), StoreError> {
        let row = table::Model::new(id, device_code, user_code, device)?.into_active_model();
        table::Entity::insert(row)
            .exec_without_returning(self.0.write())
            .await
            .map_err(StoreError::unique("user code"))?;
        Ok(())
    }

    /// By user code, unless it has ended at `now`.
    pub async fn by_user_code(
        &self,
        user_code: &TokenHash,
        now: Timestamp,
    ) -> Result<Option<DeviceAuthorization>, StoreError> {
        let row = table::Entity::find()
            .filter(table::Column::UserCodeHash.eq(user_code.as_bytes().to_vec()))
            .filter(table::Column::ExpiresAt.gt(now.millis()))
            .one(self.0.read())
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    /// By device code. One that ended is found too, for an hour, so that its device is told.
    pub async fn by_device_code(
        &self,
        device_code: &TokenHash,
    ) -> Result<Option<(DeviceId, DeviceAuthorization)>, StoreError> {
        let row = table::Entity::find()
            .filter(table::Column::DeviceCodeHash.eq(device_code.as_bytes().to_vec()))
            .one(self.0.read())
            .await?;
        row.map(|row| Ok((DeviceId::from_text(row.id.clone()), row.try_into()?))).transpose()
    }

    /// By id, unless it has ended at `now`.
    pub async fn get(
        &self,
        id: &DeviceId,
        now: Timestamp,
    ) -> Result<Option<DeviceAuthorization>, StoreError> {
        let row = table::Entity::find_by_id(id.as_str())
            .filter(table::Column::ExpiresAt.gt(now.millis()))
            .one(self.0.read())
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    /// Notes a poll.
    pub async fn polled(&self, id: &DeviceId, polling: Polling) -> Result<(), StoreError> {
        table::Entity::update_many()
            .col_expr(table::Column::Interval, Expr::value(polling.interval))
            .col_expr(table::Column::PolledAt, Expr::value(millis(polling.polled_at)))
            .filter(table::Column::Id.eq(id.as_str()))
            .exec(self.0.write())
            .await?;
        Ok(())
    }

    /// The person decided: moves on, if the device still stands at `from`. False, and no event, when it
    /// does not.
    pub async fn decide(
        &self,
        id: &DeviceId,
        from: &DeviceStage,
        to: &DeviceStage,
        event: AuditEvent,
    ) -> Result<bool, StoreError> {
        let tx = self.0.begin().await?;
        let moved = advance(&tx, id, from, to).await?;
        audit::settle(tx, moved, event).await
    }
}
