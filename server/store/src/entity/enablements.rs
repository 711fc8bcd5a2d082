//! Which application may use which connection.

use coffer_core::connection::Enabled;
use sea_orm::entity::prelude::*;

use crate::{StoreError, row::Row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enablements")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: String,
    pub created_at: i64,
    pub scope_ceiling: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Enabled {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("enablements", &format!("{} {}", row.client_id, row.connection_id));
        let ceiling = row.scope_ceiling.as_deref().map(|text| at.json("scope_ceiling", text)).transpose()?;
        Ok(Self { scope_ceiling: ceiling })
    }
}
