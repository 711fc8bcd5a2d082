//! What applications may do at APIs.

use coffer_contract::{Timestamp, api::GrantSubject};
use coffer_core::{
    api::ClientGrant,
    ids::{ClientGrantId, ClientId},
};
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_grants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub client_id: String,
    pub audience: String,
    pub subject: String,
    pub scopes: String,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for ClientGrant {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("client_grants", &row.id);
        Ok(Self {
            subject: at.code("subject", &row.subject, GrantSubject::from_code)?,
            scopes: at.json("scopes", &row.scopes)?,
            id: ClientGrantId::from_text(row.id),
            client_id: ClientId::from_text(row.client_id),
            audience: row.audience,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

impl Model {
    /// The row of a grant.
    pub fn new(grant: &ClientGrant) -> Result<Self, StoreError> {
        Ok(Self {
            id: grant.id.to_string(),
            client_id: grant.client_id.to_string(),
            audience: grant.audience.clone(),
            subject: grant.subject.code().to_owned(),
            scopes: to_json(&grant.scopes)?,
            created_at: grant.created_at.millis(),
            updated_at: grant.updated_at.millis(),
        })
    }
}
