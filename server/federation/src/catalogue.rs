//! The provider catalogue: one data file for each strategy, embedded, and those that an operator adds.
//! `docs/catalogue.md` says what each member means.

mod entry;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use coffer_contract::catalogue::ConnectionGroup;
use thiserror::Error;

pub use entry::Entry;
pub(crate) use entry::{Body, Method, RevocationStyle, RevokedToken, Source, Template};

macro_rules! files {
    ($($name:literal)*) => {
        /// The files, in the order in which the dashboard shows them.
        const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../catalogue/", $name, ".toml")))),*];
    };
}

files! {
    "google-oauth2" "windowslive" "github" "slack" "box"
    "airtable" "asana" "atlassian" "bitbucket" "calendly" "clickup" "digitalocean" "discord" "docusign"
    "dropbox" "facebook" "figma" "gitlab" "hubspot" "intercom" "linear" "linkedin" "mailchimp" "miro"
    "monday" "notion" "paypal" "pipedrive" "quickbooks" "reddit" "salesforce" "shopify"
    "sign-in-with-slack" "spotify" "stripe" "todoist" "twitch" "twitter" "typeform" "webex" "xero" "yahoo"
    "zendesk" "zoom"
    "oauth2"
    "oidc" "okta" "waad"
}

/// A catalogue file that cannot be used.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// The folder or file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not a provider file.
    #[error("{file}: {reason}. docs/catalogue.md says what a provider file holds")]
    Invalid {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// All kinds of providers.
#[derive(Clone, Debug)]
pub struct Catalogue(Vec<Entry>);

impl Catalogue {
    /// Reads the embedded files.
    pub fn embedded() -> Result<Self, CatalogueError> {
        FILES.iter().map(|(name, text)| Entry::parse(name, text)).collect::<Result<_, _>>().map(Self)
    }

    /// The strategy and text of each embedded file.
    pub fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
        FILES.iter().copied()
    }

    /// Adds the provider files of a folder; one with the name of a known strategy replaces it.
    pub fn with_folder(mut self, folder: &Path) -> Result<Self, CatalogueError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            |source| CatalogueError::Unreadable { path, source }
        };
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
            let path = entry.map_err(unreadable(folder))?.path();
            let name =
                path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".toml"));
            if let Some(name) = name {
                let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
                files.insert(name.to_owned(), text);
            }
        }
        for (name, text) in &files {
            self.add(Entry::parse(name, text)?);
        }
        Ok(self)
    }

    /// Adds an entry, in the place of the one with its strategy if there is one.
    pub fn add(&mut self, entry: Entry) {
        match self.0.iter_mut().find(|known| known.strategy == entry.strategy) {
            Some(known) => *known = entry,
            None => self.0.push(entry),
        }
    }

    /// The entries of one group.
    pub fn entries(&self, group: ConnectionGroup) -> Vec<&Entry> {
        self.0.iter().filter(|entry| entry.group() == group).collect()
    }

    /// The entry of a strategy.
    pub fn get(&self, strategy: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.strategy == strategy)
    }
}
