//! A connect session: an application asks its signed-in user to connect an account (My Account API).
//!
//! 1. The application asks with the user's access token and gets an auth session and a ticket.
//! 2. The browser brings the ticket; from then on the session belongs to that browser.
//! 3. The user consents, goes to the provider and comes back with tokens, which are held sealed.
//! 4. The browser carries a connect code to the application.
//! 5. The application completes with auth session, code and PKCE verifier; the vault keeps the tokens.

use coffer_contract::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Scopes,
    authorization::WrongStage,
    ids::{ClientId, ConnectionId, UserId},
};

/// Seconds in which the whole session must be done: 15 minutes.
pub const CONNECT_SECONDS: i64 = 15 * 60;
/// Seconds in which the ticket must be used: 5 minutes.
pub const TICKET_SECONDS: i64 = 5 * 60;
/// Seconds in which the connect code must be brought back: one minute, as for authorization codes.
pub const CONNECT_CODE_SECONDS: i64 = 60;

/// What the application asked for. Everything in it was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectRequest {
    /// Whose account: the user of the access token.
    pub user_id: UserId,
    /// The application.
    pub client_id: ClientId,
    /// At which provider.
    pub connection_id: ConnectionId,
    /// One of the application's redirect URIs, exactly.
    pub redirect_uri: String,
    /// Returned as it came.
    pub state: Option<String>,
    /// PKCE S256 challenge (RFC 7636).
    pub code_challenge: String,
    /// Further scopes to ask of the provider.
    pub scopes: Scopes,
    /// Passed on to the provider.
    pub login_hint: Option<String>,
    /// Passed on to the provider.
    pub prompt: Option<String>,
}

/// The account that came of it, without its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectedAccount {
    /// The user's id at the provider.
    pub provider_user_id: String,
    /// What people call the account.
    pub label: Option<String>,
    /// Scopes that were asked of the provider.
    pub asked: Scopes,
    /// What the provider granted, where it said so.
    pub granted: Option<Scopes>,
    /// Seconds that the access token lives.
    pub expires_in: Option<i64>,
    /// Seconds that the refresh token lives without being used.
    pub refresh_expires_in: Option<i64>,
    /// When the code was sent to the provider.
    pub obtained_at: Timestamp,
}

/// Where a connect session stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum ConnectStage {
    /// The ticket was handed out.
    Ticket,
    /// A browser brought the ticket.
    Browser,
    /// The provider handed out tokens; the connect code is on its way.
    Connected {
        /// What they are for.
        account: Box<ConnectedAccount>,
        /// When the code ends.
        code_expires_at: Timestamp,
    },
    /// Completed, or refused; nothing more happens.
    Done,
}

impl ConnectStage {
    /// A browser brought the ticket.
    pub fn opened(&self) -> Result<Self, WrongStage> {
        match self {
            Self::Ticket => Ok(Self::Browser),
            Self::Browser | Self::Connected { .. } | Self::Done => Err(WrongStage),
        }
    }

    /// The provider handed out tokens at `now`.
    pub fn connected(&self, account: ConnectedAccount, now: Timestamp) -> Result<Self, WrongStage> {
        match self {
            Self::Browser => Ok(Self::Connected {
                account: Box::new(account),
                code_expires_at: now.plus_seconds(CONNECT_CODE_SECONDS),
            }),
            Self::Ticket | Self::Connected { .. } | Self::Done => Err(WrongStage),
        }
    }

    /// The application completes at `now`.
    pub fn completed(&self, now: Timestamp) -> Result<(Self, ConnectedAccount), WrongStage> {
        match self {
            Self::Connected { account, code_expires_at } if now < *code_expires_at => {
                Ok((Self::Done, (**account).clone()))
            }
            Self::Ticket | Self::Browser | Self::Connected { .. } | Self::Done => Err(WrongStage),
        }
    }
}

/// A stored connect session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectSession {
    /// What was asked for.
    pub request: ConnectRequest,
    /// Where it stands.
    pub stage: ConnectStage,
    /// SHA-256 of the secret in the session of the browser that brought the ticket.
    pub browser_hash: Option<[u8; 32]>,
    /// When the ticket was handed out.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_happens_once_and_in_order() {
        let at = Timestamp::from_seconds;
        let account = ConnectedAccount {
            provider_user_id: "p".into(),
            label: None,
            asked: Scopes::default(),
            granted: None,
            expires_in: None,
            refresh_expires_in: None,
            obtained_at: at(0),
        };
        assert_eq!(ConnectStage::Ticket.connected(account.clone(), at(0)), Err(WrongStage));
        let browser = ConnectStage::Ticket.opened().unwrap();
        assert_eq!(browser.opened(), Err(WrongStage));
        assert_eq!(browser.completed(at(0)), Err(WrongStage));
        let connected = browser.connected(account.clone(), at(100)).unwrap();
        assert_eq!(connected.connected(account.clone(), at(100)), Err(WrongStage));
        assert_eq!(connected.completed(at(160)), Err(WrongStage), "the code has ended");
        let (done, found) = connected.completed(at(159)).unwrap();
        assert_eq!(found, account);
        assert_eq!(done.completed(at(159)), Err(WrongStage));
    }
}
