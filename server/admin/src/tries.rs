//! Trying a connection from the dashboard.

use coffer_contract::{
    ApiError,
    connection::{TryResult, TryStart},
};
use coffer_core::rng::token;
use coffer_crypto::TokenHash;

use crate::{Editor, failure};

/// Seconds in which a try must be done and its result read: 15 minutes.
const TRY_SECONDS: i64 = 15 * 60;

impl Editor {
    /// Begins a try: the address for the new window, and the name under which the result is asked for.
    pub async fn begin_try(&self, connection_id: &str) -> Result<TryStart, ApiError> {
        let connection = self.find_connection(connection_id).await?;
        let handle = token(self.admin().rng.as_ref());
        let ends = self.visit.now().plus_seconds(TRY_SECONDS);
        let begun = self.store().tries().begin(&TokenHash::of(&handle), &connection.id, ends).await;
        begun.map_err(|e| self.visit.store_failed(e))?;
        Ok(TryStart { url: format!("{}u/try?handle={handle}", self.admin().issuer), handle })
    }

    /// How a try stands.
    pub async fn try_result(&self, connection_id: &str, handle: &str) -> Result<TryResult, ApiError> {
        let found = self.store().tries().get(&TokenHash::of(handle), self.visit.now()).await;
        let found = found.map_err(|e| self.visit.store_failed(e))?;
        match found {
            Some((connection, result)) if connection.as_str() == connection_id => Ok(result),
            _ => Err(failure::not_found("try")),
        }
    }
}
