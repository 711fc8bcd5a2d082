//! The audit log as the Logs page shows it.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// One audit event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Its number; newer events have larger ones.
    pub id: i64,
    /// When it happened.
    pub at: Timestamp,
    /// Type code (`vault.released`); the table of all codes is in the docs.
    pub code: String,
    /// The code in words.
    pub title: String,
    /// Whether what was tried succeeded.
    pub success: bool,
    /// Who did it, in words.
    pub actor: String,
    /// Client id of the application concerned.
    pub client_id: Option<String>,
    /// Name of the application concerned, while it exists.
    pub application: Option<String>,
    /// Name of the connection concerned.
    pub connection: Option<String>,
    /// Id of the user concerned.
    pub user_id: Option<String>,
    /// Id of the account concerned.
    pub account: Option<String>,
    /// Address it came from.
    pub ip: Option<String>,
    /// What happened, in one sentence, without secrets.
    pub description: String,
}

/// What the Logs page filters by. Empty strings mean "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogFilter {
    /// Type code, or its part before the dot (`vault`).
    pub code: String,
    /// `success`, `failure` or empty.
    pub outcome: String,
    /// Client id.
    pub client_id: String,
    /// Connection's name.
    pub connection: String,
    /// User id.
    pub user_id: String,
    /// Account id.
    pub account: String,
}

/// A type code and what it means, for the filter and the docs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCode {
    /// `vault.released`
    pub code: String,
    /// The code in words.
    pub title: String,
}
