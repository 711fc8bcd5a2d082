//! Providers: what is known of each (the catalogue), and the calls to them (OAuth 2.0 and OpenID
//! Connect as a client), all through one guarded way out.

mod address;
mod authorize;
mod catalogue;
mod discovery;
mod endpoints;
mod error;
mod exchange;
mod id_token;
mod normalise;
mod outbound;
mod profile;
mod types;

use std::sync::Arc;

use coffer_core::Clock;

pub use catalogue::{Catalogue, Entry};
pub use error::{DiscoverError, OutboundError, RefreshError, UpstreamError};
pub use outbound::OutboundConfig;
pub use types::{AuthorizationExtras, ProviderTokens, SignedIn, Upstream};

use discovery::Documents;
use outbound::Outbound;

/// All providers.
pub struct Federation {
    catalogue: Catalogue,
    outbound: Outbound,
    documents: Documents,
    clock: Arc<dyn Clock>,
}

impl Federation {
    /// With this way out. Fails when the system's certificates or the catalogue cannot be read.
    pub fn new(config: OutboundConfig, clock: Arc<dyn Clock>) -> Result<Self, UpstreamError> {
        Ok(Self {
            catalogue: Catalogue::load()?,
            outbound: Outbound::new(config)?,
            documents: Documents::default(),
            clock,
        })
    }

    /// What kinds of connection there are.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }
}
