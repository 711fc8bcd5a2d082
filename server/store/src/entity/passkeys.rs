//! Passkeys of administrators: public keys, and what their authenticators said last.

use coffer_contract::{Timestamp, second_factor::FactorKind};
use coffer_core::{
    factor::Factor,
    ids::{AdministratorId, FactorId},
};
use sea_orm::entity::prelude::*;

use crate::row::instant;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "passkeys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub administrator: String,
    pub name: String,
    pub user_handle: Vec<u8>,
    #[sea_orm(unique)]
    pub credential_id: Vec<u8>,
    pub transports: i64,
    pub public_state: Vec<u8>,
    pub changing_state: Vec<u8>,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Factor {
    fn from(row: Model) -> Self {
        Self {
            id: FactorId::from_text(row.id),
            administrator: AdministratorId::from_text(row.administrator),
            kind: FactorKind::Passkey,
            name: row.name,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: instant(row.last_used_at),
        }
    }
}
