//! `coffer serve --sandbox`: a provider and an example agent beside the server, on this machine alone.

use coffer_contract::validate::is_loopback;
use coffer_crypto::Secret;
use coffer_sandbox::{Ports, STRATEGY, Sandbox};

use crate::{commands::Failure, config::Config, wiring::Base};

/// Starts both. Refused where the server is for others than this machine.
pub async fn start(config: &Config, base: &Base) -> Result<Sandbox, Failure> {
    if !is_loopback(&config.public_url) {
        return Err(Failure::Start(format!(
            "the sandbox lets anyone sign in as anyone, so it runs only while Coffer is for this machine alone; \
             public_url is {}. Start without --sandbox",
            config.public_url
        )));
    }
    let ports = Ports { provider: config.sandbox.provider_port, agent: config.sandbox.agent_port };
    Sandbox::start_at(ports, config.public_url.clone(), base.clock.clone(), base.rng.clone()).await.map_err(|error| {
        Failure::Start(format!(
            "{error}. Set sandbox.provider_port and sandbox.agent_port to free ports (0 is any), or start without \
             --sandbox"
        ))
    })
}

/// The sandbox, as the dashboard's use cases know it.
pub struct Beside(pub Sandbox);

impl coffer_admin::Sandbox for Beside {
    fn strategy(&self) -> &'static str {
        STRATEGY
    }

    fn client(&self) -> (String, Secret) {
        self.0.client()
    }

    fn agent_url(&self) -> String {
        self.0.agent_url()
    }

    fn agent_callback(&self) -> String {
        self.0.agent_callback()
    }

    fn adopt(&self, client_id: &str, client_secret: &str, connection: &str) {
        self.0.adopt(client_id.to_owned(), client_secret.to_owned(), connection.to_owned());
    }

    fn is_adopted(&self) -> bool {
        self.0.is_adopted()
    }
}
