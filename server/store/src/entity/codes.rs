//! Authorization codes, by their hash.

use coffer_contract::Timestamp;
use coffer_core::{
    authorization::{CodeGrant, SignIn},
    ids::{ClientId, FamilyId, UserId},
};
use coffer_crypto::TokenHash;
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "codes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_hash: Vec<u8>,
    pub client_id: String,
    pub user_id: String,
    pub redirect_uri: String,
    pub scopes: String,
    pub nonce: Option<String>,
    pub code_challenge: Option<String>,
    pub audience: Option<String>,
    pub jkt: Option<String>,
    pub auth_time: i64,
    pub session_id: String,
    pub family_id: String,
    pub expires_at: i64,
    pub used_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for CodeGrant {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::hashed("codes", &row.code_hash);
        Ok(Self {
            client_id: ClientId::from_text(row.client_id),
            redirect_uri: row.redirect_uri,
            scopes: at.json("scopes", &row.scopes)?,
            nonce: row.nonce,
            code_challenge: row.code_challenge,
            audience: row.audience,
            jkt: row.jkt,
            sign_in: SignIn {
                user_id: UserId::from_text(row.user_id),
                auth_time: Timestamp::from_millis(row.auth_time),
                session_id: row.session_id,
            },
            family_id: FamilyId::from_text(row.family_id),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}

impl Model {
    /// The row of a code that was not used yet.
    pub fn new(code: &TokenHash, grant: &CodeGrant) -> Result<Self, StoreError> {
        Ok(Self {
            code_hash: code.as_bytes().to_vec(),
            client_id: grant.client_id.to_string(),
            user_id: grant.sign_in.user_id.to_string(),
            redirect_uri: grant.redirect_uri.clone(),
            scopes: to_json(&grant.scopes)?,
            nonce: grant.nonce.clone(),
            code_challenge: grant.code_challenge.clone(),
            audience: grant.audience.clone(),
            jkt: grant.jkt.clone(),
            auth_time: grant.sign_in.auth_time.millis(),
            session_id: grant.sign_in.session_id.clone(),
            family_id: grant.family_id.to_string(),
            expires_at: grant.expires_at.millis(),
            used_at: None,
        })
    }
}
