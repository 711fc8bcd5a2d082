//! End users and the accounts they connected, as the dashboard shows them. Never a token.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, catalogue::ScopeInfo};

/// A row of the user list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSummary {
    /// The `sub` that applications see.
    pub id: String,
    /// Best name for people.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Name for people of the connection that the user signs in through.
    pub connection: String,
    /// Last sign-in.
    pub last_sign_in_at: Timestamp,
}

/// A user's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDetail {
    /// What the list shows.
    pub summary: UserSummary,
    /// Id of the connection that the user signs in through.
    pub connection_id: String,
    /// The user's id at that provider.
    pub provider_user_id: String,
    /// Whether the provider verified the address.
    pub email_verified: bool,
    /// First sign-in.
    pub created_at: Timestamp,
    /// Accounts that the vault keeps.
    pub accounts: Vec<AccountView>,
}

/// Whether an account can be used, and what to do if not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AccountState {
    /// The vault refreshes it for as long as the provider lets it.
    Healthy,
    /// Its refresh token ends soon if it is not used.
    Expiring {
        /// When.
        at: Timestamp,
    },
    /// There is no refresh token: it works until the access token ends.
    NoRefreshToken {
        /// When that is; absent when the provider did not say.
        at: Option<Timestamp>,
    },
    /// The provider could not be asked lately. The vault tries again.
    Waiting {
        /// When.
        until: Timestamp,
    },
    /// The provider refused it for good.
    NeedsConsent {
        /// What the provider said.
        reason: String,
    },
}

impl AccountState {
    /// A few words for a badge.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::Expiring { .. } => "Expiring",
            Self::NoRefreshToken { .. } => "No refresh token",
            Self::Waiting { .. } => "Provider not answering",
            Self::NeedsConsent { .. } => "Needs consent",
        }
    }

    /// What it means and what mends it, in one or two sentences.
    pub fn explanation(&self) -> String {
        match self {
            Self::Healthy => "The vault refreshes its token when needed.".into(),
            Self::Expiring { at } => format!(
                "The provider ends the access on {} unless it is used before. Any exchange keeps it alive.",
                at.readable()
            ),
            Self::NoRefreshToken { at: Some(at) } => format!(
                "The provider gave no refresh token, so the access ends on {}. Ask for offline access in the \
                 connection's scopes, then have the user connect again.",
                at.readable()
            ),
            Self::NoRefreshToken { at: None } => {
                "The provider gave no refresh token and no end: the access works until the provider refuses it.".into()
            }
            Self::Waiting { until } => format!(
                "The last refresh failed. Nothing was lost; the vault tries again from {} on.",
                until.readable()
            ),
            Self::NeedsConsent { reason } => format!(
                "The provider refused to go on ({reason}). Have the user connect the account again; if many users \
                 are affected, look at the client's settings at the provider."
            ),
        }
    }
}

/// One connected account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// `cac_...`
    pub id: String,
    /// `con_...`
    pub connection_id: String,
    /// The connection's name for people.
    pub connection: String,
    /// Kind of provider, for people.
    pub strategy_name: String,
    /// The user's id at the provider.
    pub provider_user_id: String,
    /// What people call the account.
    pub label: Option<String>,
    /// Whether it can be used.
    pub state: AccountState,
    /// What the provider granted, in words where they are known.
    pub scopes: Vec<ScopeInfo>,
    /// When it was connected.
    pub connected_at: Timestamp,
    /// When its tokens were last replaced.
    pub updated_at: Timestamp,
    /// When its token was last released to each application, the latest first.
    pub releases: Vec<Release>,
}

/// A token was released to an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Client id.
    pub client_id: String,
    /// The application's name, while it exists.
    pub application: Option<String>,
    /// When.
    pub at: Timestamp,
}
