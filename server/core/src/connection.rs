//! Connections: relationships with a source of users.

use coffer_contract::{
    Timestamp,
    connection::{ConnectionOptions, Purpose},
};

use serde::{Deserialize, Serialize};

use crate::{Scopes, ids::ConnectionId};

/// A connection, without its client secret: that is opened only where it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Identifier.
    pub id: ConnectionId,
    /// Unique name, the `connection` of the wire contract.
    pub name: String,
    /// Strategy id, which names its catalogue entry.
    pub strategy: String,
    /// Name for people.
    pub display_name: String,
    /// Client id at the provider.
    pub client_id: String,
    /// When the client secret was last replaced; `None` when there is none.
    pub client_secret_replaced_at: Option<Timestamp>,
    /// Scopes asked for.
    pub scopes: Scopes,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether the token vault keeps and releases its tokens.
    pub vault_enabled: bool,
    /// Strategy-specific settings.
    pub options: ConnectionOptions,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Number of changes so far.
    pub version: i64,
}

/// How an application may use a connection that is enabled for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enabled {
    /// The most that a released token may allow; `None` is no limit.
    pub scope_ceiling: Option<Scopes>,
}
