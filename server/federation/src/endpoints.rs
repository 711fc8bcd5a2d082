//! Which endpoints a connection's provider has: from the connection, the catalogue or discovery.

use coffer_contract::{
    catalogue::OptionField,
    connection::{ClientAuthentication, ScopeSeparator},
};
use coffer_core::{Scopes, connection::Connection};
use url::Url;

use crate::{Entry, Federation, discovery::Document, error::UpstreamError};
use std::sync::Arc;

/// A connection's provider, ready to be called.
pub(crate) struct Provider<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) authorization: Url,
    pub(crate) token: Url,
    pub(crate) refresh: Url,
    pub(crate) user_info: Option<Url>,
    /// Present when the provider issues ID tokens.
    pub(crate) document: Option<Arc<Document>>,
    pub(crate) separator: ScopeSeparator,
    pub(crate) authentication: ClientAuthentication,
}

impl Federation {
    pub(crate) fn entry(&self, connection: &Connection) -> Result<&Entry, UpstreamError> {
        self.catalogue.get(&connection.strategy).ok_or(UpstreamError::Setting("a known strategy"))
    }

    pub(crate) async fn provider(&self, connection: &Connection) -> Result<Provider<'_>, UpstreamError> {
        let entry = self.entry(connection)?;
        let options = &connection.options;
        let chosen = |field| entry.fields.contains(&field);
        let separator = match chosen(OptionField::ScopeSeparator) {
            true => options.scope_separator,
            false => entry.authorization.scope_separator,
        };
        let authentication = match chosen(OptionField::ClientAuthentication) {
            true => options.client_authentication,
            false => entry.token.client_authentication,
        };
        if let Some(issuer) = discovery_address(entry, connection) {
            let document = self.document(&issuer, entry.endpoints.issuer_per_tenant.as_deref()).await?;
            return Ok(Provider {
                entry,
                authorization: document.authorization_endpoint.clone(),
                token: document.token_endpoint.clone(),
                refresh: document.token_endpoint.clone(),
                user_info: document.userinfo_endpoint.clone().filter(|_| !entry.endpoints.skip_user_info),
                document: Some(document),
                separator,
                authentication,
            });
        }
        let pick = |own: &Option<String>, known: &Option<Url>, what| match own {
            Some(text) => Url::parse(text).map_err(|_| UpstreamError::Setting(what)),
            None => known.clone().ok_or(UpstreamError::Setting(what)),
        };
        let endpoints = &entry.endpoints;
        let token = pick(&options.token_url, &endpoints.token, "a token URL")?;
        Ok(Provider {
            entry,
            authorization: pick(
                &options.authorization_url,
                &endpoints.authorization,
                "an authorization URL",
            )?,
            refresh: pick(&options.refresh_url, &Some(token.clone()), "a refresh URL")?,
            token,
            user_info: Some(pick(&options.user_info_url, &endpoints.user_info, "a user-info URL")?),
            document: None,
            separator,
            authentication,
        })
    }

    /// What to ask of the provider: the connection's scopes, `further` ones, those that sign-in needs,
    /// and, when the vault is on, the one that gives a refresh token.
    pub fn scopes_for(&self, connection: &Connection, further: &Scopes) -> Scopes {
        let Ok(entry) = self.entry(connection) else { return connection.scopes.clone() };
        let offline = entry.offline_scope.iter().filter(|_| connection.vault_enabled).map(String::as_str);
        entry
            .always_scopes
            .iter()
            .map(String::as_str)
            .chain(connection.scopes.iter())
            .chain(further.iter())
            .chain(offline)
            .collect()
    }
}

fn discovery_address(entry: &Entry, connection: &Connection) -> Option<String> {
    if entry.fields.contains(&OptionField::DiscoveryUrl) {
        return connection.options.discovery_url.clone();
    }
    let tenant = connection.options.tenant.as_ref().or(entry.endpoints.default_tenant.as_ref());
    let address = entry.endpoints.discovery.as_ref()?;
    Some(address.replace("{tenant}", tenant.map_or("", String::as_str)))
}
