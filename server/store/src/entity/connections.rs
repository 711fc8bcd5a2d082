//! Connections. The client secret is sealed.

use coffer_contract::Timestamp;
use coffer_core::{connection::Connection, ids::ConnectionId};
use coffer_crypto::Sealed;
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, instant, millis, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "connections")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: String,
    pub strategy: String,
    pub display_name: String,
    pub client_id: String,
    pub client_secret: Option<Vec<u8>>,
    pub client_secret_replaced_at: Option<i64>,
    pub scopes: String,
    pub purpose: String,
    pub vault_enabled: bool,
    pub options: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Connection {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("connections", &row.id);
        Ok(Self {
            scopes: at.json("scopes", &row.scopes)?,
            purpose: at.json("purpose", &row.purpose)?,
            options: at.json("options", &row.options)?,
            version: at.count("version", row.version)?,
            id: ConnectionId::from_text(row.id),
            name: row.name,
            strategy: row.strategy,
            display_name: row.display_name,
            client_id: row.client_id,
            client_secret_replaced_at: instant(row.client_secret_replaced_at),
            vault_enabled: row.vault_enabled,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

impl Model {
    /// The row of a connection.
    pub fn new(connection: &Connection, secret: Option<&Sealed>) -> Result<Self, StoreError> {
        Ok(Self {
            id: connection.id.to_string(),
            name: connection.name.clone(),
            strategy: connection.strategy.clone(),
            display_name: connection.display_name.clone(),
            client_id: connection.client_id.clone(),
            client_secret: secret.map(|s| s.as_bytes().to_vec()),
            client_secret_replaced_at: millis(connection.client_secret_replaced_at),
            scopes: to_json(&connection.scopes)?,
            purpose: to_json(&connection.purpose)?,
            vault_enabled: connection.vault_enabled,
            options: to_json(&connection.options)?,
            created_at: connection.created_at.millis(),
            updated_at: connection.updated_at.millis(),
            version: connection.version,
        })
    }
}
