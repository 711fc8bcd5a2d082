//! APIs.

use coffer_contract::{Timestamp, api::UserAccess, application::SigningAlgorithm};
use coffer_core::{api::Api, ids::ApiId};
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resource_servers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub identifier: String,
    pub name: String,
    pub scopes: String,
    pub signing_alg: String,
    pub token_seconds: i64,
    pub offline_access: bool,
    pub skip_consent: bool,
    pub user_access: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Api {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("resource_servers", &row.id);
        Ok(Self {
            scopes: at.json("scopes", &row.scopes)?,
            signing_alg: at.code("signing_alg", &row.signing_alg, SigningAlgorithm::from_code)?,
            token_seconds: at.count("token_seconds", row.token_seconds)?,
            user_access: at.code("user_access", &row.user_access, UserAccess::from_code)?,
            version: at.count("version", row.version)?,
            id: ApiId::from_text(row.id),
            identifier: row.identifier,
            name: row.name,
            offline_access: row.offline_access,
            skip_consent: row.skip_consent,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

impl Model {
    /// The row of an API.
    pub fn new(api: &Api) -> Result<Self, StoreError> {
        Ok(Self {
            id: api.id.to_string(),
            identifier: api.identifier.clone(),
            name: api.name.clone(),
            scopes: to_json(&api.scopes)?,
            signing_alg: api.signing_alg.code().to_owned(),
            token_seconds: api.token_seconds,
            offline_access: api.offline_access,
            skip_consent: api.skip_consent,
            user_access: api.user_access.code().to_owned(),
            created_at: api.created_at.millis(),
            updated_at: api.updated_at.millis(),
            version: api.version,
        })
    }
}
