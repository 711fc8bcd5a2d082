//! How applications that nobody made in the dashboard came to be.

use coffer_contract::Timestamp;
use coffer_core::registration::Registration;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registrations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client_id: String,
    pub token_hash: Option<Vec<u8>>,
    pub ip: Option<String>,
    pub via: Option<String>,
    pub created_at: i64,
    pub active_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Registration {
    fn from(row: Model) -> Self {
        Self {
            ip: row.ip,
            via: row.via,
            created_at: Timestamp::from_millis(row.created_at),
            last_used_at: (row.active_at > row.created_at).then(|| Timestamp::from_millis(row.active_at)),
        }
    }
}
