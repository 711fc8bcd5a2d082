//! What stands in the Settings form of an application while somebody edits it.

use coffer_contract::application::{
    ApplicationForm, GrantType, KeysForm, SigningAlgorithm, TokenEndpointAuthMethod,
};
use leptos::prelude::*;

/// One signal for each control.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub name: RwSignal<String>,
    pub description: RwSignal<String>,
    /// One address on each line.
    pub callbacks: RwSignal<String>,
    /// One address on each line.
    pub logout_urls: RwSignal<String>,
    pub backchannel_logout_uri: RwSignal<String>,
    /// One origin on each line.
    pub web_origins: RwSignal<String>,
    pub grants: RwSignal<Vec<GrantType>>,
    /// `token_endpoint_auth_method` on the wire.
    pub auth_method: RwSignal<String>,
    /// JOSE `alg`.
    pub id_token_alg: RwSignal<String>,
    pub require_par: RwSignal<bool>,
    pub first_party: RwSignal<bool>,
    pub connect_accounts: RwSignal<bool>,
    /// JWKS, JWK or PEM.
    pub jwks: RwSignal<String>,
    pub jwks_uri: RwSignal<String>,
}

impl Draft {
    /// The application as it is.
    pub fn edit(form: &ApplicationForm, keys: &KeysForm) -> Self {
        let lines = |list: &[String]| RwSignal::new(list.join("\n"));
        Self {
            name: RwSignal::new(form.name.clone()),
            description: RwSignal::new(form.description.clone()),
            callbacks: lines(&form.callbacks),
            logout_urls: lines(&form.logout_urls),
            backchannel_logout_uri: RwSignal::new(form.backchannel_logout_uri.clone().unwrap_or_default()),
            web_origins: lines(&form.web_origins),
            grants: RwSignal::new(form.grants.clone()),
            auth_method: RwSignal::new(form.auth_method.code().to_owned()),
            id_token_alg: RwSignal::new(form.id_token_alg.code().to_owned()),
            require_par: RwSignal::new(form.require_par),
            first_party: RwSignal::new(form.first_party),
            connect_accounts: RwSignal::new(form.connect_accounts),
            jwks: RwSignal::new(keys.jwks.clone()),
            jwks_uri: RwSignal::new(keys.jwks_uri.clone()),
        }
    }

    /// The keys that are sent with it.
    pub fn keys(self) -> KeysForm {
        KeysForm {
            jwks: self.jwks.get_untracked().trim().to_owned(),
            jwks_uri: self.jwks_uri.get_untracked().trim().to_owned(),
        }
    }

    /// What is sent; grants in their usual order.
    pub fn form(self) -> ApplicationForm {
        let chosen = self.grants.get_untracked();
        ApplicationForm {
            name: self.name.get_untracked().trim().to_owned(),
            description: self.description.get_untracked().trim().to_owned(),
            callbacks: lines(&self.callbacks.read_untracked()),
            logout_urls: lines(&self.logout_urls.read_untracked()),
            backchannel_logout_uri: Some(self.backchannel_logout_uri.get_untracked().trim().to_owned())
                .filter(|address| !address.is_empty()),
            web_origins: lines(&self.web_origins.read_untracked()),
            grants: GrantType::ALL.into_iter().filter(|grant| chosen.contains(grant)).collect(),
            auth_method: TokenEndpointAuthMethod::from_code(&self.auth_method.read_untracked())
                .unwrap_or(TokenEndpointAuthMethod::None),
            id_token_alg: SigningAlgorithm::from_code(&self.id_token_alg.read_untracked())
                .unwrap_or_default(),
            require_par: self.require_par.get_untracked(),
            first_party: self.first_party.get_untracked(),
            connect_accounts: self.connect_accounts.get_untracked(),
        }
    }
}

fn lines(text: &str) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !list.iter().any(|entry| entry == line) {
            list.push(line.to_owned());
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_counts_once() {
        assert_eq!(
            lines(" https://a.example/ \n\nhttps://b.example/\nhttps://a.example/"),
            ["https://a.example/", "https://b.example/"]
        );
    }
}
