//! Devices that wait for a person. Both their codes are there as hashes alone.

use coffer_contract::Timestamp;
use coffer_core::{
    device::{DeviceAuthorization, Polling},
    ids::DeviceId,
};
use coffer_crypto::TokenHash;
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, instant, millis, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "devices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub device_code_hash: Vec<u8>,
    pub user_code_hash: Vec<u8>,
    pub client_id: String,
    pub request: String,
    pub stage: String,
    pub interval: i64,
    pub polled_at: Option<i64>,
    pub expires_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for DeviceAuthorization {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("devices", &row.id);
        Ok(Self {
            request: at.json("request", &row.request)?,
            stage: at.json("stage", &row.stage)?,
            polling: Polling {
                interval: at.count("interval", row.interval)?,
                polled_at: instant(row.polled_at),
            },
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}

impl Model {
    /// The row of a device whose codes are about to be handed out.
    pub fn new(
        id: &DeviceId,
        device_code: &TokenHash,
        user_code: &TokenHash,
        device: &DeviceAuthorization,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            id: id.to_string(),
            device_code_hash: device_code.as_bytes().to_vec(),
            user_code_hash: user_code.as_bytes().to_vec(),
            client_id: device.request.client_id.to_string(),
            request: to_json(&device.request)?,
            stage: to_json(&device.stage)?,
            interval: device.polling.interval,
            polled_at: millis(device.polling.polled_at),
            expires_at: device.expires_at.millis(),
        })
    }
}
