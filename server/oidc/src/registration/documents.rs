//! Client id metadata documents (draft-ietf-oauth-client-id-metadata-document): the client id is an address,
//! and what is to be known about the client is the document there.

use coffer_contract::{
    application::{Origin, TokenEndpointAuthMethod},
    registration::RegistrationSettings,
    validate,
};
use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    ids::{ClientId, ConnectionId},
};
use coffer_federation::PublishedError;
use coffer_store::{NewRegistration, StoreError};
use serde_json::Value;
use thiserror::Error;
use url::Url;

use super::{Metadata, RegistrationError};
use crate::Oidc;

/// Longest client id that is an address, in bytes.
const LONGEST: usize = 512;

/// Why a client that a document is to describe is not known.
#[derive(Debug, Error)]
pub enum DocumentError {
    /// Says what is wrong with the document, for its author.
    #[error("{0}")]
    Refused(String),
    /// Something failed inside.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RegistrationError> for DocumentError {
    fn from(error: RegistrationError) -> Self {
        Self::Refused(error.description())
    }
}

/// The address of a document, if this client id is one (section 3): https, with a path, in its normal form,
/// nothing in it that could be read in two ways.
pub(crate) fn document_address(id: &ClientId) -> Option<Url> {
    let text = id.as_str();
    let url = validate::provider_url(text).ok().filter(|_| text.len() <= LONGEST)?;
    let plain = url.as_str() == text && url.path() != "/" && url.fragment().is_none();
    plain.then_some(url)
}

impl Oidc {
    /// A client by its id. One whose id is the address of a document is what the document says now, as long
    /// as the settings let documents speak for clients.
    pub(crate) async fn client(&self, id: &ClientId) -> Result<Option<Client>, DocumentError> {
        let Some(url) = document_address(id) else { return Ok(self.store.clients().get(id).await?) };
        let settings = self.registration_settings().await?;
        if !settings.documents {
            return Ok(None);
        }
        let known = self.store.clients().get(id).await?;
        let document = match self.federation.published(&url, false).await {
            Ok(document) => document,
            // Out of reach for a moment: what it said before holds.
            Err(PublishedError::Outbound(error)) if known.is_some() => {
                tracing::warn!(client = %id, %error, "a client's document could not be fetched; the known one holds");
                return Ok(known);
            }
            Err(error) => {
                return Err(DocumentError::Refused(format!(
                    "The document that describes the application could not be fetched: {error}."
                )));
            }
        };
        let described = self.described(id, &document, &settings)?;
        match known {
            None => self.add_described(described, &url, &settings).await.map(Some),
            Some(known) => self.update_described(known, described).await.map(Some),
        }
    }

    /// What a document says (section 4): about itself alone, and without a shared secret.
    fn described(
        &self,
        id: &ClientId,
        document: &Value,
        settings: &RegistrationSettings,
    ) -> Result<Client, DocumentError> {
        let refused = |text: &str| Err(DocumentError::Refused(text.to_owned()));
        let Some(members) = document.as_object() else {
            return refused("The document is not a JSON object.");
        };
        if document["client_id"].as_str() != Some(id.as_str()) {
            return refused("The client_id in the document is not the address of the document.");
        }
        if ["client_secret", "client_secret_expires_at"].iter().any(|name| members.contains_key(*name)) {
            return refused("The document has a client secret in it, which everybody can read.");
        }
        let usual = TokenEndpointAuthMethod::None;
        let client = Metadata(members).client(id.clone(), usual, settings, self.clock.now())?;
        if client.auth_method.has_secret() {
            return refused(
                "The document asks for a client secret, which it could not be given. Its \
                 token_endpoint_auth_method must be none or private_key_jwt.",
            );
        }
        Ok(Client { origin: Origin::Document, secret_replaced_at: None, ..client })
    }

    async fn add_described(
        &self,
        client: Client,
        url: &Url,
        settings: &RegistrationSettings,
    ) -> Result<Client, DocumentError> {
        let connections: Vec<ConnectionId> =
            settings.connections.iter().map(|id| ConnectionId::from_text(id.as_str())).collect();
        let new = NewRegistration {
            client: &client,
            secret: None,
            token: None,
            ip: None,
            via: url.host_str(),
            connections: &connections,
        };
        let text = format!("“{}” is known by its document at {url}.", client.name);
        // Another request may have been faster; both read the same document.
        self.store.registrations().create(new, self.registration_event(&client.id, text, None)).await?;
        Ok(client)
    }

    /// Takes over what changed in the document; what an administrator decided about the application stays.
    async fn update_described(&self, known: Client, described: Client) -> Result<Client, DocumentError> {
        let after = Client {
            name: described.name,
            app_type: described.app_type,
            callbacks: described.callbacks,
            logout_urls: described.logout_urls,
            web_origins: described.web_origins,
            grants: described.grants,
            auth_method: described.auth_method,
            id_token_alg: described.id_token_alg,
            jwks: described.jwks,
            jwks_uri: described.jwks_uri,
            backchannel_logout_uri: described.backchannel_logout_uri,
            require_par: described.require_par,
            logo_uri: described.logo_uri,
            metadata: described.metadata,
            ..known.clone()
        };
        if after == known {
            return Ok(known);
        }
        let after = Client { updated_at: self.clock.now(), ..after };
        let text = format!("The document of “{}” changed.", after.name);
        let event = AuditEvent::new(
            self.clock.now(),
            EventCode::ApplicationUpdated,
            Actor::Client(after.id.clone()),
            text,
        );
        match self.store.clients().update(&after, known.version, event.client(&after.id)).await {
            // Somebody else took it over meanwhile.
            Ok(()) | Err(StoreError::Conflict { .. }) => Ok(after),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section 3 of the draft.
    #[test]
    fn an_address_stands_for_a_document_in_its_normal_form_alone() {
        let is = |text: &str| document_address(&ClientId::from_text(text)).is_some();
        for good in
            ["https://app.example/client.json", "https://app.example:8443/a/b?v=1", "http://localhost:1/c"]
        {
            assert!(is(good), "{good}");
        }
        for bad in [
            "dQFl3pXfNbUFrkAsZvTM0tCMYvUYCvBE",
            "https://app.example",
            "https://app.example/",
            "http://app.example/c",
            "https://app.example/a/../c",
            "https://app.example/./c",
            "https://app.example/c#x",
            "https://ada@app.example/c",
            "https://APP.example/c",
            "https://app.example:443/c",
            "javascript:alert(1)",
        ] {
            assert!(!is(bad), "{bad}");
        }
        assert!(!is(&format!("https://app.example/{}", "x".repeat(LONGEST))));
    }
}
