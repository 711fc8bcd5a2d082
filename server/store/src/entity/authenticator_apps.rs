//! Authenticator apps of administrators, each with its secret sealed. One that nobody confirmed is no factor.

use coffer_contract::{Timestamp, second_factor::FactorKind};
use coffer_core::{
    factor::Factor,
    ids::{AdministratorId, FactorId},
};
use sea_orm::entity::prelude::*;

use crate::row::instant;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "authenticator_apps")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub administrator: String,
    pub name: String,
    pub secret: Vec<u8>,
    pub used_step: Option<i64>,
    pub created_at: i64,
    pub confirmed_at: Option<i64>,
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
            kind: FactorKind::Authenticator,
            name: row.name,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: instant(row.last_used_at),
        }
    }
}
