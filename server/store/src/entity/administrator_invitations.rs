//! Invitations to become an administrator, each with the hash of its link's token.

use coffer_contract::{Timestamp, administrator::Role};
use coffer_core::{
    administrator::Invitation,
    ids::{AdministratorId, InvitationId},
};
use sea_orm::entity::prelude::*;

use crate::{StoreError, row::Row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "administrator_invitations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    #[sea_orm(unique)]
    pub token_hash: Vec<u8>,
    #[sea_orm(unique)]
    pub email: String,
    pub role: String,
    pub invited_by: String,
    pub created_at: i64,
    pub expires_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Invitation {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("administrator_invitations", &row.id);
        Ok(Self {
            role: at.code("role", &row.role, Role::from_code)?,
            id: InvitationId::from_text(row.id),
            email: row.email,
            invited_by: AdministratorId::from_text(row.invited_by),
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}
