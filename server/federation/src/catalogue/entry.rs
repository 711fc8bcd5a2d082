//! One provider file. Every member is data from the provider's documentation.

use std::collections::{BTreeMap, BTreeSet};

use coffer_contract::{
    catalogue::{CatalogueEntry, ConnectionGroup, OptionField, ScopeInfo, TenantInfo},
    connection::{ClientAuthentication, ProfileMapping, ScopeSeparator},
    validate,
};
use serde::Deserialize;
use url::Url;

use super::CatalogueError;
use crate::mapping;

/// What is known of one kind of provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub(crate) strategy: String,
    group: ConnectionGroup,
    name: String,
    description: String,
    console_url: Option<Url>,
    guide_url: Option<Url>,
    docs: Vec<Url>,
    note: Option<String>,
    #[serde(default)]
    tested: bool,
    #[serde(default)]
    pub(crate) fields: Vec<OptionField>,
    pub(crate) tenant: Option<TenantInfo>,
    #[serde(default)]
    scopes: Vec<ScopeInfo>,
    #[serde(default)]
    default_scopes: Vec<String>,
    #[serde(default)]
    pub(crate) always_scopes: Vec<String>,
    pub(crate) offline_scope: Option<String>,
    #[serde(default)]
    pub(crate) endpoints: Endpoints,
    #[serde(default)]
    pub(crate) authorization: Authorization,
    #[serde(default)]
    pub(crate) token: Token,
    #[serde(default)]
    pub(crate) user_info: UserInfo,
    #[serde(default)]
    pub(crate) profile: ProfileMapping,
    pub(crate) revocation: Option<Revocation>,
}

/// An address in which `{name}` stands for a value.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Template(String);

impl Template {
    /// The address with its values; `None` when that is none.
    pub(crate) fn fill(&self, values: &[(&str, &str)]) -> Option<Url> {
        let filled = values
            .iter()
            .fold(self.0.clone(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value));
        Url::parse(&filled).ok()
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Endpoints {
    pub(crate) discovery: Option<Template>,
    pub(crate) issuer_per_tenant: Option<String>,
    pub(crate) skip_user_info: bool,
    pub(crate) authorization: Option<Template>,
    pub(crate) token: Option<Template>,
    pub(crate) refresh: Option<Template>,
    pub(crate) user_info: Option<Template>,
    pub(crate) emails: Option<Template>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Authorization {
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) offline_params: BTreeMap<String, String>,
    pub(crate) scope_param: Option<String>,
    pub(crate) scope_separator: ScopeSeparator,
    pub(crate) pkce: bool,
}

impl Default for Authorization {
    fn default() -> Self {
        Self {
            params: BTreeMap::new(),
            offline_params: BTreeMap::new(),
            scope_param: None,
            scope_separator: ScopeSeparator::Space,
            pkce: true,
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Token {
    pub(crate) client_authentication: ClientAuthentication,
    pub(crate) body: Body,
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) user_member: Option<String>,
    pub(crate) ok_member: Option<String>,
    pub(crate) revoked_codes: BTreeSet<String>,
    pub(crate) access_seconds: Option<i64>,
    pub(crate) refresh_seconds: Option<i64>,
    pub(crate) refresh_expires_member: Option<String>,
    pub(crate) rotation: Rotation,
    /// The scopes of a refreshed token can be fewer than those granted (RFC 6749 section 6).
    pub(crate) narrows: bool,
}

/// How a token request's parameters travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Body {
    #[default]
    Form,
    Json,
}

/// Whether a refresh brings a new refresh token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// The first one stays.
    #[default]
    Never,
    /// One may come.
    Sometimes,
    /// Always, and the old one ends.
    Always,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct UserInfo {
    pub(crate) source: Source,
    pub(crate) method: Method,
    pub(crate) body: Option<String>,
    pub(crate) headers: BTreeMap<String, String>,
}

/// What says who signed in, where no ID token does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    #[default]
    Endpoint,
    Token,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    #[default]
    Get,
    Post,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revocation {
    pub(crate) url: Template,
    #[serde(default)]
    pub(crate) style: RevocationStyle,
    #[serde(default)]
    pub(crate) token: RevokedToken,
}

/// How a token is revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RevocationStyle {
    #[default]
    Rfc7009,
    Form,
    Bearer,
    BasicJson,
}

/// Which token is sent to be revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RevokedToken {
    #[default]
    Refresh,
    Access,
    Both,
}

impl Entry {
    /// Reads the file `{name}.toml` and checks that it holds together.
    pub fn parse(name: &str, text: &str) -> Result<Self, CatalogueError> {
        let invalid = |reason: String| CatalogueError::Invalid { file: format!("{name}.toml"), reason };
        let entry: Self = toml::from_str(text).map_err(|error| invalid(error.message().to_owned()))?;
        if entry.strategy != name {
            return Err(invalid(format!("its strategy is {}, which is not its name", entry.strategy)));
        }
        entry.check().map_err(invalid)?;
        Ok(entry)
    }

    fn check(&self) -> Result<(), String> {
        if self.description.is_empty() || self.docs.is_empty() {
            return Err("it needs a description, and a page in docs".into());
        }
        let asked_for = [OptionField::DiscoveryUrl, OptionField::AuthorizationUrl]
            .iter()
            .any(|f| self.fields.contains(f));
        let plain = &self.endpoints;
        let known = plain.discovery.is_some() || plain.authorization.is_some() && plain.token.is_some();
        if asked_for == known {
            return Err("its endpoints must be either known or asked for".into());
        }
        if self.fields.contains(&OptionField::Tenant) != self.tenant.is_some() {
            return Err("the field tenant and the table [tenant] go together".into());
        }
        let silent = plain.discovery.is_none()
            && plain.user_info.is_none()
            && self.user_info.source == Source::Endpoint;
        if known && silent {
            return Err("nothing says who signed in: name user_info, or user_info.source = \"token\"".into());
        }
        let named = self.scopes.iter().map(|info| &info.value);
        for scope in
            self.default_scopes.iter().chain(&self.always_scopes).chain(&self.offline_scope).chain(named)
        {
            if !validate::is_scope_token(scope) {
                return Err(format!("“{scope}” is not a scope"));
            }
        }
        if let Some(scope) = self.default_scopes.iter().find(|s| self.scopes.iter().all(|i| i.value != **s)) {
            return Err(format!("the default scope {scope} has no words in scopes"));
        }
        self.check_addresses()?;
        for (member, expression) in self.profile.members() {
            if let Some(expression) = expression {
                mapping::compile(expression).map_err(|reason| format!("{member}: {reason}"))?;
            }
        }
        Ok(())
    }

    fn check_addresses(&self) -> Result<(), String> {
        let endpoints = &self.endpoints;
        let all = [
            &endpoints.discovery,
            &endpoints.authorization,
            &endpoints.token,
            &endpoints.refresh,
            &endpoints.user_info,
            &endpoints.emails,
        ];
        let revocation = self.revocation.as_ref().map(|revocation| &revocation.url);
        for template in all.into_iter().flatten().chain(revocation) {
            let url = template.fill(&[("tenant", "tenant.example"), ("client_id", "client")]);
            let sound = url.is_some_and(|url| validate::provider_url(url.as_str()).is_ok());
            if !sound || template.0.contains("{tenant}") && self.tenant.is_none() {
                return Err(format!("{} is not an https address", template.0));
            }
        }
        Ok(())
    }

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
            tenant: self.tenant.clone(),
            note: self.note.clone(),
            tested: self.tested,
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

    /// Whether a test runs against a server that behaves as its documentation says.
    pub fn tested(&self) -> bool {
        self.tested
    }

    /// Whether a refresh brings a new refresh token.
    pub fn rotation(&self) -> Rotation {
        self.token.rotation
    }

    /// Whether a refresh can bring a token with fewer scopes.
    pub fn narrows(&self) -> bool {
        self.token.narrows
    }

    /// Whether its documentation names an endpoint that revokes.
    pub fn revokes(&self) -> bool {
        self.revocation.is_some()
    }
}
