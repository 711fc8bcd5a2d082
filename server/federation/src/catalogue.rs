//! The provider catalogue: one data file for each strategy, embedded, checked when loaded.

use std::collections::BTreeMap;

use coffer_contract::{
    catalogue::{CatalogueEntry, ConnectionGroup, OptionField, ScopeInfo},
    connection::{ClientAuthentication, ScopeSeparator},
};
use serde::Deserialize;
use url::Url;

use crate::error::UpstreamError;

/// The files, in the order in which the dashboard shows them.
const FILES: &[(&str, &str)] = &[
    ("google-oauth2", include_str!("../catalogue/google-oauth2.toml")),
    ("windowslive", include_str!("../catalogue/windowslive.toml")),
    ("github", include_str!("../catalogue/github.toml")),
    ("slack", include_str!("../catalogue/slack.toml")),
    ("box", include_str!("../catalogue/box.toml")),
    ("oauth2", include_str!("../catalogue/oauth2.toml")),
    ("oidc", include_str!("../catalogue/oidc.toml")),
    ("waad", include_str!("../catalogue/waad.toml")),
];

/// What is known of one kind of provider. Every field is data from its documentation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub(crate) strategy: String,
    group: ConnectionGroup,
    name: String,
    description: String,
    console_url: Option<Url>,
    guide_url: Option<Url>,
    /// Pages that the facts below come from.
    docs: Vec<Url>,
    note: Option<String>,
    #[serde(default)]
    pub(crate) fields: Vec<OptionField>,
    #[serde(default)]
    scopes: Vec<ScopeInfo>,
    #[serde(default)]
    default_scopes: Vec<String>,
    /// Asked for always.
    #[serde(default)]
    pub(crate) always_scopes: Vec<String>,
    /// Asked for when the vault is on, to get a refresh token.
    pub(crate) offline_scope: Option<String>,
    #[serde(default)]
    pub(crate) endpoints: Endpoints,
    #[serde(default)]
    pub(crate) authorization: Authorization,
    #[serde(default)]
    pub(crate) token: Token,
    #[serde(default)]
    pub(crate) profile: ProfileMap,
}

/// Where the provider's endpoints are; `{tenant}` stands for the connection's tenant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Endpoints {
    /// Issuer whose discovery document has the rest.
    pub(crate) discovery: Option<String>,
    /// Tenant when the connection names none.
    pub(crate) default_tenant: Option<String>,
    /// Issuer of ID tokens where it differs per tenant; `{tenantid}` is the token's `tid`.
    pub(crate) issuer_per_tenant: Option<String>,
    pub(crate) authorization: Option<Url>,
    pub(crate) token: Option<Url>,
    pub(crate) user_info: Option<Url>,
    /// Answers a list of e-mail addresses, where user info lacks the address.
    pub(crate) emails: Option<Url>,
    /// Discovered user info is not asked: the ID token says it all.
    pub(crate) skip_user_info: bool,
}

/// How the authorization request is made.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Authorization {
    /// Sent always.
    pub(crate) params: BTreeMap<String, String>,
    /// Sent when the vault is on, to get a refresh token.
    pub(crate) offline_params: BTreeMap<String, String>,
    /// Name of the scope parameter; `scope` unless said otherwise.
    pub(crate) scope_param: Option<String>,
    pub(crate) scope_separator: ScopeSeparator,
}

/// How the token endpoint is asked and answers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Token {
    pub(crate) client_authentication: ClientAuthentication,
    /// Member under which the user's own token stands.
    pub(crate) user_member: Option<String>,
    /// Member that is `false` in errors that come with status 200.
    pub(crate) ok_member: Option<String>,
    /// Error codes that mean the refresh token is gone for good, beside `invalid_grant`.
    pub(crate) revoked_codes: Vec<String>,
}

/// JSON pointers (RFC 6901) into the user-info answer, for claims whose place differs from the name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ProfileMap {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) nickname: Option<String>,
    pub(crate) picture: Option<String>,
    pub(crate) email: Option<String>,
    /// The provider vouches for every address it gives.
    pub(crate) email_is_verified: bool,
}

impl Entry {
    /// What the dashboard shows.
    pub fn view(&self) -> CatalogueEntry {
        CatalogueEntry {
            strategy: self.strategy.clone(),
            group: self.group,
            name: self.name.clone(),
            description: self.description.clone(),
            console_url: self.console_url.as_ref().map(Url::to_string),
            guide_url: self.guide_url.as_ref().map(Url::to_string),
            scopes: self.scopes.clone(),
            default_scopes: self.default_scopes.clone(),
            fields: self.fields.clone(),
            note: self.note.clone(),
        }
    }

    /// Where the dashboard lists it.
    pub fn group(&self) -> ConnectionGroup {
        self.group
    }

    /// Its strategy id.
    pub fn strategy(&self) -> &str {
        &self.strategy
    }

    /// Pages of the provider's documentation that the entry follows.
    pub fn docs(&self) -> &[Url] {
        &self.docs
    }
}

/// All kinds of providers.
#[derive(Clone, Debug)]
pub struct Catalogue(Vec<Entry>);

impl Catalogue {
    /// Reads the embedded files.
    pub fn load() -> Result<Self, UpstreamError> {
        let entries: Result<Vec<Entry>, _> = FILES
            .iter()
            .map(|(name, text)| {
                toml::from_str(text)
                    .map_err(|error| UpstreamError::Build(format!("catalogue/{name}.toml: {error}")))
            })
            .collect();
        entries.map(Self)
    }

    /// The entries of one group.
    pub fn entries(&self, group: ConnectionGroup) -> Vec<&Entry> {
        self.0.iter().filter(|entry| entry.group == group).collect()
    }

    /// The entry of a strategy.
    pub fn get(&self, strategy: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.strategy == strategy)
    }
}

#[cfg(test)]
mod tests {
    use coffer_contract::validate;

    use super::*;

    #[test]
    fn every_file_is_whole_and_consistent() {
        let catalogue = Catalogue::load().unwrap();
        for (entry, (name, _)) in catalogue.0.iter().zip(FILES) {
            assert_eq!(entry.strategy, *name);
            assert!(!entry.description.is_empty(), "{name}");
            assert!(!entry.docs.is_empty(), "{name} cites no page");
            let asked_for = entry.fields.contains(&OptionField::DiscoveryUrl)
                || entry.fields.contains(&OptionField::AuthorizationUrl);
            let known = entry.endpoints.discovery.is_some() || entry.endpoints.token.is_some();
            assert!(asked_for != known, "{name}: its endpoints are either known or asked for");
            for scope in entry.default_scopes.iter().chain(&entry.always_scopes) {
                assert!(validate::is_scope_token(scope), "{name}: {scope}");
            }
            for scope in &entry.default_scopes {
                let offered = entry.scopes.iter().any(|info| info.value == *scope);
                assert!(offered, "{name}: the default scope {scope} has no words");
            }
        }
    }
}
