//! What goes in and comes out.

use coffer_core::{Scopes, connection::Connection, user::Profile};
use coffer_crypto::Secret;

/// A connection with what a call to its provider needs.
#[derive(Clone, Copy, Debug)]
pub struct Upstream<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// Its client secret.
    pub client_secret: Option<&'a Secret>,
    /// The redirect URI registered at the provider.
    pub redirect_uri: &'a str,
}

/// What an authorization request carries beside the connection's own settings.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationExtras<'a> {
    /// All scopes to ask for.
    pub scopes: &'a Scopes,
    /// Passed on.
    pub login_hint: Option<&'a str>,
    /// Passed on; overrides the catalogue's.
    pub prompt: Option<&'a str>,
    /// Comes back with the answer.
    pub state: &'a str,
    /// Comes back in the ID token.
    pub nonce: &'a str,
    /// PKCE (RFC 7636).
    pub code_verifier: &'a Secret,
}

/// Tokens that a provider handed out.
#[derive(Clone, Debug)]
pub struct ProviderTokens {
    /// `access_token`
    pub access_token: Secret,
    /// `refresh_token`
    pub refresh_token: Option<Secret>,
    /// `scope`; `None` means as asked (RFC 6749 section 5.1).
    pub scopes: Option<Scopes>,
    /// `expires_in`, in seconds.
    pub expires_in: Option<i64>,
    /// Seconds that the refresh token lives without being used, where the provider says so.
    pub refresh_expires_in: Option<i64>,
}

/// Somebody who signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The provider's tokens.
    pub tokens: ProviderTokens,
    /// The user's id there.
    pub provider_user_id: String,
    /// What the provider says of them.
    pub profile: Profile,
}
