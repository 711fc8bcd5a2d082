//! How the parts are put together: the only place that knows all of them.

use std::sync::Arc;
use std::time::Duration;

use coffer_admin::Admin;
use coffer_core::{Clock, Rng, SystemClock, SystemRng};
use coffer_crypto::Keyring;
use coffer_federation::{Federation, OutboundConfig};
use coffer_http::{AppState, Manifest, Shared};
use coffer_oidc::{Issuer, Oidc, Parts, SigningKeys};
use coffer_store::Store;
use coffer_vault::Vault;

use crate::{commands::Failure, config::Config, keyfile};

/// Database and keys: what every command needs.
pub struct Base {
    /// The database, up to date.
    pub store: Store,
    /// The key-encryption keys.
    pub keyring: Arc<Keyring>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
}

/// Opens the database and brings it up to date. Says how many steps that took.
pub async fn database(config: &Config) -> Result<(Store, usize), Failure> {
    let url = &config.database.url;
    let store = Store::connect(url).await.map_err(|source| Failure::database(url, source))?;
    let pending = store.pending_migrations().await.map_err(|source| Failure::database(url, source))?;
    store.migrate().await.map_err(|source| Failure::database(url, source))?;
    Ok((store, pending))
}

/// Opens the database, brings it up to date, and reads the key file.
pub async fn base(config: &Config) -> Result<Base, Failure> {
    let (store, _) = database(config).await?;
    let fresh = store.seals().page(None, 1).await?.is_empty();
    let keyring = Arc::new(Keyring::from(keyfile::load(&config.keys.file, fresh)?));
    Ok(Base { store, keyring, clock: Arc::new(SystemClock), rng: Arc::new(SystemRng) })
}

/// The providers.
pub fn federation(config: &Config, base: &Base) -> Result<Arc<Federation>, Failure> {
    let outbound = OutboundConfig {
        allow_private: config.outbound.allow_private.clone(),
        timeout: Duration::from_secs(config.outbound.timeout_seconds),
    };
    let federation = Federation::new(outbound, base.clock.clone());
    federation.map(Arc::new).map_err(|error| Failure::Start(error.to_string()))
}

/// The dashboard's use cases.
pub fn admin(config: &Config, base: &Base, federation: &Arc<Federation>) -> Arc<Admin> {
    Arc::new(Admin::new(
        base.store.clone(),
        base.keyring.clone(),
        base.clock.clone(),
        base.rng.clone(),
        federation.clone(),
        config.public_url.clone(),
    ))
}

/// The whole server.
pub struct Server {
    /// For the router.
    pub state: AppState,
    /// To be drained at shutdown.
    pub vault: Vault,
    /// For the set-up link.
    pub admin: Arc<Admin>,
}

/// Puts the server together.
pub async fn server(config: &Config, base: &Base) -> Result<Server, Failure> {
    let assets = Manifest::embedded().map_err(|error| Failure::Start(error.to_string()))?;
    let federation = federation(config, base)?;
    let admin = admin(config, base, &federation);
    let issuer = Issuer::new(config.public_url.clone());
    let vault = Vault::new(
        base.store.clone(),
        base.keyring.clone(),
        federation.clone(),
        base.clock.clone(),
        base.rng.clone(),
        issuer.callback_url(),
    );
    let keys =
        SigningKeys::load(base.store.clone(), base.keyring.clone(), base.clock.clone(), base.rng.as_ref())
            .await?;
    let oidc = Oidc::new(Parts {
        store: base.store.clone(),
        keyring: base.keyring.clone(),
        vault: vault.clone(),
        federation,
        clock: base.clock.clone(),
        rng: base.rng.clone(),
        issuer,
        keys,
    });
    let state = AppState::from(Shared {
        oidc,
        admin: admin.clone(),
        clock: base.clock.clone(),
        rng: base.rng.clone(),
        assets,
        trusted_proxies: config.http.trusted_proxies.clone(),
    });
    Ok(Server { state, vault, admin })
}
