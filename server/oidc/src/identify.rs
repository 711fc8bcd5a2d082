//! Home-realm discovery: an e-mail address says which company's sign-in the person belongs to.

use coffer_core::{authorization::Stage, connection::Connection};
use url::Url;

use crate::{Browser, Oidc, error::PageError};

impl Oidc {
    /// The person entered an address on the sign-in page. `Ok(None)` when no enabled connection has its domain.
    pub async fn identify(
        &self,
        handle: &str,
        address: &str,
        browser: &Browser,
    ) -> Result<Option<Url>, PageError> {
        let (interaction, client) = self.interaction(handle, browser).await?;
        if interaction.stage != Stage::SignIn {
            return Err(PageError::Gone);
        }
        let address = address.trim();
        let Some((_, domain)) = address.rsplit_once('@') else { return Ok(None) };
        let found = self.store.connections().of_domain(&domain.to_lowercase()).await?;
        let enabled = self.store.connections().enabled_for(&client.id).await?;
        let Some(connection) =
            found.into_iter().find(|c| is_offered(c) && enabled.iter().any(|e| e.id == c.id))
        else {
            return Ok(None);
        };
        self.to_provider(handle, &interaction, &client, &connection, Some(address), browser).await.map(Some)
    }
}

/// Whether people can sign in through the connection.
pub(crate) fn is_offered(connection: &Connection) -> bool {
    connection.purpose.signs_in()
}
