//! Which endpoints a connection's provider has: from the connection, the catalogue or discovery.

use std::collections::BTreeMap;
use std::sync::Arc;

use coffer_contract::{
    catalogue::{OptionField, ScopeInfo},
    connection::{ClientAuthentication, ScopeSeparator},
};
use coffer_core::{Scopes, connection::Connection};
use url::Url;

use crate::{
    Entry, Federation,
    catalogue::{RevocationStyle, RevokedToken, Template},
    discovery::Document,
    error::UpstreamError,
};

/// Scopes that mean the same everywhere (OpenID Connect Core sections 3.1.2.1, 5.4 and 11).
const STANDARD: [(&str, &str); 6] = [
    ("openid", "Know who the user is"),
    ("profile", "Read name and picture"),
    ("email", "Read the e-mail address"),
    ("address", "Read the postal address"),
    ("phone", "Read the phone number"),
    ("offline_access", "Keep access while the user is away"),
];

/// A connection's provider, ready to be called.
pub(crate) struct Provider<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) authorization: Url,
    pub(crate) token: Url,
    pub(crate) refresh: Url,
    pub(crate) user_info: Option<Url>,
    pub(crate) emails: Option<Url>,
    pub(crate) revocation: Option<(Url, RevocationStyle, RevokedToken)>,
    /// Present when the provider issues ID tokens.
    pub(crate) document: Option<Arc<Document>>,
    pub(crate) separator: ScopeSeparator,
    pub(crate) authentication: ClientAuthentication,
    pub(crate) pkce: bool,
    /// Headers of token requests.
    pub(crate) token_headers: BTreeMap<String, String>,
    /// Headers of user-info requests.
    pub(crate) user_info_headers: BTreeMap<String, String>,
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
        let with_own = |known: &BTreeMap<String, String>| {
            let mut headers = known.clone();
            headers.extend(options.upstream_headers.clone());
            headers
        };
        let common = Common {
            entry,
            separator,
            authentication,
            pkce: entry.authorization.pkce && !options.without_pkce,
            token_headers: with_own(&entry.token.headers),
            user_info_headers: with_own(&entry.user_info.headers),
        };
        match discovery_address(entry, connection) {
            Some(issuer) => self.discovered(common, connection, &issuer).await,
            None => plain(common, connection),
        }
    }

    async fn discovered<'a>(
        &'a self,
        common: Common<'a>,
        connection: &Connection,
        issuer: &str,
    ) -> Result<Provider<'a>, UpstreamError> {
        let entry = common.entry;
        let document = self.document(issuer, entry.endpoints.issuer_per_tenant.as_deref()).await?;
        let discovered = document.revocation_endpoint.clone();
        let revocation = revocation(entry, connection)
            .or_else(|| Some((discovered?, RevocationStyle::default(), RevokedToken::default())));
        Ok(common.provider(
            document.authorization_endpoint.clone(),
            document.token_endpoint.clone(),
            document.token_endpoint.clone(),
            document.userinfo_endpoint.clone().filter(|_| !entry.endpoints.skip_user_info),
            revocation,
            Some(document),
        ))
    }

    /// Scopes of a kind of provider in words, where the catalogue knows them.
    pub fn describe(
        &self,
        strategy: &str,
        scopes: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Vec<ScopeInfo> {
        let known = self.catalogue.get(strategy).map(|entry| entry.view().scopes).unwrap_or_default();
        let describe = |scope: &str| {
            known.iter().find(|info| info.value == scope).cloned().unwrap_or_else(|| {
                let standard = STANDARD.iter().find(|(value, _)| *value == scope);
                ScopeInfo {
                    value: scope.to_owned(),
                    name: standard.map_or(scope, |(_, words)| words).to_owned(),
                    product: String::new(),
                }
            })
        };
        scopes.into_iter().map(|scope| describe(scope.as_ref())).collect()
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

/// What a provider has wherever its endpoints come from.
struct Common<'a> {
    entry: &'a Entry,
    separator: ScopeSeparator,
    authentication: ClientAuthentication,
    pkce: bool,
    token_headers: BTreeMap<String, String>,
    user_info_headers: BTreeMap<String, String>,
}

impl<'a> Common<'a> {
    fn provider(
        self,
        authorization: Url,
        token: Url,
        refresh: Url,
        user_info: Option<Url>,
        revocation: Option<(Url, RevocationStyle, RevokedToken)>,
        document: Option<Arc<Document>>,
    ) -> Provider<'a> {
        Provider {
            entry: self.entry,
            authorization,
            token,
            refresh,
            user_info,
            emails: self.entry.endpoints.emails.as_ref().and_then(|template| template.fill(&[])),
            revocation,
            document,
            separator: self.separator,
            authentication: self.authentication,
            pkce: self.pkce,
            token_headers: self.token_headers,
            user_info_headers: self.user_info_headers,
        }
    }
}

/// The endpoints that the connection or its catalogue entry names.
fn plain<'a>(common: Common<'a>, connection: &Connection) -> Result<Provider<'a>, UpstreamError> {
    let (entry, options) = (common.entry, &connection.options);
    let tenant = tenant(entry, connection);
    let pick = |own: &Option<String>, known: &Option<Template>, what| match (own, known) {
        (Some(text), _) => Url::parse(text).map(Some).map_err(|_| UpstreamError::Setting(what)),
        (None, Some(template)) => {
            template.fill(&[("tenant", tenant)]).map(Some).ok_or(UpstreamError::Setting(what))
        }
        (None, None) => Ok(None),
    };
    let endpoints = &entry.endpoints;
    let token = pick(&options.token_url, &endpoints.token, "a token URL")?;
    let token = token.ok_or(UpstreamError::Setting("a token URL"))?;
    let authorization = pick(&options.authorization_url, &endpoints.authorization, "an authorization URL")?;
    let authorization = authorization.ok_or(UpstreamError::Setting("an authorization URL"))?;
    let refresh = pick(&options.refresh_url, &endpoints.refresh, "a refresh URL")?;
    let refresh = refresh.unwrap_or_else(|| token.clone());
    let user_info = pick(&options.user_info_url, &endpoints.user_info, "a user-info URL")?;
    Ok(common.provider(authorization, token, refresh, user_info, revocation(entry, connection), None))
}

fn tenant<'a>(entry: &'a Entry, connection: &'a Connection) -> &'a str {
    let default = entry.tenant.as_ref().and_then(|tenant| tenant.default.as_deref());
    connection.options.tenant.as_deref().or(default).unwrap_or("")
}

/// Where and how tokens are revoked, as the connection or its catalogue entry says.
fn revocation(entry: &Entry, connection: &Connection) -> Option<(Url, RevocationStyle, RevokedToken)> {
    if let Some(own) = &connection.options.revocation_url {
        return Some((Url::parse(own).ok()?, RevocationStyle::default(), RevokedToken::default()));
    }
    let known = entry.revocation.as_ref()?;
    let values = [("tenant", tenant(entry, connection)), ("client_id", connection.client_id.as_str())];
    Some((known.url.fill(&values)?, known.style, known.token))
}

fn discovery_address(entry: &Entry, connection: &Connection) -> Option<String> {
    if entry.fields.contains(&OptionField::DiscoveryUrl) {
        return connection.options.discovery_url.clone();
    }
    let address = entry.endpoints.discovery.as_ref()?;
    // Without the slash that an address without a path gets: an issuer is compared letter by letter.
    let filled = address.fill(&[("tenant", tenant(entry, connection))])?;
    Some(filled.as_str().trim_end_matches('/').to_owned())
}
