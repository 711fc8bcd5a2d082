//! Administrators.

use coffer_contract::Timestamp;
use coffer_core::{administrator::Administrator, ids::AdministratorId};
use sea_orm::entity::prelude::*;

use crate::row::instant;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "administrators")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub email: String,
    pub password_hash: String,
    pub created_at: i64,
    pub last_sign_in_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Administrator {
    fn from(row: Model) -> Self {
        Self {
            id: AdministratorId::from_text(row.id),
            email: row.email,
            created_at: Timestamp::from_millis(row.created_at),
            last_sign_in_at: instant(row.last_sign_in_at),
        }
    }
}
