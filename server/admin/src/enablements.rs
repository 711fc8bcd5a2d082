//! Which application may use which connection: the toggles.

use coffer_contract::{ApiError, catalogue::ConnectionGroup, connection::Enablement, validate};
use coffer_core::{
    Scopes,
    audit::EventCode,
    client::Client,
    connection::{Connection, Enabled},
};
use coffer_federation::Entry;

use crate::{Editor, Signed};

impl Signed {
    /// Every application, and whether it may use the connection.
    pub async fn connection_applications(&self, id: &str) -> Result<Vec<Enablement>, ApiError> {
        let connection = self.find_connection(id).await?;
        let found = self.store().connections().of_connection(&connection.id).await;
        let found = found.map_err(|e| self.visit.store_failed(e))?;
        Ok(found.iter().map(|(client, on)| self.enablement(&connection, client, on.as_ref())).collect())
    }

    /// Every connection, and whether the application may use it.
    pub async fn application_connections(&self, client_id: &str) -> Result<Vec<Enablement>, ApiError> {
        let client = self.find_client(client_id).await?;
        let found = self.store().connections().of_client(&client.id).await;
        let found = found.map_err(|e| self.visit.store_failed(e))?;
        Ok(found.iter().map(|(connection, on)| self.enablement(connection, &client, on.as_ref())).collect())
    }
}

impl Editor {
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
        let now = self.store().connections().enabled(&connection.id, &client.id).await;
        let now = now.map_err(|e| self.visit.store_failed(e))?;
        Ok(self.enablement(&connection, &client, now.as_ref()))
    }

    /// Sets the most that tokens released to an application may allow; `None` lifts the limit.
    pub async fn set_scope_ceiling(
        &self,
        connection_id: &str,
        client_id: &str,
        ceiling: Option<Vec<String>>,
    ) -> Result<Enablement, ApiError> {
        let connection = self.find_connection(connection_id).await?;
        let client = self.find_client(client_id).await?;
        let ceiling: Option<Scopes> = ceiling.map(|scopes| {
            scopes.iter().map(|scope| scope.trim()).filter(|scope| !scope.is_empty()).collect()
        });
        let wrong = ceiling.iter().flat_map(Scopes::iter).find(|scope| !validate::is_scope_token(scope));
        if let Some(scope) = wrong {
            let message = format!("“{scope}” is not a scope: a scope has no spaces, quotes or backslashes.");
            return Err(ApiError::field("scope_ceiling", message));
        }
        if ceiling.as_ref().is_some_and(Scopes::is_empty) {
            let message =
                "Choose at least one scope, or lift the limit. To allow nothing, switch the connection off.";
            return Err(ApiError::field("scope_ceiling", message));
        }
        let words = match &ceiling {
            Some(scopes) => format!("at most {scopes}"),
            None => "everything that the account allows".to_owned(),
        };
        let event = self
            .event(
                EventCode::ApplicationCeiling,
                format!("“{}” may get from “{}” {words}.", client.name, connection.name),
            )
            .connection(&connection.name)
            .client(&client.id);
        let set = self
            .store()
            .connections()
            .set_ceiling(&connection.id, &client.id, ceiling.as_ref(), event)
            .await
            .map_err(|e| self.visit.store_failed(e))?;
        if !set {
            return Err(ApiError::Conflict {
                message: "The connection is not enabled for this application any more. Switch it on first."
                    .to_owned(),
            });
        }
        Ok(self.enablement(&connection, &client, Some(&Enabled { scope_ceiling: ceiling })))
    }
}

impl Signed {
    fn enablement(&self, connection: &Connection, client: &Client, enabled: Option<&Enabled>) -> Enablement {
        let federation = &self.admin().federation;
        let entry = federation.catalogue().get(&connection.strategy);
        Enablement {
            connection_id: connection.id.to_string(),
            connection_name: connection.display_name.clone(),
            strategy: connection.strategy.clone(),
            group: entry.map_or(ConnectionGroup::Social, Entry::group),
            vault_enabled: connection.vault_enabled,
            client_id: client.id.to_string(),
            application_name: client.name.clone(),
            enabled: enabled.is_some(),
            scope_ceiling: enabled.and_then(|how| how.scope_ceiling.as_ref()).map(Scopes::to_vec),
            scopes: federation
                .describe(&connection.strategy, federation.scopes_for(connection, &Scopes::default()).iter()),
            narrows: entry.is_some_and(Entry::narrows),
        }
    }
}
