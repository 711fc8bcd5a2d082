//! Which application may use which connection: the toggles.

use coffer_contract::{ApiError, catalogue::ConnectionGroup, connection::Enablement};
use coffer_core::{audit::EventCode, client::Client, connection::Connection};

use crate::Signed;

impl Signed {
    /// Every application, and whether it may use the connection.
    pub async fn connection_applications(&self, id: &str) -> Result<Vec<Enablement>, ApiError> {
        let connection = self.find_connection(id).await?;
        let found = self.store().connections().of_connection(&connection.id).await;
        let found = found.map_err(|e| self.visit.store_failed(e))?;
        Ok(found.iter().map(|(client, on)| self.enablement(&connection, client, *on)).collect())
    }

    /// Every connection, and whether the application may use it.
    pub async fn application_connections(&self, client_id: &str) -> Result<Vec<Enablement>, ApiError> {
        let client = self.find_client(client_id).await?;
        let found = self.store().connections().of_client(&client.id).await;
        let found = found.map_err(|e| self.visit.store_failed(e))?;
        Ok(found.iter().map(|(connection, on)| self.enablement(connection, &client, *on)).collect())
    }

    /// Turns a connection on or off for an application. Doing so twice changes nothing.
    pub async fn set_enablement(
        &self,
        connection_id: &str,
        client_id: &str,
        enabled: bool,
    ) -> Result<Enablement, ApiError> {
        let connection = self.find_connection(connection_id).await?;
        let client = self.find_client(client_id).await?;
        let (code, word) = if enabled {
            (EventCode::ConnectionEnabled, "enabled")
        } else {
            (EventCode::ConnectionDisabled, "disabled")
        };
        let event = self
            .event(code, format!("Connection “{}” was {word} for “{}”.", connection.name, client.name))
            .connection(&connection.name)
            .client(&client.id);
        self.store()
            .connections()
            .set_enabled(&connection.id, &client.id, enabled, self.visit.now(), event)
            .await
            .map_err(|e| self.visit.store_failed(e))?;
        Ok(self.enablement(&connection, &client, enabled))
    }

    fn enablement(&self, connection: &Connection, client: &Client, enabled: bool) -> Enablement {
        let entry = self.catalogue_entry(&connection.strategy);
        Enablement {
            connection_id: connection.id.to_string(),
            connection_name: connection.display_name.clone(),
            strategy: connection.strategy.clone(),
            group: entry.map_or(ConnectionGroup::Social, |entry| entry.group),
            vault_enabled: connection.vault_enabled,
            client_id: client.id.to_string(),
            application_name: client.name.clone(),
            enabled,
        }
    }
}
