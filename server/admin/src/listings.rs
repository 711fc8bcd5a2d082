//! Lists as the management API reads them, and what it sets beyond the dashboard's forms.

use std::collections::{BTreeMap, HashMap};

use coffer_contract::{ApiError, api::ApiDetail, catalogue::ConnectionGroup, log::LogEntry};
use coffer_core::{
    api::{Api, ClientGrant},
    audit::EventCode,
    client::Client,
    connection::Connection,
    ids::{ApiId, ClientGrantId, ClientId, ConnectionId},
    token_set::TokenSet,
    user::User,
};
use coffer_federation::Entry;
use coffer_store::{
    ClientFilter, ClientGrantFilter, ConnectionFilter, Listed, LogField, Match, Span, UserField, UserOrder,
};

use crate::{Editor, Signed, failure, own_apis};

impl Signed {
    /// Applications, by name.
    pub async fn select_clients(
        &self,
        filter: &ClientFilter,
        span: &Span,
    ) -> Result<Listed<Client>, ApiError> {
        self.store().clients().select(filter, span).await.map_err(|e| self.visit.store_failed(e))
    }

    /// Connections, by name.
    pub async fn select_connections(
        &self,
        filter: &ConnectionFilter,
        span: &Span,
    ) -> Result<Listed<Connection>, ApiError> {
        self.store().connections().select(filter, span).await.map_err(|e| self.visit.store_failed(e))
    }

    /// The applications that may use each of these connections.
    pub async fn clients_of(
        &self,
        connections: &[ConnectionId],
    ) -> Result<HashMap<ConnectionId, Vec<ClientId>>, ApiError> {
        let found = self.store().connections().clients_of(connections).await;
        found.map_err(|e| self.visit.store_failed(e))
    }

    /// The notes about these connections.
    pub async fn connection_metadata(
        &self,
        connections: &[ConnectionId],
    ) -> Result<HashMap<ConnectionId, BTreeMap<String, String>>, ApiError> {
        let found = self.store().connections().metadata(connections).await;
        found.map_err(|e| self.visit.store_failed(e))
    }
}

impl Editor {
    /// Replaces the notes about a connection, if they differ.
    pub async fn set_connection_metadata(
        &self,
        id: &str,
        metadata: &BTreeMap<String, String>,
    ) -> Result<(), ApiError> {
        let connection = self.find_connection(id).await?;
        let before = self.connection_metadata(std::slice::from_ref(&connection.id)).await?;
        if before.get(&connection.id).cloned().unwrap_or_default() == *metadata {
            return Ok(());
        }
        let words = format!("Connection “{}” was changed: metadata.", connection.name);
        let event = self.event(EventCode::ConnectionUpdated, words).connection(&connection.name);
        let set = self.store().connections().set_metadata(&connection.id, metadata, event).await;
        set.map_err(|e| self.visit.store_failed(e))
    }
}

impl Signed {
    /// Registered APIs, by name; those with one of `identifiers`, unless there is none.
    pub async fn select_apis(&self, identifiers: &[String], span: &Span) -> Result<Listed<Api>, ApiError> {
        self.store().apis().select(identifiers, span).await.map_err(|e| self.visit.store_failed(e))
    }

    /// This server's own APIs.
    pub async fn own_apis(&self) -> Result<Vec<ApiDetail>, ApiError> {
        let mut found = Vec::new();
        for own in own_apis::all(&self.admin().issuer) {
            found.push(self.api(own.api.id.as_str()).await?);
        }
        Ok(found)
    }

    /// The identifier of a registered API.
    pub async fn api_identifier(&self, id: &ApiId) -> Result<Option<String>, ApiError> {
        let found = self.store().apis().get(id).await.map_err(|e| self.visit.store_failed(e))?;
        Ok(found.map(|api| api.identifier))
    }

    /// What applications may do at APIs.
    pub async fn select_client_grants(
        &self,
        filter: &ClientGrantFilter,
        span: &Span,
    ) -> Result<Listed<ClientGrant>, ApiError> {
        self.store().client_grants().select(filter, span).await.map_err(|e| self.visit.store_failed(e))
    }

    /// One of them.
    pub async fn find_client_grant(&self, id: &str) -> Result<ClientGrant, ApiError> {
        let found = self.store().client_grants().get(&ClientGrantId::from_text(id)).await;
        found.map_err(|e| self.visit.store_failed(e))?.ok_or_else(|| failure::not_found("client grant"))
    }

    /// Users that match.
    pub async fn select_users(
        &self,
        search: Option<&Match<UserField>>,
        order: UserOrder,
        descending: bool,
        span: &Span,
    ) -> Result<Listed<User>, ApiError> {
        let found = self.store().users().select(search, order, descending, span).await;
        found.map_err(|e| self.visit.store_failed(e))
    }

    /// The connections that users sign in through, and whether each is of a consumer platform.
    pub async fn connections_with_kind(&self) -> Result<HashMap<ConnectionId, (Connection, bool)>, ApiError> {
        let catalogue = self.admin().federation.catalogue();
        let social = |connection: &Connection| {
            let group = catalogue.get(&connection.strategy).map_or(ConnectionGroup::Social, Entry::group);
            group == ConnectionGroup::Social
        };
        let all = self.all_connections().await?;
        Ok(all.into_iter().map(|c| (c.id.clone(), (c.clone(), social(&c)))).collect())
    }

    /// The accounts that a user connected.
    pub async fn accounts_of(&self, user_id: &str) -> Result<Vec<TokenSet>, ApiError> {
        let user = self.find_user(user_id).await?;
        self.store().token_sets().of_user(&user.id).await.map_err(|e| self.visit.store_failed(e))
    }

    /// When tokens of an account were last released, to any application.
    pub async fn last_released(&self, set: &TokenSet) -> Result<Option<coffer_core::Timestamp>, ApiError> {
        let releases = self.store().audit().releases(&set.id).await;
        Ok(releases.map_err(|e| self.visit.store_failed(e))?.first().map(|(_, at)| *at))
    }

    /// Events that match.
    pub async fn select_logs(
        &self,
        search: Option<&Match<LogField>>,
        descending: bool,
        span: &Span,
        after: Option<i64>,
    ) -> Result<Listed<LogEntry>, ApiError> {
        let found = self.store().audit().select(search, descending, span, after).await;
        found.map_err(|e| self.visit.store_failed(e))
    }

    /// One event.
    pub async fn log(&self, id: i64) -> Result<LogEntry, ApiError> {
        let found = self.store().audit().get(id).await.map_err(|e| self.visit.store_failed(e))?;
        found.ok_or_else(|| failure::not_found("log event"))
    }
}
