//! Which providers there are, and under which hosts.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A provider. Written as its first host; read from any of its hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Provider {
    /// Google.
    Google,
    /// Microsoft identity platform.
    Microsoft,
    /// GitHub.
    GitHub,
    /// Slack.
    Slack,
    /// Box.
    Box,
    /// An OpenID provider that does everything right, or wrong where it is told to.
    Sandbox,
}

/// A host that no provider has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no provider has the host {0}")]
pub struct UnknownHost(pub String);

impl Provider {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Google, Self::Microsoft, Self::GitHub, Self::Slack, Self::Box, Self::Sandbox];

    /// The hosts that it answers at.
    pub fn hosts(self) -> &'static [&'static str] {
        match self {
            Self::Google => &[
                "accounts.google.com",
                "oauth2.googleapis.com",
                "openidconnect.googleapis.com",
                "www.googleapis.com",
            ],
            Self::Microsoft => &["login.microsoftonline.com", "graph.microsoft.com"],
            Self::GitHub => &["github.com", "api.github.com"],
            Self::Slack => &["slack.com"],
            Self::Box => &["account.box.com", "api.box.com"],
            Self::Sandbox => &["sandbox"],
        }
    }

    /// The host that names it: the one where people sign in.
    pub fn host(self) -> &'static str {
        self.hosts()[0]
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Microsoft => "Microsoft",
            Self::GitHub => "GitHub",
            Self::Slack => "Slack",
            Self::Box => "Box",
            Self::Sandbox => "Sandbox",
        }
    }

    /// The label in the e-mail addresses of its people.
    pub(crate) fn label(self) -> String {
        self.name().to_ascii_lowercase()
    }
}

impl FromStr for Provider {
    type Err = UnknownHost;

    fn from_str(host: &str) -> Result<Self, UnknownHost> {
        Self::ALL.into_iter().find(|p| p.hosts().contains(&host)).ok_or_else(|| UnknownHost(host.to_owned()))
    }
}

impl TryFrom<String> for Provider {
    type Error = UnknownHost;

    fn try_from(host: String) -> Result<Self, UnknownHost> {
        host.parse()
    }
}

impl From<Provider> for String {
    fn from(provider: Provider) -> Self {
        provider.host().to_owned()
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.host())
    }
}
