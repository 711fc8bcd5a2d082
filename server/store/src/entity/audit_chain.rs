//! The head of the chain over the audit log: one row.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_chain")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub key: Vec<u8>,
    pub position: i64,
    pub link: Vec<u8>,
    pub last_event: i64,
    pub settled: i64,
    pub pruned_to: i64,
    pub pruned_link: Vec<u8>,
    pub mac: Vec<u8>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
