//! An event as it is exported: one JSON object a line, or one row of CSV.

use coffer_contract::Timestamp;
use coffer_core::hex::hex;
use coffer_store::{ChainLink, StoredEvent};
use serde::{Deserialize, Serialize};

/// An event with its place in the chain: everything that its link proves, but the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its position, from 1; none while it is not sealed yet.
    pub position: Option<i64>,
    /// Its number.
    pub id: i64,
    /// When it happened, in words of RFC 3339.
    pub time: String,
    /// The same, in milliseconds since 1970.
    pub at: i64,
    /// Type code.
    pub code: String,
    /// Whether what was tried succeeded.
    pub success: bool,
    /// Kind of who did it.
    pub actor_kind: String,
    /// Who did it.
    pub actor: String,
    /// The application concerned.
    pub client_id: Option<String>,
    /// The connection concerned.
    pub connection: Option<String>,
    /// The user concerned.
    pub user_id: Option<String>,
    /// The account concerned.
    pub account: Option<String>,
    /// Where it came from.
    pub ip: Option<String>,
    /// What happened.
    pub description: String,
    /// The link before it, in hexadecimal.
    pub previous: Option<String>,
    /// Its link, in hexadecimal.
    pub link: Option<String>,
}

/// The first row of a CSV file.
pub const CSV_HEAD: &str = "position,id,time,code,success,actor_kind,actor,client_id,connection,user_id,account,ip,\
                            description,previous,link\r\n";

impl Line {
    /// Of an event, with its link and the one before it, once it has them.
    pub fn new(event: StoredEvent, link: Option<(&ChainLink, &[u8])>) -> Self {
        Self {
            position: link.map(|(link, _)| link.position),
            id: event.id,
            time: Timestamp::from_millis(event.at).rfc3339(),
            at: event.at,
            code: event.code,
            success: event.success,
            actor_kind: event.actor_kind,
            actor: event.actor,
            client_id: event.client_id,
            connection: event.connection,
            user_id: event.user_id,
            account: event.account,
            ip: event.ip,
            description: event.description,
            previous: link.map(|(_, previous)| hex(previous)),
            link: link.map(|(link, _)| hex(&link.link)),
        }
    }

    /// The event that it says it is.
    pub(crate) fn event(&self) -> StoredEvent {
        let line = self.clone();
        StoredEvent {
            id: line.id,
            at: line.at,
            code: line.code,
            success: line.success,
            actor_kind: line.actor_kind,
            actor: line.actor,
            client_id: line.client_id,
            connection: line.connection,
            user_id: line.user_id,
            account: line.account,
            ip: line.ip,
            description: line.description,
        }
    }

    /// As a line of JSON, with its end.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// As a row of CSV (RFC 4180), with its end.
    pub fn csv(&self) -> String {
        let text = |value: &Option<String>| cell(value.as_deref().unwrap_or_default());
        let cells = [
            self.position.map(|position| position.to_string()).unwrap_or_default(),
            self.id.to_string(),
            cell(&self.time),
            cell(&self.code),
            self.success.to_string(),
            cell(&self.actor_kind),
            cell(&self.actor),
            text(&self.client_id),
            text(&self.connection),
            text(&self.user_id),
            text(&self.account),
            text(&self.ip),
            cell(&self.description),
            text(&self.previous),
            text(&self.link),
        ];
        cells.join(",") + "\r\n"
    }
}

/// A value that no spreadsheet takes for a formula: names come from outside.
fn cell(value: &str) -> String {
    let begins = value.trim_start().chars().next();
    let harmless = if matches!(begins, Some('=' | '+' | '-' | '@' | '|' | '%'))
        || value.starts_with(['\t', '\r', '\n'])
    {
        format!("'{value}")
    } else {
        value.to_owned()
    };
    if harmless.contains([',', '"', '\r', '\n', '\'']) {
        format!("\"{}\"", harmless.replace('"', "\"\""))
    } else {
        harmless
    }
}
