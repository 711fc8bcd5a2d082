//! A registration in its application's hands (RFC 7592): read, change, delete, with the token that it got.

use coffer_contract::application::Origin;
use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    ids::ClientId,
};
use coffer_crypto::{Secret, TokenHash};
use serde_json::Value;

use super::{Metadata, Registered, RegistrationError, object};
use crate::Oidc;

impl Oidc {
    /// The registration (section 2.1). The secret is not in it.
    pub async fn registration(
        &self,
        id: &str,
        token: Option<&Secret>,
    ) -> Result<Registered, RegistrationError> {
        let (client, token) = self.own_registration(id, token).await?;
        Ok(self.registered(&client, None, token.clone()))
    }

    /// Replaces what the application says about itself (section 2.2). What an administrator decided about it
    /// stays; an application that proves itself in another way than before gets what that needs.
    pub async fn change_registration(
        &self,
        id: &str,
        token: Option<&Secret>,
        body: &[u8],
        ip: Option<&str>,
    ) -> Result<Registered, RegistrationError> {
        let (before, token) = self.own_registration(id, token).await?;
        let settings = self.registration_settings().await?;
        let body = object(body)?;
        if body.get("client_id").and_then(Value::as_str) != Some(before.id.as_str()) {
            return Err(RegistrationError::Metadata(
                "Send the client_id with the rest of the metadata.".into(),
            ));
        }
        let usual = before.auth_method;
        let described = Metadata(&body).client(before.id.clone(), usual, &settings, self.clock.now())?;
        if described.app_type != before.app_type {
            return Err(RegistrationError::Metadata(
                "A registration cannot change between a public and a confidential client, or between a web and a \
                 native one. Register a new one."
                    .into(),
            ));
        }
        // Grants that an administrator took away do not come back by themselves.
        let grants = described.grants.iter().copied().filter(|grant| before.may_use(*grant)).collect();
        let after = Client {
            grants,
            name: described.name,
            callbacks: described.callbacks,
            logout_urls: described.logout_urls,
            web_origins: described.web_origins,
            auth_method: described.auth_method,
            id_token_alg: described.id_token_alg,
            jwks: described.jwks,
            jwks_uri: described.jwks_uri,
            backchannel_logout_uri: described.backchannel_logout_uri,
            require_par: described.require_par,
            logo_uri: described.logo_uri,
            metadata: described.metadata,
            updated_at: self.clock.now(),
            ..before.clone()
        };
        let text = format!("“{}” changed its registration.", after.name);
        let event = AuditEvent::new(
            self.clock.now(),
            EventCode::ApplicationUpdated,
            Actor::Client(after.id.clone()),
            text,
        );
        let event = event.client(&after.id).from_ip(ip);
        self.store.clients().update(&after, before.version, event).await?;
        let needs_secret = after.auth_method.has_secret() && !before.auth_method.has_secret();
        let secret = match self.client_secret(&after).filter(|_| needs_secret) {
            None => None,
            Some(secret) => {
                let text = format!("“{}” got a client secret.", after.name);
                let event = AuditEvent::new(
                    self.clock.now(),
                    EventCode::ApplicationSecretRotated,
                    Actor::Client(after.id.clone()),
                    text,
                );
                let (event, kept) = (event.client(&after.id).from_ip(ip), self.keep(&after, &secret));
                self.store.clients().replace_secret(&after.id, &kept, self.clock.now(), event).await?;
                Some(secret)
            }
        };
        Ok(self.registered(&after, secret, token))
    }

    /// Deletes the application with its tokens (section 2.3).
    pub async fn delete_registration(
        &self,
        id: &str,
        token: Option<&Secret>,
        ip: Option<&str>,
    ) -> Result<(), RegistrationError> {
        let (client, _) = self.own_registration(id, token).await?;
        let text = format!("“{}” deleted its registration.", client.name);
        let actor = Actor::Client(client.id.clone());
        let event = AuditEvent::new(self.clock.now(), EventCode::ApplicationDeleted, actor, text);
        self.store.clients().delete(&client.id, event.client(&client.id).from_ip(ip)).await?;
        Ok(())
    }

    /// The application whose registration the token opens. An unknown one is answered like a wrong token
    /// (section 2.1: 401), so that nobody learns which there are.
    async fn own_registration(
        &self,
        id: &str,
        token: Option<&Secret>,
    ) -> Result<(Client, Secret), RegistrationError> {
        let refused =
            RegistrationError::Token("The registration access token is missing, unknown or another's.");
        let (id, Some(token)) = (ClientId::from_text(id), token) else { return Err(refused) };
        if !self.store.registrations().is_token(&id, &TokenHash::of(token.reveal())).await? {
            return Err(refused);
        }
        let client =
            self.store.clients().get(&id).await?.filter(|client| client.origin == Origin::Registered);
        Ok((client.ok_or(refused)?, token.clone()))
    }
}
