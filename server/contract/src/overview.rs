//! What the Overview page shows.

use serde::{Deserialize, Serialize};

/// The dashboard at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// What a new installation still lacks; empty once everything was done.
    pub steps: Vec<Step>,
    /// Applications.
    pub applications: u64,
    /// Users.
    pub users: u64,
    /// Health of each connection whose vault is on.
    pub connections: Vec<ConnectionHealth>,
    /// Exchanges, refreshes and failures on each of the last days, the oldest first.
    pub days: Vec<Day>,
    /// Failures of these days by cause, the most frequent first.
    pub causes: Vec<Cause>,
    /// The sandbox, where the server runs one.
    pub sandbox: Option<SandboxView>,
}

/// A provider and an example agent that run beside the server, to try it with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxView {
    /// Where the agent is.
    pub agent_url: String,
    /// Whether its connection and application are there.
    pub ready: bool,
}

/// One of the first steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What to do.
    pub title: String,
    /// Where.
    pub href: String,
    /// Whether it was done.
    pub done: bool,
}

/// Accounts of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionHealth {
    /// `con_...`
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Kind of provider, for people.
    pub strategy_name: String,
    /// Accounts that can be used.
    pub usable: u64,
    /// Accounts whose users have to consent again.
    pub needs_consent: u64,
    /// Failures in the last days.
    pub failures: u64,
}

/// One day, in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// `25 Nov`
    pub label: String,
    /// Tokens released.
    pub released: u64,
    /// Tokens refreshed.
    pub refreshed: u64,
    /// Releases and refreshes that failed.
    pub failed: u64,
}

/// Failures with one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Type code of the event.
    pub code: String,
    /// The code in words.
    pub title: String,
    /// Name of the connection, where one was concerned.
    pub connection: Option<String>,
    /// How often.
    pub count: u64,
}
