//! How the parts are put together: the only place that knows all of them.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use coffer_admin::Admin;
use coffer_core::{Clock, Rng, SystemClock, SystemRng};
use coffer_crypto::Keyring;
use coffer_federation::{Catalogue, Entry, Federation, OutboundConfig};
use coffer_http::{AppState, ManagementLimiter, ManagementLimits, Manifest, Shared};
use coffer_oidc::{Issuer, Oidc, Parts, SigningKeys, keys::KeyAssertions};
use coffer_sandbox::{STRATEGY, Sandbox};
use coffer_store::{Held, Store};
use coffer_vault::Vault;

use ipnet::IpNet;

use crate::{commands::Failure, config::Config, place::Place, sandbox::Beside};

/// Database and keys: what every command needs.
pub struct Base {
    /// The database, up to date.
    pub store: Store,
    /// The key-encryption keys.
    pub keyring: Arc<Keyring>,
    /// Where they are kept.
    pub place: Place,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
}

/// Opens the database and brings it up to date. Says how many steps that took.
pub async fn database(config: &Config) -> Result<(Store, usize), Failure> {
    let url = &config.database.url;
    let store = Store::connect(url.expose(), config.database.connections)
        .await
        .map_err(|source| Failure::database(url, source))?;
    let pending = store.pending_migrations().await.map_err(|source| Failure::database(url, source))?;
    // Looking for none is logged, too: no need for that at each command.
    if pending > 0 {
        store.migrate().await.map_err(|source| Failure::database(url, source))?;
    }
    Ok((store, pending))
}

/// Opens the database, brings it up to date, and gets the keys.
pub async fn base(config: &Config) -> Result<Base, Failure> {
    let (store, _) = database(config).await?;
    let (base, alone) = starting(config, store).await?;
    alone.end().await?;
    Ok(base)
}

/// Gets the keys of an open database, with a turn that a server keeps until it has everything that is made at the
/// first start: two that start over an empty database would make a key file each, and signing keys each.
pub async fn starting(config: &Config, store: Store) -> Result<(Base, Held), Failure> {
    let (clock, rng): (Arc<dyn Clock>, Arc<dyn Rng>) = (Arc::new(SystemClock), Arc::new(SystemRng));
    let place = Place::of(config, &store)?;
    let (keys, alone) = place.load(&store, clock.as_ref(), rng.as_ref()).await?;
    let keyring = Arc::new(Keyring::from(keys).with_source(place.source(&store)));
    Ok((Base { store, keyring, place, clock, rng }, alone))
}

/// The providers, with those that the operator added.
pub fn catalogue(config: &Config) -> Result<Catalogue, Failure> {
    let catalogue = Catalogue::embedded();
    let catalogue = match &config.catalogue.folder {
        Some(folder) => catalogue.and_then(|catalogue| catalogue.with_folder(folder)),
        None => catalogue,
    };
    catalogue.map_err(|error| Failure::Start(format!("catalogue.folder: {error}")))
}

/// The vault, and the use cases over it.
pub struct House {
    /// The providers.
    pub federation: Arc<Federation>,
    /// The signing keys.
    pub keys: SigningKeys,
    /// The vault.
    pub vault: Vault,
    /// The dashboard's use cases.
    pub admin: Arc<Admin>,
}

/// Puts the parts together that are there whatever door they are reached through.
pub async fn house(config: &Config, base: &Base, sandbox: Option<&Sandbox>) -> Result<House, Failure> {
    let mut catalogue = catalogue(config)?;
    let mut allow_private = config.outbound.allow_private.clone();
    if let Some(sandbox) = sandbox {
        let entry = Entry::parse(STRATEGY, &sandbox.catalogue_entry());
        catalogue.add(entry.map_err(|error| Failure::Start(error.to_string()))?);
        // The provider is on this machine.
        allow_private.push(IpNet::from(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    }
    let outbound =
        OutboundConfig { allow_private, timeout: Duration::from_secs(config.outbound.timeout_seconds) };
    let Base { store, keyring, clock, rng, .. } = base;
    let keys = SigningKeys::load(store.clone(), keyring.clone(), clock.clone(), rng.as_ref())
        .await?
        .cached_for(config.keys.jwks_cache_seconds);
    let federation = Federation::new(catalogue, outbound, base.clock.clone())
        .map_err(|error| Failure::Start(error.to_string()))?
        .with_assertions(Arc::new(KeyAssertions::new(keys.clone(), base.rng.clone())));
    let federation = Arc::new(federation);
    let vault = Vault::new(
        base.store.clone(),
        base.keyring.clone(),
        federation.clone(),
        base.clock.clone(),
        base.rng.clone(),
        Issuer::new(config.public_url.clone()).callback_url(),
    );
    let admin = Admin::new(
        base.store.clone(),
        base.keyring.clone(),
        base.clock.clone(),
        base.rng.clone(),
        federation.clone(),
        vault.clone(),
        config.public_url.clone(),
    );
    let admin = match sandbox {
        Some(sandbox) => admin.with_sandbox(Arc::new(Beside(sandbox.clone()))),
        None => admin,
    };
    Ok(House { federation, keys, vault, admin: Arc::new(admin) })
}

/// The whole server.
pub struct Server {
    /// For the router.
    pub state: AppState,
    /// To be drained at shutdown.
    pub vault: Vault,
    /// For the set-up link.
    pub admin: Arc<Admin>,
    /// To be retired.
    pub keys: SigningKeys,
}

/// Puts the server together.
pub async fn server(config: &Config, base: &Base, sandbox: Option<&Sandbox>) -> Result<Server, Failure> {
    let assets = Manifest::embedded().map_err(|error| Failure::Start(error.to_string()))?;
    let House { federation, keys, vault, admin } = house(config, base, sandbox).await?;
    let oidc = Oidc::new(Parts {
        store: base.store.clone(),
        keyring: base.keyring.clone(),
        vault: vault.clone(),
        federation,
        clock: base.clock.clone(),
        rng: base.rng.clone(),
        issuer: Issuer::new(config.public_url.clone()),
        keys: keys.clone(),
    });
    let state = AppState::from(Shared {
        oidc,
        admin: admin.clone(),
        clock: base.clock.clone(),
        rng: base.rng.clone(),
        assets,
        sandbox: sandbox.is_some(),
        trusted_proxies: config.http.trusted_proxies.clone(),
        management: ManagementLimiter::new(
            ManagementLimits {
                requests_per_second: config.management.requests_per_second,
                burst: config.management.burst,
            },
            base.clock.clone(),
            base.store.clone(),
        ),
    });
    Ok(Server { state, vault, admin, keys })
}
