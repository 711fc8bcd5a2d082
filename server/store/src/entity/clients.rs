//! Applications. Of a client secret there is a hash, and the sealed text.

use coffer_contract::{
    Timestamp,
    application::{ApplicationType, Origin, SigningAlgorithm, TokenEndpointAuthMethod},
};
use coffer_core::{
    client::Client,
    ids::{ApiId, ClientId},
};
use coffer_crypto::{KeptSecret, TokenHash};
use sea_orm::entity::prelude::*;

use crate::{
    StoreError,
    row::{Row, instant, millis, to_json},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clients")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: String,
    pub description: String,
    pub app_type: String,
    pub callbacks: String,
    pub logout_urls: String,
    pub web_origins: String,
    pub grants: String,
    pub auth_method: String,
    pub id_token_alg: String,
    pub first_party: bool,
    pub connect_accounts: bool,
    pub resource_server: Option<String>,
    pub refresh_policies: String,
    pub jwks: Option<String>,
    pub jwks_uri: Option<String>,
    pub backchannel_logout_uri: Option<String>,
    pub require_par: bool,
    pub logo_uri: Option<String>,
    pub metadata: String,
    pub origin: String,
    pub secret_hash: Option<Vec<u8>>,
    pub secret_sealed: Option<Vec<u8>>,
    pub secret_replaced_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Client {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let at = Row::new("clients", &row.id);
        Ok(Self {
            app_type: at.code("app_type", &row.app_type, ApplicationType::from_code)?,
            callbacks: at.json("callbacks", &row.callbacks)?,
            logout_urls: at.json("logout_urls", &row.logout_urls)?,
            web_origins: at.json("web_origins", &row.web_origins)?,
            grants: at.json("grants", &row.grants)?,
            auth_method: at.code("auth_method", &row.auth_method, TokenEndpointAuthMethod::from_code)?,
            id_token_alg: at.code("id_token_alg", &row.id_token_alg, SigningAlgorithm::from_code)?,
            resource_server: row.resource_server.map(ApiId::from_text),
            refresh_policies: at.json("refresh_policies", &row.refresh_policies)?,
            jwks: row.jwks.map(|text| at.json("jwks", &text)).transpose()?,
            jwks_uri: row.jwks_uri,
            backchannel_logout_uri: row.backchannel_logout_uri,
            require_par: row.require_par,
            logo_uri: row.logo_uri,
            metadata: at.json("metadata", &row.metadata)?,
            origin: at.code("origin", &row.origin, Origin::from_code)?,
            version: at.count("version", row.version)?,
            id: ClientId::from_text(row.id),
            name: row.name,
            description: row.description,
            first_party: row.first_party,
            connect_accounts: row.connect_accounts,
            secret_replaced_at: instant(row.secret_replaced_at),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

impl Model {
    /// The row of a client.
    pub fn new(client: &Client, secret: Option<&KeptSecret>) -> Result<Self, StoreError> {
        Ok(Self {
            id: client.id.to_string(),
            name: client.name.clone(),
            description: client.description.clone(),
            app_type: client.app_type.code().to_owned(),
            callbacks: to_json(&client.callbacks)?,
            logout_urls: to_json(&client.logout_urls)?,
            web_origins: to_json(&client.web_origins)?,
            grants: to_json(&client.grants)?,
            auth_method: client.auth_method.code().to_owned(),
            id_token_alg: client.id_token_alg.code().to_owned(),
            first_party: client.first_party,
            connect_accounts: client.connect_accounts,
            resource_server: client.resource_server.as_ref().map(ToString::to_string),
            refresh_policies: to_json(&client.refresh_policies)?,
            jwks: client.jwks.as_ref().map(to_json).transpose()?,
            jwks_uri: client.jwks_uri.clone(),
            backchannel_logout_uri: client.backchannel_logout_uri.clone(),
            require_par: client.require_par,
            logo_uri: client.logo_uri.clone(),
            metadata: to_json(&client.metadata)?,
            origin: client.origin.code().to_owned(),
            secret_hash: secret.map(|s| s.hash.as_bytes().to_vec()),
            secret_sealed: secret.map(|s| s.sealed.as_bytes().to_vec()),
            secret_replaced_at: millis(client.secret_replaced_at),
            created_at: client.created_at.millis(),
            updated_at: client.updated_at.millis(),
            version: client.version,
        })
    }

    /// The hash of its secret, if it has one.
    pub fn secret(&self) -> Result<Option<TokenHash>, StoreError> {
        let at = Row::new("clients", &self.id);
        self.secret_hash.as_deref().map(|bytes| at.hash("secret_hash", bytes)).transpose()
    }
}
