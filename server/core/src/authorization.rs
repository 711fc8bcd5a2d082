//! An authorization request on its way from `/authorize` to a code (RFC 6749 section 4.1).

use coffer_contract::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    Scopes,
    api::Acting,
    ids::{ClientId, ConnectionId, DeviceId, FamilyId, UserId},
};

/// Seconds in which sign-in and consent must be done: 30 minutes.
pub const INTERACTION_SECONDS: i64 = 30 * 60;
/// Seconds in which a code must be exchanged (RFC 6749 section 4.1.2 allows ten minutes at most).
pub const CODE_SECONDS: i64 = 60;
/// Seconds in which the user must come back from the provider: 15 minutes.
pub const UPSTREAM_SECONDS: i64 = 15 * 60;

/// A validated authorization request: client, redirect URI, PKCE and scopes have been checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The client.
    pub client_id: ClientId,
    /// Where the answer goes.
    pub answer: AnswerTo,
    /// What is asked for.
    pub scopes: Scopes,
    /// Connection named by the request, which skips the chooser.
    pub connection: Option<String>,
    /// Further scopes to ask of the provider (`connection_scope`).
    pub connection_scopes: Scopes,
    /// What the page may show (OpenID Connect Core section 3.1.2.1).
    pub prompt: Prompts,
    /// Longest age of the sign-in, in seconds.
    pub max_age: Option<i64>,
    /// Passed on to the provider.
    pub login_hint: Option<String>,
    /// The one person who may answer, where the request named them (`id_token_hint`).
    pub person: Option<UserId>,
    /// The API that the access token is for, where it is not this server's user info alone.
    #[serde(default)]
    pub audience: Option<String>,
    /// Thumbprint of the key that the code is bound to (RFC 9449 section 10).
    #[serde(default)]
    pub jkt: Option<String>,
}

/// Where the answer to a request goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum AnswerTo {
    /// Through the browser, to the client.
    Client(Redirect),
    /// To a device that polls for it (RFC 8628).
    Device {
        /// Which.
        id: DeviceId,
    },
}

/// What the client said of the answer it expects in the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// One of its redirect URIs, exactly.
    pub redirect_uri: String,
    /// `query` unless asked otherwise.
    pub response_mode: ResponseMode,
    /// Returned as it came.
    pub state: Option<String>,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// PKCE S256 challenge (RFC 7636).
    pub code_challenge: Option<String>,
}

/// How the answer travels (OAuth 2.0 Multiple Response Type Encoding Practices).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the redirect URI's query.
    #[default]
    Query,
    /// In a form that the browser posts.
    FormPost,
    /// In a message to the window that opened or embeds the page.
    WebMessage,
}

/// The values of `prompt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompts {
    /// Show nothing.
    pub none: bool,
    /// Sign in again.
    pub login: bool,
    /// Ask for consent again.
    pub consent: bool,
    /// Let the user choose an account.
    pub select_account: bool,
}

/// Who signed in, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// The user.
    pub user_id: UserId,
    /// When the provider vouched for them.
    pub auth_time: Timestamp,
    /// Identifies the browser session, the `sid` of ID tokens.
    pub session_id: String,
}

/// Where an authorization request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// The user has to sign in.
    SignIn,
    /// The user signed in and has to consent.
    Consent {
        /// Who.
        sign_in: SignIn,
    },
    /// The user consented and has to connect a further account, for a device that asked for one.
    Connect {
        /// Who.
        sign_in: SignIn,
    },
    /// A code was issued, or the request was refused; nothing more happens.
    Done,
}

/// A step that does not follow from where the request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the authorization request is not at this step")]
pub struct WrongStage;

impl Stage {
    /// The user signed in.
    pub fn signed_in(&self, sign_in: SignIn) -> Result<Self, WrongStage> {
        match self {
            Self::SignIn => Ok(Self::Consent { sign_in }),
            Self::Consent { .. } | Self::Connect { .. } | Self::Done => Err(WrongStage),
        }
    }

    /// Consent was given (or is not needed): who for.
    pub fn consented(&self) -> Result<(Self, SignIn), WrongStage> {
        match self {
            Self::Consent { sign_in } => Ok((Self::Done, sign_in.clone())),
            Self::SignIn | Self::Connect { .. } | Self::Done => Err(WrongStage),
        }
    }

    /// Consent was given, and a further account is to be connected.
    pub fn connecting(&self) -> Result<Self, WrongStage> {
        match self {
            Self::Consent { sign_in } => Ok(Self::Connect { sign_in: sign_in.clone() }),
            Self::SignIn | Self::Connect { .. } | Self::Done => Err(WrongStage),
        }
    }

    /// The further account is connected: who for.
    pub fn connected(&self) -> Result<(Self, SignIn), WrongStage> {
        match self {
            Self::Connect { sign_in } => Ok((Self::Done, sign_in.clone())),
            Self::SignIn | Self::Consent { .. } | Self::Done => Err(WrongStage),
        }
    }
}

/// A stored interaction: the request, where it stands, and the browser it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// The request.
    pub request: AuthorizationRequest,
    /// Where it stands.
    pub stage: Stage,
    /// SHA-256 of the secret in the browser's session that began it.
    pub browser_hash: [u8; 32],
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A user on the way to a provider and back. Errand, nonce and PKCE verifier are sealed beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamLogin {
    /// To which connection.
    pub connection_id: ConnectionId,
    /// SHA-256 of the secret in the browser's session that began it.
    pub browser_hash: [u8; 32],
    /// Scopes that were asked of the provider.
    pub scopes: Scopes,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What an authorization code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeGrant {
    /// The client it was issued to.
    pub client_id: ClientId,
    /// The redirect URI it was sent to.
    pub redirect_uri: String,
    /// What was granted.
    pub scopes: Scopes,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// PKCE S256 challenge.
    pub code_challenge: Option<String>,
    /// The API that the access token is for.
    pub audience: Option<String>,
    /// Thumbprint of the key that the code is bound to (RFC 9449 section 10).
    pub jkt: Option<String>,
    /// Who signed in.
    pub sign_in: SignIn,
    /// The family that the tokens from it belong to: replaying the code ends it.
    pub family_id: FamilyId,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What the tokens of one sign-in to one application are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// What was granted.
    pub scopes: Scopes,
    /// The API that the access token is for.
    pub audience: Option<String>,
    /// Thumbprint of the key that the tokens are bound to.
    pub jkt: Option<String>,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// Who signed in.
    pub sign_in: SignIn,
    /// The family that the tokens belong to.
    pub family_id: FamilyId,
}

impl From<CodeGrant> for Granted {
    fn from(code: CodeGrant) -> Self {
        let CodeGrant { scopes, audience, jkt, nonce, sign_in, family_id, .. } = code;
        Self { scopes, audience, jkt, nonce, sign_in, family_id }
    }
}

/// An access token of this server, as stored: for user info and one API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessGrant {
    /// The client it was issued to.
    pub client_id: ClientId,
    /// The user it stands for; `None` where the client acts for itself.
    pub user_id: Option<UserId>,
    /// The sign-in it came from; `None` where the client acts for itself.
    pub family_id: Option<FamilyId>,
    /// What was granted.
    pub scopes: Scopes,
    /// The API that it is for.
    pub audience: Option<String>,
    /// Who acts for the user, where that is not the client that they signed in to (RFC 8693 section 4.1).
    pub actor: Option<Acting>,
    /// Thumbprint of the key that it is bound to (RFC 9449 section 6).
    pub jkt: Option<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_follow_each_other_once() {
        let sign_in = SignIn {
            user_id: UserId::from_text("u"),
            auth_time: Timestamp::default(),
            session_id: "s".into(),
        };
        assert_eq!(Stage::SignIn.consented(), Err(WrongStage));
        let consent = Stage::SignIn.signed_in(sign_in.clone()).expect("follows");
        assert_eq!(consent.signed_in(sign_in.clone()), Err(WrongStage));
        let (done, who) = consent.consented().expect("follows");
        assert_eq!(who, sign_in);
        assert_eq!(done.consented(), Err(WrongStage));
        assert_eq!(consent.connected(), Err(WrongStage));
        let connect = consent.connecting().expect("follows");
        assert_eq!((connect.consented(), connect.connecting()), (Err(WrongStage), Err(WrongStage)));
        assert_eq!(connect.connected().expect("follows"), (done, sign_in));
    }
}
