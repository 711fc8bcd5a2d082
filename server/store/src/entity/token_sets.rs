//! The vault's token sets. The tokens are sealed.

use coffer_contract::Timestamp;
use coffer_core::{
    ids::{ConnectionId, TokenSetId, UserId},
    token_set::{TokenSet, TokenSetState},
};
use coffer_crypto::Sealed;
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, instant, millis, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token_sets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub user_id: String,
    pub connection_id: String,
    pub provider_user_id: String,
    pub label: Option<String>,
    pub state: String,
    pub reason: Option<String>,
    pub needs_consent_since: Option<i64>,
    pub scopes: String,
    pub tokens: Vec<u8>,
    pub obtained_at: i64,
    pub access_expires_at: Option<i64>,
    pub has_refresh_token: bool,
    pub refresh_expires_at: Option<i64>,
    pub generation: i64,
    pub fence: i64,
    pub lease_until: Option<i64>,
    pub failures: i64,
    pub retry_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Usable.
pub const ACTIVE: &str = "active";
/// Refused by the provider for good.
pub const NEEDS_CONSENT: &str = "needs_consent";

impl TryFrom<Model> for TokenSet {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("token_sets", &row.id);
        let state = match row.state.as_str() {
            ACTIVE => TokenSetState::Active,
            NEEDS_CONSENT => TokenSetState::NeedsConsent(row.reason.unwrap_or_default()),
            _ => return Err(at.bad("state", "unknown code")),
        };
        Ok(Self {
            state,
            scopes: at.json("scopes", &row.scopes)?,
            generation: at.count("generation", row.generation)?,
            fence: at.count("fence", row.fence)?,
            failures: at.count("failures", row.failures)?,
            id: TokenSetId::from_text(row.id),
            user_id: UserId::from_text(row.user_id),
            connection_id: ConnectionId::from_text(row.connection_id),
            provider_user_id: row.provider_user_id,
            label: row.label,
            obtained_at: Timestamp::from_millis(row.obtained_at),
            access_expires_at: instant(row.access_expires_at),
            has_refresh_token: row.has_refresh_token,
            refresh_expires_at: instant(row.refresh_expires_at),
            lease_until: instant(row.lease_until),
            retry_at: instant(row.retry_at),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

impl Model {
    /// The row of a fresh token set: usable, nobody holds it.
    pub fn new(set: &TokenSet, tokens: &Sealed) -> Result<Self, StoreError> {
        Ok(Self {
            id: set.id.to_string(),
            user_id: set.user_id.to_string(),
            connection_id: set.connection_id.to_string(),
            provider_user_id: set.provider_user_id.clone(),
            label: set.label.clone(),
            state: ACTIVE.to_owned(),
            reason: None,
            needs_consent_since: None,
            scopes: to_json(&set.scopes)?,
            tokens: tokens.as_bytes().to_vec(),
            obtained_at: set.obtained_at.millis(),
            access_expires_at: millis(set.access_expires_at),
            has_refresh_token: set.has_refresh_token,
            refresh_expires_at: millis(set.refresh_expires_at),
            generation: set.generation,
            fence: set.fence,
            lease_until: None,
            failures: 0,
            retry_at: None,
            created_at: set.created_at.millis(),
            updated_at: set.updated_at.millis(),
        })
    }
}
