//! A further account for a device: it named a connection other than the one that its person signed in through.
//! The person goes there once they have agreed, and the account is kept for them.

use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    authorization::{AnswerTo, AuthorizationRequest, Interaction, SignIn},
    client::Client,
    connection::Connection,
    user::User,
};
use coffer_crypto::TokenHash;
use coffer_vault::Consented;

use crate::{
    Browser, Oidc,
    authorize::Next,
    error::PageError,
    trip::{DepartError, Errand, Return, Trip, TripError},
    upstream::account_label,
};

impl Oidc {
    /// Whether `client` may have accounts connected through `connection`.
    pub(super) fn can_connect(&self, client: &Client, connection: &Connection) -> bool {
        client.connect_accounts && connection.vault_enabled && connection.purpose.connects()
    }

    /// The connection of which `user` is to connect an account once they have agreed, if a device asks for one.
    pub(crate) async fn further(
        &self,
        request: &AuthorizationRequest,
        client: &Client,
        user: &User,
    ) -> Result<Option<Connection>, PageError> {
        let (AnswerTo::Device { .. }, Some(name)) = (&request.answer, &request.connection) else {
            return Ok(None);
        };
        let connections = self.store.connections();
        let Some(connection) = connections.by_name(name).await? else { return Ok(None) };
        let here = connection.id != user.connection_id && self.can_connect(client, &connection);
        let enabled = here && connections.is_enabled(&connection.id, &client.id).await?;
        Ok(enabled.then_some(connection))
    }

    /// The person agreed: on to the provider, with a fresh consent there.
    pub(crate) async fn to_further(
        &self,
        handle: &str,
        interaction: &Interaction,
        client: &Client,
        connection: &Connection,
        sign_in: &SignIn,
        browser: &Browser,
    ) -> Result<Next, PageError> {
        let stage = interaction.stage.connecting().map_err(|_| PageError::Gone)?;
        if !self.store.interactions().advance(&TokenHash::of(handle), &interaction.stage, &stage).await? {
            return Err(PageError::Gone);
        }
        let request = &interaction.request;
        let hint = request.login_hint.as_deref();
        let asked = request.connection_scopes.clone();
        let further = self.with_granted(&sign_in.user_id, connection, hint, asked).await?;
        let trip = Trip {
            connection,
            errand: Errand::Further { handle: handle.to_owned() },
            scopes: self.federation.scopes_for(connection, &further),
            login_hint: hint,
            prompt: Some("consent"),
        };
        match self.depart(trip, browser).await {
            Ok(url) => Ok(Next::Provider(url)),
            Err(DepartError::Page(error)) => Err(error),
            Err(DepartError::Upstream(error)) => {
                Err(self.failed_sign_in(Some(client), connection, &error, browser).await)
            }
        }
    }

    /// The provider sent the person back: the account is theirs from now on, and the device is let in.
    pub(crate) async fn back_to_further(
        &self,
        handle: &str,
        back: Return,
        browser: &Browser,
    ) -> Result<Next, PageError> {
        let (interaction, client) = self.interaction(handle, browser).await?;
        let (done, sign_in) = interaction.stage.connected().map_err(|_| PageError::Gone)?;
        if self.present_user(&sign_in).await?.is_none() {
            return Err(PageError::Gone);
        }
        let Return { connection, asked, at, outcome, .. } = back;
        let signed_in = match outcome {
            Ok(signed_in) => signed_in,
            Err(error) => {
                self.not_connected(&client, &connection, &sign_in, &error, browser).await?;
                if error.declined() && self.close(handle, &interaction, &done).await? {
                    let text = "The user declined at the provider.";
                    return self.refused(&interaction.request, &client, "access_denied", text, browser).await;
                }
                return Err(PageError::Provider {
                    outside: format!(
                        "{} did not complete this. Enter the code on your device once more to try again.",
                        connection.display_name
                    ),
                });
            }
        };
        let label = account_label(&signed_in.profile);
        let consented = Consented {
            user_id: &sign_in.user_id,
            connection: &connection,
            provider_user_id: &signed_in.provider_user_id,
            label: label.as_deref(),
            tokens: signed_in.tokens,
            asked: &asked,
            obtained_at: at,
            ip: browser.ip.as_deref(),
        };
        self.vault.keep(consented).await?;
        self.finish(handle, &interaction, &client, (done, sign_in), browser).await
    }

    async fn not_connected(
        &self,
        client: &Client,
        connection: &Connection,
        sign_in: &SignIn,
        error: &TripError,
        browser: &Browser,
    ) -> Result<(), PageError> {
        let text = format!("Connecting {} failed: {error}.", connection.display_name);
        let actor = Actor::User(sign_in.user_id.clone());
        let event = AuditEvent::new(self.clock.now(), EventCode::AccountConnectFailed, actor, text)
            .client(&client.id)
            .connection(&connection.name)
            .user(&sign_in.user_id)
            .from_ip(browser.ip.as_deref());
        Ok(self.store.audit().record(event).await?)
    }
}
