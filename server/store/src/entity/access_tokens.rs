//! Access tokens of this server, by their hash.

use coffer_contract::Timestamp;
use coffer_core::{
    authorization::AccessGrant,
    ids::{ClientId, FamilyId, UserId},
};
use coffer_crypto::TokenHash;
use sea_orm::entity::prelude::*;

use super::token_families;
use crate::{
    StoreError,
    row::{Row, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_hash: Vec<u8>,
    pub client_id: String,
    pub user_id: Option<String>,
    pub family_id: Option<String>,
    pub scopes: String,
    pub audience: Option<String>,
    pub actor: Option<String>,
    pub jkt: Option<String>,
    pub issued_at: i64,
    pub expires_at: i64,
    pub revoked_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::token_families::Entity",
        from = "Column::FamilyId",
        to = "super::token_families::Column::Id"
    )]
    Family,
}

impl Related<token_families::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Family.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for AccessGrant {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::hashed("access_tokens", &row.token_hash);
        Ok(Self {
            client_id: ClientId::from_text(row.client_id),
            user_id: row.user_id.map(UserId::from_text),
            family_id: row.family_id.map(FamilyId::from_text),
            scopes: at.json("scopes", &row.scopes)?,
            audience: row.audience,
            actor: row.actor.map(|text| at.json("actor", &text)).transpose()?,
            jkt: row.jkt,
            issued_at: Timestamp::from_millis(row.issued_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}

impl Model {
    /// The row of an access token.
    pub fn new(hash: &TokenHash, grant: &AccessGrant) -> Result<Self, StoreError> {
        Ok(Self {
            token_hash: hash.as_bytes().to_vec(),
            client_id: grant.client_id.to_string(),
            user_id: grant.user_id.as_ref().map(ToString::to_string),
            family_id: grant.family_id.as_ref().map(ToString::to_string),
            scopes: to_json(&grant.scopes)?,
            audience: grant.audience.clone(),
            actor: grant.actor.as_ref().map(to_json).transpose()?,
            jkt: grant.jkt.clone(),
            issued_at: grant.issued_at.millis(),
            expires_at: grant.expires_at.millis(),
            revoked_at: None,
        })
    }
}
