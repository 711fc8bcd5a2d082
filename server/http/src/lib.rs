//! The HTTP surface: protocol endpoints, hosted pages, the dashboard, health. What a request means is
//! decided elsewhere; here it is parsed, bounded, given its context, and answered.

mod assets;
mod console;
mod export;
mod guard;
mod health;
mod hosted;
mod management;
mod measure;
mod my_account;
mod network;
mod nul;
mod presented;
mod protocol;
mod router;
mod session;
mod through;
mod traced;

use std::sync::Arc;

use coffer_admin::Admin;
use coffer_core::{Clock, Rng};
use coffer_oidc::Oidc;
use ipnet::IpNet;

pub use assets::{Manifest, MissingAssets};
pub use management::{ManagementLimiter, ManagementLimits, openapi::openapi};
pub use router::{ENDPOINTS, Endpoint, Protection, router};

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>, Arc<health::Writing>);

/// What an [`AppState`] is made of.
pub struct Shared {
    /// The authorization server.
    pub oidc: Oidc,
    /// The dashboard's use cases.
    pub admin: Arc<Admin>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Names of the stylesheet and the browser bundle.
    pub assets: Manifest,
    /// Whether a sandbox runs beside the server, which every page says.
    pub sandbox: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How many requests each application may send to the management API.
    pub management: ManagementLimiter,
}

impl From<Shared> for AppState {
    fn from(shared: Shared) -> Self {
        Self(Arc::new(shared), Arc::default())
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
