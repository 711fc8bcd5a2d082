//! The authorization request to a provider (RFC 6749 section 4.1.1, RFC 7636).

use std::collections::BTreeMap;

use coffer_contract::connection::ScopeSeparator;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use url::Url;

use crate::{AuthorizationExtras, Federation, Upstream, error::UpstreamError, exchange::client};

impl Federation {
    /// Where to send the browser.
    pub async fn authorization(
        &self,
        upstream: &Upstream<'_>,
        extras: AuthorizationExtras<'_>,
    ) -> Result<Url, UpstreamError> {
        let connection = upstream.connection;
        let provider = self.provider(connection).await?;
        let verifier = PkceCodeVerifier::new(extras.code_verifier.reveal().to_owned());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let state = extras.state.to_owned();
        let separator = match provider.separator {
            ScopeSeparator::Space => " ",
            ScopeSeparator::Comma => ",",
        };
        let mut params: BTreeMap<String, String> = provider.entry.authorization.params.clone();
        if connection.vault_enabled {
            params.extend(provider.entry.authorization.offline_params.clone());
        }
        params.extend(connection.options.upstream_params.clone());
        if let Some(prompt) = extras.prompt {
            params.insert("prompt".into(), prompt.into());
        }
        if let Some(hint) = extras.login_hint {
            params.insert("login_hint".into(), hint.into());
        }
        if provider.document.is_some() {
            params.insert("nonce".into(), extras.nonce.into());
        }
        if !extras.scopes.is_empty() {
            let name = provider.entry.authorization.scope_param.as_deref().unwrap_or("scope");
            params.insert(name.into(), extras.scopes.to_vec().join(separator));
        }
        let client = client(upstream, &provider, &provider.token)?;
        let mut request = client.authorize_url(|| oauth2::CsrfToken::new(state));
        if provider.pkce {
            request = request.set_pkce_challenge(challenge);
        }
        for (name, value) in params {
            request = request.add_extra_param(name, value);
        }
        Ok(request.url().0)
    }
}
