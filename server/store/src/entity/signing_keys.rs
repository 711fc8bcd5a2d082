//! Signing keys of ID tokens. The private half is sealed.

use coffer_contract::{Timestamp, application::SigningAlgorithm};
use coffer_core::ids::SigningKeyId;
use coffer_crypto::Sealed;
use sea_orm::entity::prelude::*;

use crate::{
    StoreError, StoredSigningKey,
    row::{Row, instant, millis, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub alg: String,
    pub public_jwk: String,
    pub private: Vec<u8>,
    pub created_at: i64,
    pub retired_at: Option<i64>,
    pub signs_from: Option<i64>,
    pub signed_until: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for StoredSigningKey {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("signing_keys", &row.id);
        Ok(Self {
            alg: at.code("alg", &row.alg, SigningAlgorithm::from_code)?,
            public_jwk: at.json("public_jwk", &row.public_jwk)?,
            id: SigningKeyId::from_text(row.id),
            private: Sealed::from_bytes(row.private),
            created_at: Timestamp::from_millis(row.created_at),
            signs_from: Timestamp::from_millis(row.signs_from.unwrap_or(row.created_at)),
            signed_until: instant(row.signed_until),
            retired_at: instant(row.retired_at),
        })
    }
}

impl Model {
    /// The row of a key.
    pub fn new(key: &StoredSigningKey) -> Result<Self, StoreError> {
        Ok(Self {
            id: key.id.to_string(),
            alg: key.alg.code().to_owned(),
            public_jwk: to_json(&key.public_jwk)?,
            private: key.private.as_bytes().to_vec(),
            created_at: key.created_at.millis(),
            retired_at: millis(key.retired_at),
            signs_from: Some(key.signs_from.millis()),
            signed_until: millis(key.signed_until),
        })
    }
}
