//! Administrators on their way to a provider, to sign in to the dashboard or to link an account. Nobody becomes a
//! user by it, and nothing of the provider's is kept.

use coffer_core::{Scopes, connection::Connection};
use coffer_crypto::TokenHash;
use url::Url;

use crate::{
    Oidc,
    error::PageError,
    trip::{DepartError, Errand, Trip},
};

/// Scopes that say more of who it is (OpenID Connect Core section 5.4), for what the account is called here.
const WHO: [&str; 2] = ["profile", "email"];

impl Oidc {
    /// Where to send the browser. The provider is asked who it is, and for nothing else; `bound_to` is the hash of
    /// what the browser must have when it comes back. In words, why the trip could not begin.
    pub async fn depart_administrator(
        &self,
        connection: &Connection,
        bound_to: &TokenHash,
    ) -> Result<Result<Url, String>, PageError> {
        let scopes = WHO.iter().filter(|scope| connection.scopes.contains(scope)).copied().collect();
        let connection = Connection { scopes, vault_enabled: false, ..connection.clone() };
        let trip = Trip {
            connection: &connection,
            errand: Errand::Administrator,
            scopes: self.federation.scopes_for(&connection, &Scopes::default()),
            login_hint: None,
            prompt: None,
        };
        match self.depart_bound(trip, bound_to).await {
            Ok(url) => Ok(Ok(url)),
            Err(DepartError::Page(error)) => Err(error),
            Err(DepartError::Upstream(error)) => Ok(Err(error.to_string())),
        }
    }
}
