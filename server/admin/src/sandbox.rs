//! The sandbox, set up with one click: a connection to its provider, and its example agent as an application.

use coffer_contract::{
    ApiError,
    application::{ApplicationType, GrantType},
    connection::{ConnectionOptions, Purpose},
    overview::SandboxView,
};
use coffer_core::{
    Scopes, Timestamp,
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
    connection::Connection,
    ids::{ClientId, ConnectionId},
    rng::token,
};
use coffer_crypto::{Context, Secret};
use coffer_store::StoreError;

use crate::{Admin, Editor};

/// What the server runs beside itself to be tried with.
pub trait Sandbox: Send + Sync {
    /// Strategy of the provider, which is its connection's name, too.
    fn strategy(&self) -> &'static str;
    /// Client id and secret that the provider accepts.
    fn client(&self) -> (String, Secret);
    /// Where the agent is.
    fn agent_url(&self) -> String;
    /// The agent's redirect URI.
    fn agent_callback(&self) -> String;
    /// Tells the agent its client id and secret, and the connection's name.
    fn adopt(&self, client_id: &str, client_secret: &str, connection: &str);
    /// Whether the agent was told.
    fn is_adopted(&self) -> bool;
}

/// Name of the agent's application.
const AGENT: &str = "Example agent";

impl Editor {
    /// Sets the sandbox up, or anew.
    pub async fn set_up_sandbox(&self) -> Result<SandboxView, ApiError> {
        let admin = self.admin();
        let Some(sandbox) = &admin.sandbox else {
            let message = "This server runs without a sandbox. Start it with `coffer serve --sandbox`.";
            return Err(ApiError::Forbidden { message: message.to_owned() });
        };
        let set_up = admin.set_up_sandbox(sandbox.as_ref(), &self.actor).await;
        set_up.map_err(|e| self.visit.store_failed(e))?;
        Ok(view(sandbox.as_ref()))
    }
}

/// The sandbox as the Overview page shows it.
pub(crate) fn view(sandbox: &dyn Sandbox) -> SandboxView {
    SandboxView { agent_url: sandbox.agent_url(), ready: sandbox.is_adopted() }
}

impl Admin {
    /// Provider and agent have other secrets after each start: takes them over, if the sandbox was set up.
    pub async fn renew_sandbox(&self) -> Result<(), StoreError> {
        let Some(sandbox) = &self.sandbox else { return Ok(()) };
        match self.store.connections().by_name(sandbox.strategy()).await? {
            Some(connection) if connection.strategy == sandbox.strategy() => {
                self.set_up_sandbox(sandbox.as_ref(), &Actor::System).await
            }
            _ => Ok(()),
        }
    }

    async fn set_up_sandbox(&self, sandbox: &dyn Sandbox, actor: &Actor) -> Result<(), StoreError> {
        let now = self.clock.now();
        let connection = self.sandbox_connection(sandbox, actor, now).await?;
        let (client, secret) = self.sandbox_agent(sandbox, actor, now).await?;
        let text = format!("Connection “{}” was enabled for “{AGENT}”.", connection.name);
        let event = AuditEvent::new(now, EventCode::ConnectionEnabled, actor.clone(), text)
            .connection(&connection.name)
            .client(&client.id);
        self.store.connections().set_enabled(&connection.id, &client.id, true, now, event).await?;
        sandbox.adopt(client.id.as_str(), &secret, &connection.name);
        Ok(())
    }

    async fn sandbox_connection(
        &self,
        sandbox: &dyn Sandbox,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Connection, StoreError> {
        let (client_id, secret) = sandbox.client();
        let connections = self.store.connections();
        let known = connections.by_name(sandbox.strategy()).await?;
        let entry = self.federation.catalogue().get(sandbox.strategy()).map(|entry| entry.view());
        let connection = Connection {
            id: known
                .as_ref()
                .map_or_else(|| ConnectionId::generate(self.rng.as_ref()), |known| known.id.clone()),
            name: sandbox.strategy().to_owned(),
            strategy: sandbox.strategy().to_owned(),
            display_name: entry
                .as_ref()
                .map_or_else(|| sandbox.strategy().to_owned(), |entry| entry.name.clone()),
            client_id,
            client_secret_replaced_at: Some(now),
            scopes: entry
                .iter()
                .flat_map(|entry| &entry.scopes)
                .map(|scope| scope.value.clone())
                .collect::<Scopes>(),
            purpose: Purpose::Both,
            vault_enabled: true,
            options: ConnectionOptions::default(),
            created_at: known.as_ref().map_or(now, |known| known.created_at),
            updated_at: now,
            version: known.as_ref().map_or(1, |known| known.version + 1),
        };
        let place = Context { table: "connections", row: connection.id.as_str(), column: "client_secret" };
        let sealed = self.keyring.seal(self.rng.as_ref(), place, secret.reveal().as_bytes());
        let event =
            |code, text: &str| AuditEvent::new(now, code, actor.clone(), text).connection(sandbox.strategy());
        match known {
            None => {
                let event = event(EventCode::ConnectionCreated, "The sandbox's connection was created.");
                connections.create(&connection, Some(&sealed), event).await?;
            }
            Some(known) => {
                let event =
                    event(EventCode::ConnectionUpdated, "The sandbox's connection got a new client secret.");
                connections.update(&connection, Some(&sealed), known.version, event).await?;
            }
        }
        Ok(connection)
    }

    async fn sandbox_agent(
        &self,
        sandbox: &dyn Sandbox,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(Client, String), StoreError> {
        let clients = self.store.clients();
        let secret = format!("cfs_{}", token(self.rng.as_ref()));
        let known = clients.list(AGENT, None, 100).await?.items.into_iter().map(|(client, _)| client);
        let known = known.into_iter().find(|client| client.name == AGENT);
        let callbacks = vec![sandbox.agent_callback()];
        let event =
            |code, text: &str, id: &ClientId| AuditEvent::new(now, code, actor.clone(), text).client(id);
        if let Some(known) = known {
            let version = known.version;
            let client = Client { callbacks, updated_at: now, version: version + 1, ..known };
            let updated =
                event(EventCode::ApplicationUpdated, "The example agent has another address.", &client.id);
            clients.update(&client, version, updated).await?;
            let text = "The client secret of the example agent was replaced.";
            let replaced = event(EventCode::ApplicationSecretRotated, text, &client.id);
            clients.replace_secret(&client.id, &self.keep(&client.id, &secret), now, replaced).await?;
            return Ok((client, secret));
        }
        let id = ClientId::generate(self.rng.as_ref());
        let client = Client {
            description: "An AI agent's part of the story, to try Coffer with.".to_owned(),
            callbacks,
            grants: vec![GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::TokenVault],
            connect_accounts: true,
            ..Client::new(id, AGENT, ApplicationType::RegularWeb, now)
        };
        let created = event(EventCode::ApplicationCreated, "The example agent was created.", &client.id);
        clients.create(&client, Some(&self.keep(&client.id, &secret)), created).await?;
        Ok((client, secret))
    }
}
