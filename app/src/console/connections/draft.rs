//! What stands in the form of a connection while somebody edits it.

use std::collections::BTreeMap;

use coffer_contract::{
    catalogue::CatalogueEntry,
    connection::{
        ClientAuthentication, ConnectionDetail, ConnectionForm, ConnectionOptions, ProfileMapping, Purpose,
        ScopeSeparator,
    },
};
use leptos::prelude::*;

/// One signal for each control.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub name: RwSignal<String>,
    pub display_name: RwSignal<String>,
    pub client_id: RwSignal<String>,
    pub client_secret: RwSignal<String>,
    /// Scopes of the catalogue that are switched on.
    pub scopes: RwSignal<Vec<String>>,
    /// All other scopes, separated by spaces, commas or line breaks.
    pub more_scopes: RwSignal<String>,
    pub purpose: RwSignal<Purpose>,
    pub vault_enabled: RwSignal<bool>,
    pub options: OptionsDraft,
}

/// The strategy-specific part.
#[derive(Clone, Copy)]
pub(super) struct OptionsDraft {
    pub discovery_url: RwSignal<String>,
    pub tenant: RwSignal<String>,
    pub authorization_url: RwSignal<String>,
    pub token_url: RwSignal<String>,
    pub refresh_url: RwSignal<String>,
    pub user_info_url: RwSignal<String>,
    /// `comma` or `space`.
    pub scope_separator: RwSignal<String>,
    /// `post`, `basic` or `private_key_jwt`.
    pub client_authentication: RwSignal<String>,
    pub revocation_url: RwSignal<String>,
    pub pkce: RwSignal<bool>,
    pub profile: ProfileDraft,
    /// One `name=value` on each line.
    pub upstream_params: RwSignal<String>,
    /// One `Name: value` on each line.
    pub upstream_headers: RwSignal<String>,
    /// One domain on each line.
    pub domain_aliases: RwSignal<String>,
    pub own_callback: RwSignal<bool>,
    pub administrator_sign_in: RwSignal<bool>,
}

/// Where the profile stands in the provider's answer: one expression for each member.
#[derive(Clone, Copy)]
pub(super) struct ProfileDraft {
    pub id: RwSignal<String>,
    pub name: RwSignal<String>,
    pub nickname: RwSignal<String>,
    pub picture: RwSignal<String>,
    pub email: RwSignal<String>,
    pub email_verified: RwSignal<String>,
}

impl ProfileDraft {
    fn of(mapping: ProfileMapping) -> Self {
        let optional = |value: Option<String>| text(value.unwrap_or_default());
        Self {
            id: optional(mapping.id),
            name: optional(mapping.name),
            nickname: optional(mapping.nickname),
            picture: optional(mapping.picture),
            email: optional(mapping.email),
            email_verified: optional(mapping.email_verified),
        }
    }

    /// What is sent.
    pub fn mapping(self) -> ProfileMapping {
        ProfileMapping {
            id: filled(self.id),
            name: filled(self.name),
            nickname: filled(self.nickname),
            picture: filled(self.picture),
            email: filled(self.email),
            email_verified: filled(self.email_verified),
        }
    }
}

fn text(value: impl Into<String>) -> RwSignal<String> {
    RwSignal::new(value.into())
}

fn filled(value: RwSignal<String>) -> Option<String> {
    value.with_untracked(|value| {
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    })
}

impl Draft {
    /// A new connection of this kind.
    pub fn new(entry: &CatalogueEntry) -> Self {
        let form = ConnectionForm {
            name: entry.strategy.clone(),
            scopes: entry.default_scopes.clone(),
            ..ConnectionForm::default()
        };
        Self::of(entry, form)
    }

    /// A connection as it is.
    pub fn edit(detail: &ConnectionDetail) -> Self {
        let form = ConnectionForm {
            name: detail.name.clone(),
            display_name: detail.display_name.clone(),
            client_id: detail.client_id.clone(),
            client_secret: String::new(),
            scopes: detail.scopes.clone(),
            purpose: detail.purpose,
            vault_enabled: detail.vault_enabled,
            options: detail.options.clone(),
        };
        Self::of(&detail.entry, form)
    }

    fn of(entry: &CatalogueEntry, form: ConnectionForm) -> Self {
        let (known, more): (Vec<_>, Vec<_>) =
            form.scopes.into_iter().partition(|scope| entry.scopes.iter().any(|info| info.value == *scope));
        Self {
            name: text(form.name),
            display_name: text(form.display_name),
            client_id: text(form.client_id),
            client_secret: text(form.client_secret),
            scopes: RwSignal::new(known),
            more_scopes: text(more.join("\n")),
            purpose: RwSignal::new(form.purpose),
            vault_enabled: RwSignal::new(form.vault_enabled),
            options: OptionsDraft::of(form.options),
        }
    }

    /// What is sent; scopes in the catalogue's order, then the others.
    pub fn form(self, entry: &CatalogueEntry) -> ConnectionForm {
        let chosen = self.scopes.get_untracked();
        let known = entry.scopes.iter().map(|info| info.value.clone()).filter(|scope| chosen.contains(scope));
        let mut scopes: Vec<String> = known.collect();
        for scope in split_scopes(&self.more_scopes.read_untracked()) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        ConnectionForm {
            name: self.name.get_untracked().trim().to_owned(),
            display_name: self.display_name.get_untracked().trim().to_owned(),
            client_id: self.client_id.get_untracked().trim().to_owned(),
            client_secret: self.client_secret.get_untracked().trim().to_owned(),
            scopes,
            purpose: self.purpose.get_untracked(),
            vault_enabled: self.vault_enabled.get_untracked(),
            options: self.options.options(),
        }
    }
}

impl OptionsDraft {
    fn of(options: ConnectionOptions) -> Self {
        let optional = |value: Option<String>| text(value.unwrap_or_default());
        let params = options.upstream_params.iter().map(|(name, value)| format!("{name}={value}"));
        let headers = options.upstream_headers.iter().map(|(name, value)| format!("{name}: {value}"));
        Self {
            discovery_url: optional(options.discovery_url),
            tenant: optional(options.tenant),
            authorization_url: optional(options.authorization_url),
            token_url: optional(options.token_url),
            refresh_url: optional(options.refresh_url),
            user_info_url: optional(options.user_info_url),
            scope_separator: text(match options.scope_separator {
                ScopeSeparator::Space => "space",
                ScopeSeparator::Comma => "comma",
            }),
            client_authentication: text(match options.client_authentication {
                ClientAuthentication::Basic => "basic",
                ClientAuthentication::Post => "post",
                ClientAuthentication::PrivateKeyJwt => PRIVATE_KEY_JWT,
            }),
            revocation_url: optional(options.revocation_url),
            pkce: RwSignal::new(!options.without_pkce),
            profile: ProfileDraft::of(options.profile),
            upstream_params: text(params.collect::<Vec<_>>().join("\n")),
            upstream_headers: text(headers.collect::<Vec<_>>().join("\n")),
            domain_aliases: text(options.domain_aliases.join("\n")),
            own_callback: RwSignal::new(options.own_callback),
            administrator_sign_in: RwSignal::new(options.administrator_sign_in),
        }
    }

    fn options(self) -> ConnectionOptions {
        ConnectionOptions {
            discovery_url: filled(self.discovery_url),
            tenant: filled(self.tenant),
            authorization_url: filled(self.authorization_url),
            token_url: filled(self.token_url),
            refresh_url: filled(self.refresh_url),
            user_info_url: filled(self.user_info_url),
            scope_separator: match self.scope_separator.get_untracked().as_str() {
                "comma" => ScopeSeparator::Comma,
                _ => ScopeSeparator::Space,
            },
            client_authentication: match self.client_authentication.get_untracked().as_str() {
                "post" => ClientAuthentication::Post,
                PRIVATE_KEY_JWT => ClientAuthentication::PrivateKeyJwt,
                _ => ClientAuthentication::Basic,
            },
            revocation_url: filled(self.revocation_url),
            without_pkce: !self.pkce.get_untracked(),
            profile: self.profile.mapping(),
            upstream_params: split_params(&self.upstream_params.read_untracked(), '='),
            upstream_headers: split_params(&self.upstream_headers.read_untracked(), ':'),
            domain_aliases: split_scopes(&self.domain_aliases.read_untracked()).collect(),
            own_callback: self.own_callback.get_untracked(),
            administrator_sign_in: self.administrator_sign_in.get_untracked(),
        }
    }
}

fn split_scopes(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| c.is_whitespace() || c == ',').filter(|scope| !scope.is_empty()).map(str::to_owned)
}

/// How the form names client authentication by a signed assertion.
pub(super) const PRIVATE_KEY_JWT: &str = "private_key_jwt";

fn split_params(text: &str, separator: char) -> BTreeMap<String, String> {
    text.lines()
        .map(|line| line.split_once(separator).unwrap_or((line, "")))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .filter(|(name, _)| !name.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_text_becomes_scopes() {
        assert_eq!(split_scopes("a, b\n c:d ").collect::<Vec<_>>(), ["a", "b", "c:d"]);
    }

    #[test]
    fn lines_become_parameters() {
        let params = split_params("prompt=consent\n\n audience = a=b \n", '=');
        assert_eq!(params.get("prompt").map(String::as_str), Some("consent"));
        assert_eq!(params.get("audience").map(String::as_str), Some("a=b"));
        assert_eq!(params.len(), 2);
    }
}
