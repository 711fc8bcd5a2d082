//! APIs (resource servers, RFC 6749 section 1.1), and what applications may do there.

use coffer_contract::{
    Timestamp,
    api::{ApiScope, GrantSubject, UserAccess},
    application::SigningAlgorithm,
};
use serde::{Deserialize, Serialize};

use crate::{
    Scopes,
    ids::{ApiId, ClientGrantId, ClientId},
};

/// A registered API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// Identifier within this server.
    pub id: ApiId,
    /// The audience of its tokens; the `resource` of RFC 8707 where it is an address.
    pub identifier: String,
    /// Name for people.
    pub name: String,
    /// What applications can ask for.
    pub scopes: Vec<ApiScope>,
    /// Signature algorithm of its access tokens.
    pub signing_alg: SigningAlgorithm,
    /// How long its access tokens live, in seconds.
    pub token_seconds: i64,
    /// Whether refresh tokens are handed out together with its access tokens.
    pub offline_access: bool,
    /// Whether first-party applications get in without the consent page.
    pub skip_consent: bool,
    /// Which applications may ask users for access.
    pub user_access: UserAccess,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Number of changes so far.
    pub version: i64,
}

impl Api {
    /// Those of `asked` that the API has.
    pub fn known(&self, asked: &Scopes) -> Scopes {
        asked.iter().filter(|scope| self.has(scope)).collect()
    }

    /// Whether the API has this scope.
    pub fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|known| known.value == scope)
    }
}

/// What an administrator lets an application do at an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientGrant {
    /// Identifier.
    pub id: ClientGrantId,
    /// The application.
    pub client_id: ClientId,
    /// The API's identifier.
    pub audience: String,
    /// In whose name.
    pub subject: GrantSubject,
    /// What it may get.
    pub scopes: Scopes,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Who acts for a token's subject: the `act` claim (RFC 8693 section 4.1), the present one outermost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acting {
    /// The actor.
    pub sub: String,
    /// Who acted before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Acting>>,
}

/// Longest chain of actors.
pub const MOST_ACTORS: usize = 8;

impl Acting {
    /// `sub` acts, after those who acted before; `None` when the chain grows too long.
    pub fn after(sub: impl Into<String>, before: Option<Self>) -> Option<Self> {
        let chain = Self { sub: sub.into(), act: before.map(Box::new) };
        (chain.length() <= MOST_ACTORS).then_some(chain)
    }

    fn length(&self) -> usize {
        1 + self.act.as_deref().map_or(0, Self::length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_present_actor_is_outermost_and_the_chain_ends() {
        let one = Acting::after("a", None).unwrap();
        let two = Acting::after("b", Some(one)).unwrap();
        assert_eq!(serde_json::to_string(&two).unwrap(), r#"{"sub":"b","act":{"sub":"a"}}"#);
        let mut chain = Some(two);
        for _ in 2..MOST_ACTORS {
            chain = Acting::after("c", chain);
        }
        assert!(chain.is_some());
        assert_eq!(Acting::after("d", chain), None);
    }
}
