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
mod mapping;
mod normalise;
mod notify;
mod outbound;
mod profile;
mod published;
mod revoke;
mod types;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use coffer_core::Clock;

pub use catalogue::{Catalogue, CatalogueError, Entry};
pub use error::{DiscoverError, OutboundError, RefreshError, UpstreamError};
pub use mapping::{check_mapping, try_mapping};
pub use notify::Answer;
pub use outbound::{Lookup, OutboundConfig};
pub use published::PublishedError;
pub use revoke::RevokeError;
pub use types::{AuthorizationExtras, ProviderTokens, SignedIn, Upstream};

use discovery::Documents;
use outbound::Outbound;
use published::Published;

/// All providers.
pub struct Federation {
    catalogue: Catalogue,
    outbound: Outbound,
    timeout: Duration,
    documents: Documents,
    published: Published,
    clock: Arc<dyn Clock>,
    assertions: Option<Arc<dyn Assertions>>,
}

/// Signs what proves this server to providers that take no shared secret (RFC 7523 section 2.2).
#[async_trait]
pub trait Assertions: Send + Sync {
    /// A JWT of the client `client_id` for `audience`, good for about a minute.
    async fn assertion(&self, client_id: &str, audience: &str) -> Result<String, String>;
}

impl Federation {
    /// With these providers and this way out. Fails when the system's certificates cannot be read.
    pub fn new(
        catalogue: Catalogue,
        config: OutboundConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, UpstreamError> {
        Self::resolving(catalogue, config, clock, Arc::new(outbound::System))
    }

    /// The same, with another resolver of names than the system's.
    pub fn resolving(
        catalogue: Catalogue,
        config: OutboundConfig,
        clock: Arc<dyn Clock>,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Self, UpstreamError> {
        Ok(Self {
            catalogue,
            timeout: config.timeout,
            outbound: Outbound::new(config, lookup)?,
            documents: Documents::default(),
            published: Published::default(),
            clock,
            assertions: None,
        })
    }

    /// The same, able to prove itself with signed assertions.
    #[must_use]
    pub fn with_assertions(mut self, assertions: Arc<dyn Assertions>) -> Self {
        self.assertions = Some(assertions);
        self
    }

    /// The longest time that one request may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// What kinds of connection there are.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }
}
