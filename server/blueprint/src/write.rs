//! From what there is to a file that is a pleasure to read, and the same each time.

use std::collections::{BTreeMap, BTreeSet};

use coffer_contract::{
    api::{GrantSubject, UserAccess},
    application::{ApplicationType, GrantType, SigningAlgorithm, TokenEndpointAuthMethod},
    connection::{ConnectionOptions, ProfileMapping},
};
use serde::Serialize;
use toml::Value;

use crate::{
    model::{Api, Application, Connection, Enablement, Grant, Policy, Scope},
    present::{Present, There},
};

/// Longest line of a list.
const WIDTH: usize = 100;

/// How client secrets stand in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum References {
    /// As comments: they stay as they are.
    Commented,
    /// As references to be filled in, for a database that does not have them.
    Written,
}

const HEAD: &str = "\
# Coffer's connections, applications and APIs, as `coffer config export` writes them.
# `coffer config plan` says what this file would change, `coffer config apply` changes it.
# docs/configuration-as-code.md says what may stand here.
";

/// Writes it.
pub fn write(present: &Present, references: References) -> String {
    let mut out = Out { text: HEAD.to_owned(), references, names: BTreeSet::new() };
    for name in &present.strangers {
        out.text.push_str(&format!(
            "\n# Left out: connection “{name}”, of a kind that this server's catalogue does not have.\n"
        ));
    }
    if present.registered > 0 {
        out.text.push_str(&format!(
            "\n# Left out: {} applications that registered themselves.\n",
            present.registered
        ));
    }
    for there in &present.apis {
        out.api(&there.model);
    }
    for there in &present.connections {
        out.connection(there);
    }
    for there in &present.applications {
        out.application(there);
    }
    out.text
}

struct Out {
    text: String,
    references: References,
    /// Names of environment variables so far.
    names: BTreeSet<String>,
}

// No `..` below: what is new in the model has to be written, too.

impl Out {
    fn api(&mut self, api: &Api) {
        let Api {
            identifier,
            name,
            scopes,
            signing_alg,
            token_seconds,
            offline_access,
            skip_consent,
            user_access,
        } = api;
        self.text.push_str("\n[[api]]\n");
        self.put("identifier", identifier);
        self.put("name", name);
        self.rows(
            "scopes",
            scopes.iter().map(|Scope { value, description }| {
                let mut row = vec![pair("value", value)];
                row.extend((!description.is_empty()).then(|| pair("description", description)));
                row
            }),
        );
        self.put::<SigningAlgorithm>("signing_alg", signing_alg);
        self.put("token_seconds", token_seconds);
        self.put("offline_access", offline_access);
        self.put("skip_consent", skip_consent);
        self.put::<UserAccess>("user_access", user_access);
    }

    fn connection(&mut self, there: &There<Connection>) {
        let Connection {
            name,
            strategy,
            display_name,
            client_id,
            client_secret: _,
            scopes,
            purpose,
            vault_enabled,
            options,
            metadata,
        } = &there.model;
        self.text.push_str("\n[[connection]]\n");
        self.put("name", name);
        self.put("strategy", strategy);
        self.put("display_name", display_name);
        self.put("client_id", client_id);
        self.secret(there.has_secret, name);
        self.list("scopes", scopes.as_deref().unwrap_or_default());
        self.put("purpose", purpose);
        self.put("vault_enabled", vault_enabled);
        self.map("metadata", metadata);
        let before = self.text.len();
        self.options(options);
        if self.text.len() > before {
            self.text.insert_str(before, "\n[connection.options]\n");
        }
    }

    fn options(&mut self, options: &ConnectionOptions) {
        let ConnectionOptions {
            discovery_url,
            tenant,
            authorization_url,
            token_url,
            refresh_url,
            user_info_url,
            scope_separator,
            client_authentication,
            revocation_url,
            without_pkce,
            profile,
            upstream_params,
            upstream_headers,
            domain_aliases,
            own_callback,
            administrator_sign_in,
        } = options;
        let ProfileMapping { id, name, nickname, picture, email, email_verified } = profile;
        let blank = ConnectionOptions::default();
        self.optional("discovery_url", discovery_url.as_ref());
        self.optional("tenant", tenant.as_ref());
        self.optional("authorization_url", authorization_url.as_ref());
        self.optional("token_url", token_url.as_ref());
        self.optional("refresh_url", refresh_url.as_ref());
        self.optional("user_info_url", user_info_url.as_ref());
        self.optional("revocation_url", revocation_url.as_ref());
        self.optional("scope_separator", Some(scope_separator).filter(|it| **it != blank.scope_separator));
        let authentication = Some(client_authentication).filter(|it| **it != blank.client_authentication);
        self.optional("client_authentication", authentication);
        self.optional("without_pkce", Some(without_pkce).filter(|it| **it));
        self.optional("own_callback", Some(own_callback).filter(|it| **it));
        self.optional("administrator_sign_in", Some(administrator_sign_in).filter(|it| **it));
        self.optional("profile.id", id.as_ref());
        self.optional("profile.name", name.as_ref());
        self.optional("profile.nickname", nickname.as_ref());
        self.optional("profile.picture", picture.as_ref());
        self.optional("profile.email", email.as_ref());
        self.optional("profile.email_verified", email_verified.as_ref());
        self.map("upstream_params", upstream_params);
        self.map("upstream_headers", upstream_headers);
        if !domain_aliases.is_empty() {
            self.list("domain_aliases", domain_aliases);
        }
    }

    fn application(&mut self, there: &There<Application>) {
        let Application {
            client_id: _,
            client_secret: _,
            name,
            app_type,
            description,
            callbacks,
            logout_urls,
            web_origins,
            grants,
            auth_method,
            id_token_alg,
            first_party,
            connect_accounts,
            resource_server,
            refresh_policies,
            jwks,
            jwks_uri,
            backchannel_logout_uri,
            require_par,
            logo_uri,
            metadata,
            connections,
            apis,
        } = &there.model;
        self.text.push_str("\n[[application]]\n");
        self.put("client_id", &there.id);
        self.secret(there.has_secret, name);
        self.put("name", name);
        self.put::<ApplicationType>("type", app_type);
        self.put("description", description);
        self.list("callbacks", callbacks);
        self.list("logout_urls", logout_urls);
        self.list("web_origins", web_origins);
        self.list::<GrantType>("grants", grants.as_deref().unwrap_or_default());
        self.optional::<TokenEndpointAuthMethod>("auth_method", auth_method.as_ref());
        self.put("id_token_alg", id_token_alg);
        self.put("first_party", first_party);
        self.put("connect_accounts", connect_accounts);
        self.put("require_par", require_par);
        self.optional("resource_server", resource_server.as_ref());
        if !refresh_policies.is_empty() {
            self.rows(
                "refresh_policies",
                refresh_policies
                    .iter()
                    .map(|Policy { audience, scope }| vec![pair("audience", audience), pair("scope", scope)]),
            );
        }
        self.optional("jwks", jwks.as_ref());
        self.optional("jwks_uri", jwks_uri.as_ref());
        self.optional("backchannel_logout_uri", backchannel_logout_uri.as_ref());
        self.optional("logo_uri", logo_uri.as_ref());
        self.map("metadata", metadata);
        let connections = connections.as_deref().unwrap_or_default();
        self.rows(
            "connections",
            connections.iter().map(|Enablement { name, scope_ceiling }| {
                let mut row = vec![pair("name", name)];
                row.extend(scope_ceiling.as_ref().map(|scopes| pair("scope_ceiling", scopes)));
                row
            }),
        );
        self.rows(
            "apis",
            apis.as_deref().unwrap_or_default().iter().map(|grant| {
                let Grant { identifier, subject, scopes } = grant;
                vec![
                    pair("identifier", identifier),
                    pair::<GrantSubject>("subject", subject),
                    pair("scopes", scopes),
                ]
            }),
        );
    }

    fn put<T: Serialize>(&mut self, name: &str, it: &T) {
        self.text.push_str(&format!("{name} = {}\n", value(it)));
    }

    fn optional<T: Serialize>(&mut self, name: &str, it: Option<&T>) {
        if let Some(it) = it {
            self.put(name, it);
        }
    }

    /// One line for each, under a dotted key.
    fn map(&mut self, name: &str, map: &BTreeMap<String, String>) {
        for (key, it) in map {
            self.put(&format!("{name}.{}", self::key(key)), it);
        }
    }

    fn list<T: Serialize>(&mut self, name: &str, list: &[T]) {
        let items: Vec<String> = list.iter().map(value).collect();
        let line = format!("{name} = [{}]", items.join(", "));
        if line.len() <= WIDTH {
            self.text.push_str(&format!("{line}\n"));
        } else {
            self.lines(name, items);
        }
    }

    fn rows(&mut self, name: &str, rows: impl Iterator<Item = Vec<String>>) {
        self.lines(name, rows.map(|row| format!("{{ {} }}", row.join(", "))).collect());
    }

    fn lines(&mut self, name: &str, items: Vec<String>) {
        if items.is_empty() {
            self.text.push_str(&format!("{name} = []\n"));
            return;
        }
        let items: Vec<String> = items.into_iter().map(|item| format!("  {item},\n")).collect();
        self.text.push_str(&format!("{name} = [\n{}]\n", items.concat()));
    }

    /// Says that there is a secret, and how the file could say where it is.
    fn secret(&mut self, has: bool, name: &str) {
        if !has {
            return;
        }
        let reference = format!("client_secret = {{ env = {} }}", value(&self.variable(name)));
        let line = match self.references {
            References::Commented => {
                format!("# There is a client secret; it stays. To set it from here: {reference}\n")
            }
            References::Written => format!("{reference}\n"),
        };
        self.text.push_str(&line);
    }

    /// A name for an environment variable that nobody else has: neither another secret nor the server itself.
    fn variable(&mut self, name: &str) -> String {
        let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        let words: String = name.chars().map(word).collect();
        let words = words.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_");
        let plain = words.starts_with(|c: char| c.is_ascii_alphabetic()) && !words.starts_with("COFFER");
        let words = if plain { words } else { format!("OAUTH_{words}") };
        let mut variable = format!("{words}_CLIENT_SECRET");
        let mut number = 2;
        while !self.names.insert(variable.clone()) {
            variable = format!("{words}_{number}_CLIENT_SECRET");
            number += 1;
        }
        variable
    }
}

/// A value as TOML.
fn value<T: Serialize + ?Sized>(it: &T) -> String {
    // What cannot be TOML (a null within a key set) is left out as if it were not there.
    Value::try_from(it).map_or_else(|_| "\"\"".to_owned(), |value| value.to_string())
}

fn pair<T: Serialize + ?Sized>(name: &str, it: &T) -> String {
    format!("{name} = {}", value(it))
}

fn key(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !text.is_empty() && text.chars().all(bare) { text.to_owned() } else { value(text) }
}
