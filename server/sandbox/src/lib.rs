//! What `coffer serve --sandbox` starts beside the server, so that somebody without an account at any
//! provider sees the whole flow: a provider that lives in memory, and an example agent application that
//! is an ordinary OAuth client of Coffer. Both listen on 127.0.0.1 alone.
//!
//! Signing in at this provider takes a name and nothing else, so none of this may run in production.

mod agent;
mod catalogue;
mod provider;

use std::net::Ipv4Addr;
use std::sync::Arc;

use coffer_core::{Clock, Rng};
use coffer_crypto::Secret;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use agent::{Adopted, Agent};
use provider::SandboxProvider;

pub use catalogue::STRATEGY;

/// Where the two listen on 127.0.0.1; any free port where it is 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ports {
    /// Port of the provider.
    pub provider: u16,
    /// Port of the agent.
    pub agent: u16,
}

/// Why the sandbox could not be started.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// The provider could not.
    #[error("the sandbox provider: {0}")]
    Provider(#[from] coffer_providers::StartError),
    /// The agent could not: the port is taken, or the like.
    #[error("the example agent cannot listen: {0}")]
    Agent(#[from] std::io::Error),
    /// The agent's HTTP client, or one of the addresses it needs.
    #[error("the example agent cannot be set up: {0}")]
    SetUp(String),
}

/// The running sandbox. Clones are the same one.
#[derive(Clone)]
pub struct Sandbox(Arc<Running>);

struct Running {
    provider: SandboxProvider,
    agent: Arc<Agent>,
    stop: CancellationToken,
}

impl Sandbox {
    /// Starts provider and agent on any free ports. `issuer` is Coffer's public base URL.
    pub async fn start(issuer: Url, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Self, SandboxError> {
        Self::start_at(Ports::default(), issuer, clock, rng).await
    }

    /// Starts provider and agent on these ports.
    pub async fn start_at(
        ports: Ports,
        issuer: Url,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, SandboxError> {
        // The agent's port is taken first: what fails must not leave a provider running.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, ports.agent)).await?;
        let address = listener.local_addr()?;
        let callback =
            issuer.join("login/callback").map_err(|error| SandboxError::SetUp(error.to_string()))?;
        let provider = SandboxProvider::start(ports.provider, &callback, clock.clone(), rng.clone()).await?;
        let agent = Agent::new(address, issuer, provider.providers().clone(), clock, rng);
        let agent = agent.inspect_err(|_| provider.stop())?;
        let stop = CancellationToken::new();
        tokio::spawn(agent::serve(listener, agent.clone(), stop.clone()));
        Ok(Self(Arc::new(Running { provider, agent, stop })))
    }

    /// The provider's issuer: its discovery document stands below it.
    pub fn provider_issuer(&self) -> String {
        self.0.provider.issuer()
    }

    /// A provider file (`docs/catalogue.md`) of the strategy [`STRATEGY`].
    pub fn catalogue_entry(&self) -> String {
        catalogue::entry(&self.provider_issuer())
    }

    /// Client id and secret that the provider accepts for Coffer. The secret is another after each start.
    pub fn client(&self) -> (String, Secret) {
        self.0.provider.client()
    }

    /// Where people find the agent.
    pub fn agent_url(&self) -> String {
        self.0.agent.address().to_string()
    }

    /// The agent's redirect URI, to be registered at Coffer.
    pub fn agent_callback(&self) -> String {
        self.0.agent.callback().to_string()
    }

    /// Tells the agent its client id and secret at Coffer (`client_secret_post`), and the name of the
    /// connection to the sandbox provider. What it was told before is forgotten.
    pub fn adopt(&self, client_id: String, client_secret: String, connection: String) {
        self.0.agent.adopt(Adopted { client_id, client_secret: Secret::new(client_secret), connection });
    }

    /// Whether the agent was told.
    pub fn is_adopted(&self) -> bool {
        self.0.agent.adopted().is_some()
    }

    /// Ends both. No new requests from now on.
    pub fn stop(&self) {
        self.0.stop.cancel();
        self.0.provider.stop();
    }
}
