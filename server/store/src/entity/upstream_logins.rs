//! Users on their way to a provider and back. Errand, nonce and PKCE verifier are sealed.

use coffer_contract::Timestamp;
use coffer_core::{authorization::UpstreamLogin, ids::ConnectionId};
use coffer_crypto::{Sealed, TokenHash};
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upstream_logins")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub state_hash: Vec<u8>,
    pub connection_id: String,
    pub browser_hash: Vec<u8>,
    pub scopes: String,
    pub secrets: Vec<u8>,
    pub expires_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for (UpstreamLogin, Sealed) {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::hashed("upstream_logins", &row.state_hash);
        let login = UpstreamLogin {
            connection_id: ConnectionId::from_text(row.connection_id),
            browser_hash: *at.hash("browser_hash", &row.browser_hash)?.as_bytes(),
            scopes: at.json("scopes", &row.scopes)?,
            expires_at: Timestamp::from_millis(row.expires_at),
        };
        Ok((login, Sealed::from_bytes(row.secrets)))
    }
}

impl Model {
    /// The row of a login.
    pub fn new(state: &TokenHash, login: &UpstreamLogin, secrets: &Sealed) -> Result<Self, StoreError> {
        Ok(Self {
            state_hash: state.as_bytes().to_vec(),
            connection_id: login.connection_id.to_string(),
            browser_hash: login.browser_hash.to_vec(),
            scopes: to_json(&login.scopes)?,
            secrets: secrets.as_bytes().to_vec(),
            expires_at: login.expires_at.millis(),
        })
    }
}
