//! Administrators.

use coffer_contract::{Timestamp, administrator::Role};
use coffer_core::{administrator::Administrator, ids::AdministratorId};
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, instant},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "administrators")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub email: String,
    pub password_hash: String,
    pub created_at: i64,
    pub last_sign_in_at: Option<i64>,
    pub role: String,
    pub session_generation: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Administrator {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("administrators", &row.id);
        Ok(Self {
            role: at.code("role", &row.role, Role::from_code)?,
            session_generation: row.session_generation,
            id: AdministratorId::from_text(row.id),
            email: row.email,
            created_at: Timestamp::from_millis(row.created_at),
            last_sign_in_at: instant(row.last_sign_in_at),
        })
    }
}
