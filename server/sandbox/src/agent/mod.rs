//! The example agent: an ordinary confidential OAuth client of Coffer with plain pages. It does in the
//! open what any agent does; only [`Agent::providers`] is a privilege, for the button that revokes.

mod api;
mod coffer;
mod exchange;
mod guard;
mod markup;
mod outbound;
mod pages;
mod problem;
mod routes;
mod sessions;
mod sign_in;
mod story;
mod trace;
mod visit;

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use coffer_core::{Clock, Rng, Timestamp};
use coffer_crypto::Secret;
use coffer_providers::Providers;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::SandboxError;
use outbound::Outbound;
use sessions::Sessions;

/// What the agent was told of itself at Coffer.
#[derive(Clone, Debug)]
pub(crate) struct Adopted {
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    /// The name of the connection to the sandbox provider.
    pub(crate) connection: String,
}

/// The agent.
pub(crate) struct Agent {
    address: Url,
    callback: Url,
    /// Coffer's token and revocation endpoints stand below it (the wire contract).
    issuer: Url,
    adopted: RwLock<Option<Adopted>>,
    sessions: Sessions,
    outbound: Outbound,
    providers: Providers,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl Agent {
    pub(crate) fn new(
        address: SocketAddr,
        issuer: Url,
        providers: Providers,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Arc<Self>, SandboxError> {
        let set_up = |error: &dyn std::fmt::Display| SandboxError::SetUp(error.to_string());
        let address = Url::parse(&format!("http://{address}/")).map_err(|error| set_up(&error))?;
        let callback = address.join("callback").map_err(|error| set_up(&error))?;
        let outbound = Outbound::new().map_err(|error| set_up(&error))?;
        let (adopted, sessions) = (RwLock::default(), Sessions::default());
        Ok(Arc::new(Self { address, callback, issuer, adopted, sessions, outbound, providers, clock, rng }))
    }

    pub(crate) fn address(&self) -> &Url {
        &self.address
    }

    pub(crate) fn callback(&self) -> &Url {
        &self.callback
    }

    pub(crate) fn adopt(&self, adopted: Adopted) {
        *self.adopted.write().unwrap_or_else(PoisonError::into_inner) = Some(adopted);
    }

    pub(crate) fn adopted(&self) -> Option<Adopted> {
        self.adopted.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Serves the agent until `stop`.
pub(crate) async fn serve(listener: TcpListener, agent: Arc<Agent>, stop: CancellationToken) {
    let router = routes::router(agent);
    tokio::select! {
        served = axum::serve(listener, router).into_future() => {
            if let Err(error) = served {
                tracing::error!(%error, "the example agent stopped");
            }
        }
        // Nobody waits for the sandbox: what is under way is cut.
        () = stop.cancelled() => {}
    }
}
