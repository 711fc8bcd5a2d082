//! End users.

use coffer_contract::Timestamp;
use coffer_core::{
    ids::{ConnectionId, UserId},
    user::User,
};
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, instant, millis, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub connection_id: String,
    pub provider_user_id: String,
    pub profile: String,
    pub email_key: Option<String>,
    pub name_key: Option<String>,
    pub signed_out_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub last_sign_in_at: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for User {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("users", &row.id);
        Ok(Self {
            profile: at.json("profile", &row.profile)?,
            id: UserId::from_text(row.id),
            connection_id: ConnectionId::from_text(row.connection_id),
            provider_user_id: row.provider_user_id,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            last_sign_in_at: Timestamp::from_millis(row.last_sign_in_at),
            signed_out_at: instant(row.signed_out_at),
        })
    }
}

impl Model {
    /// The row of a user.
    pub fn new(user: &User) -> Result<Self, StoreError> {
        Ok(Self {
            id: user.id.to_string(),
            connection_id: user.connection_id.to_string(),
            provider_user_id: user.provider_user_id.clone(),
            profile: to_json(&user.profile)?,
            email_key: user.profile.email.as_deref().map(key),
            name_key: user.profile.label().map(key),
            signed_out_at: millis(user.signed_out_at),
            created_at: user.created_at.millis(),
            updated_at: user.updated_at.millis(),
            last_sign_in_at: user.last_sign_in_at.millis(),
        })
    }
}

/// A name or address as it is found by: lower case, and short enough for an index.
pub fn key(text: &str) -> String {
    text.trim().to_lowercase().chars().take(200).collect()
}
