//! Authorization requests on their way.

use coffer_contract::Timestamp;
use coffer_core::authorization::Interaction;
use coffer_crypto::TokenHash;
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interactions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub handle_hash: Vec<u8>,
    pub client_id: String,
    pub request: String,
    pub stage: String,
    pub browser_hash: Vec<u8>,
    pub expires_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Interaction {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::hashed("interactions", &row.handle_hash);
        Ok(Self {
            request: at.json("request", &row.request)?,
            stage: at.json("stage", &row.stage)?,
            browser_hash: *at.hash("browser_hash", &row.browser_hash)?.as_bytes(),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}

impl Model {
    /// The row of an interaction.
    pub fn new(handle: &TokenHash, interaction: &Interaction) -> Result<Self, StoreError> {
        Ok(Self {
            handle_hash: handle.as_bytes().to_vec(),
            client_id: interaction.request.client_id.to_string(),
            request: to_json(&interaction.request)?,
            stage: to_json(&interaction.stage)?,
            browser_hash: interaction.browser_hash.to_vec(),
            expires_at: interaction.expires_at.millis(),
        })
    }
}
