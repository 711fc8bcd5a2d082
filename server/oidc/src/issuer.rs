//! The issuer identifier: the public base URL, with its trailing slash.

use coffer_contract::connection::CALLBACK_PATH;
use coffer_core::connection::Connection;
use url::Url;

/// Byte for byte the `iss` of tokens and the `issuer` of the metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(Url);

impl Issuer {
    /// From the public base URL; a trailing slash is added where it lacks one.
    pub fn new(mut base: Url) -> Self {
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        Self(base)
    }

    /// As text, with the trailing slash.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The base URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// An address below it; `path` has no leading slash.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The redirect URI to register at providers.
    pub fn callback_url(&self) -> String {
        self.at(CALLBACK_PATH)
    }

    /// The redirect URI to register at the provider of `connection`.
    pub fn callback_of(&self, connection: &Connection) -> String {
        self.at(&connection.options.callback_path(&connection.name))
    }
}
