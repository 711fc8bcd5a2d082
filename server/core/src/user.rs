//! End users and the identities they signed in with.

use coffer_contract::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, UserId};

/// What a provider said about a user, in the claim names of OpenID Connect Core section 5.1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// `name`
    pub name: Option<String>,
    /// `given_name`
    pub given_name: Option<String>,
    /// `family_name`
    pub family_name: Option<String>,
    /// `nickname`
    pub nickname: Option<String>,
    /// `preferred_username`
    pub preferred_username: Option<String>,
    /// `picture`, an https address.
    pub picture: Option<String>,
    /// `locale`
    pub locale: Option<String>,
    /// `email`
    pub email: Option<String>,
    /// `email_verified`
    pub email_verified: bool,
}

impl Profile {
    /// The best name for people that it has.
    pub fn label(&self) -> Option<&str> {
        [&self.name, &self.preferred_username, &self.nickname, &self.email]
            .into_iter()
            .find_map(|v| v.as_deref().filter(|s| !s.is_empty()))
    }
}

/// An end user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The `sub` that applications see.
    pub id: UserId,
    /// The connection that the user signs in through.
    pub connection_id: ConnectionId,
    /// The user's id at the provider.
    pub provider_user_id: String,
    /// What the provider said last.
    pub profile: Profile,
    /// First sign-in.
    pub created_at: Timestamp,
    /// Last change of the profile.
    pub updated_at: Timestamp,
    /// Last sign-in.
    pub last_sign_in_at: Timestamp,
    /// When the user signed out everywhere: sign-ins before it are worth nothing.
    pub signed_out_at: Option<Timestamp>,
}
