//! Refresh tokens of this server, by their hash. Client, user and sign-in are the family's.

use coffer_contract::Timestamp;
use coffer_core::{
    ids::{ClientId, FamilyId, UserId},
    refresh::RefreshToken,
};
use coffer_crypto::TokenHash;
use sea_orm::entity::prelude::*;

use super::token_families;
use crate::{
    StoreError,
    row::{Row, instant, millis, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_hash: Vec<u8>,
    pub family_id: String,
    pub scopes: String,
    pub audience: Option<String>,
    pub jkt: Option<String>,
    pub issued_at: i64,
    pub rotated_at: Option<i64>,
    pub idle_expires_at: i64,
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
    pub fn in_family(self, family: Option<token_families::Model>) -> Result<RefreshToken, StoreError> {
        let row = self;
        let at = Row::hashed("refresh_tokens", &row.token_hash);
        let family = family.ok_or_else(|| at.bad("family_id", "no such family"))?;
        Ok(RefreshToken {
            family_id: FamilyId::from_text(family.id),
            client_id: ClientId::from_text(family.client_id),
            user_id: UserId::from_text(family.user_id),
            scopes: at.json("scopes", &row.scopes)?,
            audience: row.audience,
            jkt: row.jkt,
            auth_time: Timestamp::from_millis(family.auth_time),
            session_id: family.session_id,
            issued_at: Timestamp::from_millis(row.issued_at),
            rotated_at: instant(row.rotated_at),
            idle_expires_at: Timestamp::from_millis(row.idle_expires_at),
            family_expires_at: Timestamp::from_millis(family.expires_at),
            revoked_at: instant(family.revoked_at),
        })
    }

    /// The row of a refresh token.
    pub fn new(hash: &TokenHash, token: &RefreshToken) -> Result<Self, StoreError> {
        Ok(Self {
            token_hash: hash.as_bytes().to_vec(),
            family_id: token.family_id.to_string(),
            scopes: to_json(&token.scopes)?,
            audience: token.audience.clone(),
            jkt: token.jkt.clone(),
            issued_at: token.issued_at.millis(),
            rotated_at: millis(token.rotated_at),
            idle_expires_at: token.idle_expires_at.millis(),
        })
    }
}
