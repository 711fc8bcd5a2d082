//! Accounts at providers with which administrators sign in.

use coffer_contract::Timestamp;
use coffer_core::{
    administrator::LinkedAccount,
    ids::{AdministratorId, ConnectionId, LinkedAccountId},
};
use sea_orm::entity::prelude::*;

use crate::row::{instant, millis};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "linked_accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub administrator: String,
    pub connection_id: String,
    pub provider_user_id: String,
    pub label: Option<String>,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for LinkedAccount {
    fn from(row: Model) -> Self {
        Self {
            id: LinkedAccountId::from_text(row.id),
            administrator: AdministratorId::from_text(row.administrator),
            connection: ConnectionId::from_text(row.connection_id),
            provider_user_id: row.provider_user_id,
            label: row.label,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: instant(row.last_used_at),
        }
    }
}

impl From<&LinkedAccount> for Model {
    fn from(account: &LinkedAccount) -> Self {
        Self {
            id: account.id.to_string(),
            administrator: account.administrator.to_string(),
            connection_id: account.connection.to_string(),
            provider_user_id: account.provider_user_id.clone(),
            label: account.label.clone(),
            created_at: account.created_at.millis(),
            last_used_at: millis(account.last_used_at),
        }
    }
}
