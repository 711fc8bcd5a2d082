//! The sandbox provider: the stand-in called `sandbox`, alone on its listener, with Coffer as its one client.

use std::sync::Arc;

use coffer_core::{Clock, Rng, rng};
use coffer_crypto::Secret;
use coffer_providers::{Client, Config, Provider, Providers, StartError};
use url::Url;

/// Coffer's client id there.
const CLIENT_ID: &str = "coffer";

/// Seconds that its access tokens live: long enough to use one, short enough to wait for its end.
pub(crate) const ACCESS_SECONDS: i64 = 30;

/// The running provider.
pub(crate) struct SandboxProvider {
    providers: Providers,
    secret: Secret,
}

impl SandboxProvider {
    /// Starts it; `callback` is where it sends people back to Coffer, and to nowhere else.
    pub(crate) async fn start(
        port: u16,
        callback: &Url,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, StartError> {
        let (secret, nobody) = (rng::token(rng.as_ref()), rng::token(rng.as_ref()));
        let config = Config { port, control: false, providers: vec![Provider::Sandbox], clock, rng };
        let providers = Providers::start(config).await?;
        providers.change(Provider::Sandbox, |settings| {
            settings.access_seconds = Some(ACCESS_SECONDS);
            // The stand-in also takes clients that nobody registered, by this one secret. Here nobody knows it.
            settings.client_secret = nobody;
        });
        let client = Client { secret: Some(secret.clone()), redirect_uris: vec![callback.to_string()] };
        providers.register(Provider::Sandbox, CLIENT_ID, client);
        Ok(Self { providers, secret: Secret::new(secret) })
    }

    pub(crate) fn providers(&self) -> &Providers {
        &self.providers
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/{}", self.providers.base(), Provider::Sandbox.host())
    }

    pub(crate) fn client(&self) -> (String, Secret) {
        (CLIENT_ID.to_owned(), self.secret.clone())
    }

    pub(crate) fn stop(&self) {
        self.providers.stop();
    }
}
