//! Access tokens of this server, by their hash. Client and user are the family's.

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
    pub family_id: String,
    pub scopes: String,
    pub audience: Option<String>,
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

impl Model {
    /// The domain's value, together with the family's row.
    pub fn in_family(self, family: Option<token_families::Model>) -> Result<AccessGrant, StoreError> {
        let row = self;
        let at = Row::hashed("access_tokens", &row.token_hash);
        let family = family.ok_or_else(|| at.bad("family_id", "no such family"))?;
        Ok(AccessGrant {
            client_id: ClientId::from_text(family.client_id),
            user_id: UserId::from_text(family.user_id),
            family_id: FamilyId::from_text(family.id),
            scopes: at.json("scopes", &row.scopes)?,
            audience: row.audience,
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }

    /// The row of an access token.
    pub fn new(hash: &TokenHash, grant: &AccessGrant) -> Result<Self, StoreError> {
        Ok(Self {
            token_hash: hash.as_bytes().to_vec(),
            family_id: grant.family_id.to_string(),
            scopes: to_json(&grant.scopes)?,
            audience: grant.audience.clone(),
            expires_at: grant.expires_at.millis(),
            revoked_at: None,
        })
    }
}
