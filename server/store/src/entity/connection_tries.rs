//! Results of trying a connection, until the administrator has seen them.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "connection_tries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub handle_hash: Vec<u8>,
    pub connection_id: String,
    pub result: String,
    pub expires_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
