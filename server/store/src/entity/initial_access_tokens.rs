//! Tokens that let applications register themselves, by their hash (RFC 7591 section 1.2).

use coffer_contract::Timestamp;
use coffer_core::{ids::InitialTokenId, registration::InitialToken};
use sea_orm::entity::prelude::*;

use crate::{StoreError, row::Row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "initial_access_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub token_hash: Vec<u8>,
    pub name: String,
    pub created_at: i64,
    pub expires_at: i64,
    pub uses: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for InitialToken {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("initial_access_tokens", &row.id);
        Ok(Self {
            uses: at.count("uses", row.uses)?,
            id: InitialTokenId::from_text(row.id),
            name: row.name,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}
