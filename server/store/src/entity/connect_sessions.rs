//! Connect sessions. The tokens between the provider's answer and the application's are sealed.

use coffer_contract::Timestamp;
use coffer_core::connect::ConnectSession;
use coffer_crypto::TokenHash;
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "connect_sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub auth_session_hash: Vec<u8>,
    pub ticket_hash: Vec<u8>,
    pub code_hash: Option<Vec<u8>>,
    pub user_id: String,
    pub client_id: String,
    pub connection_id: String,
    pub request: String,
    pub stage: String,
    pub browser_hash: Option<Vec<u8>>,
    pub tokens: Option<Vec<u8>>,
    pub created_at: i64,
    pub expires_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for ConnectSession {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("connect_sessions", &row.id);
        let browser = row.browser_hash.as_deref().map(|bytes| at.hash("browser_hash", bytes)).transpose()?;
        Ok(Self {
            request: at.json("request", &row.request)?,
            stage: at.json("stage", &row.stage)?,
            browser_hash: browser.map(|hash| *hash.as_bytes()),
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    }
}

impl Model {
    /// The row of a session whose ticket is about to be handed out.
    pub fn new(
        id: &str,
        auth_session: &TokenHash,
        ticket: &TokenHash,
        session: &ConnectSession,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            id: id.to_owned(),
            auth_session_hash: auth_session.as_bytes().to_vec(),
            ticket_hash: ticket.as_bytes().to_vec(),
            code_hash: None,
            user_id: session.request.user_id.to_string(),
            client_id: session.request.client_id.to_string(),
            connection_id: session.request.connection_id.to_string(),
            request: to_json(&session.request)?,
            stage: to_json(&session.stage)?,
            browser_hash: None,
            tokens: None,
            created_at: session.created_at.millis(),
            expires_at: session.expires_at.millis(),
        })
    }
}
