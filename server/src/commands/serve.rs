//! `coffer serve`

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use coffer_audit::AuditLog;
use coffer_http::router;
use coffer_store::Held;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{Failure, say};
use crate::{
    config::Config,
    gate::Gate,
    keeper::Keeper,
    metrics, sandbox, serving,
    tls::Certificate,
    wiring::{self, Base},
};

/// Pause between two clean-ups of what expired.
const TIDY_EVERY: Duration = Duration::from_secs(600);
/// Pause before a key service is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// Longest time that requests under way may take once the server is told to stop.
const DRAIN: Duration = Duration::from_secs(30);

pub(super) async fn run(config: &Config, with_sandbox: bool) -> Result<(), Failure> {
    // First of all: a second server by mistake must not touch the database.
    let listener = bind("listen", config.listen).await?;
    let metrics = match config.metrics.listen {
        Some(address) => Some((bind("metrics.listen", address).await?, metrics::install()?)),
        None => None,
    };
    let certificate = Certificate::load(&config.tls)?;
    // Before it says that it is there: a signal right after that must not cut it off.
    let told = told_to_stop().map_err(|error| Failure::Start(format!("cannot take signals: {error}")))?;
    let stop = CancellationToken::new();
    let mut told = pin!(told);
    let mut door = Door { listener: Some((listener, certificate)), gate: Gate::default(), serving: None };
    let Some((base, alone)) = base(config, &mut door, &stop, told.as_mut()).await? else { return Ok(()) };
    let sandbox = match with_sandbox {
        true => Some(sandbox::start(config, &base).await?),
        false => None,
    };
    let server = wiring::server(config, &base, sandbox.as_ref()).await?;
    alone.end().await?;
    server.admin.renew_sandbox().await?;
    say(format_args!("Coffer is at {}", config.public_url));
    if let Some(sandbox) = &sandbox {
        say(format_args!("The sandbox's example agent is at {}", sandbox.agent_url()));
    }
    if let Some(token) = server.admin.new_setup_link().await? {
        say(format_args!(
            "\nSet up the first administrator (this link works once, for an hour):\n  {}console/setup?token={token}\n",
            config.public_url
        ));
    }
    let base = Arc::new(base);
    let keeper = Keeper::start(base.clone(), server.keys.clone()).await?;
    let keeper = tokio::spawn(keeper.run(stop.clone()));
    let audit_log = server.admin.audit_log().clone();
    let keep_days = config.audit.keep_days.map(NonZeroU32::get);
    let background = tokio::spawn(maintain(base, audit_log.clone(), keep_days, stop.clone()));
    let sealer = tokio::spawn({
        let (log, stop) = (audit_log.clone(), stop.clone());
        async move { log.run(stop).await }
    });
    let revoker = tokio::spawn({
        let (vault, stop) = (server.vault.clone(), stop.clone());
        async move { vault.run_revoker(stop).await }
    });
    let messenger = tokio::spawn({
        let (webhooks, stop) = (server.admin.webhooks().clone(), stop.clone());
        async move { webhooks.run(stop).await }
    });
    let herald = tokio::spawn({
        let (state, stop) = (server.state.clone(), stop.clone());
        async move { state.oidc.run_herald(stop).await }
    });
    let measured = metrics.map(|(listener, handle)| {
        let stop = stop.clone();
        tokio::spawn(metrics::serve(listener, handle, stop))
    });
    door.open(router(server.state), &stop);
    told.await;
    tracing::info!("stopping: requests under way are finished first");
    stop.cancel();
    if let Some(sandbox) = sandbox {
        sandbox.stop();
    }
    if tokio::time::timeout(DRAIN, door.closed()).await.is_err() {
        tracing::warn!("some requests took too long and were cut off");
    }
    // A provider's answer that is on its way may hold a rotated token: it is written before the end.
    server.vault.drain().await;
    let _ = tokio::join!(background, keeper, revoker, messenger, herald, sealer);
    // After everybody who writes events.
    if let Err(error) = audit_log.seal().await {
        tracing::error!(%error, "the last audit events were not sealed; the next start does it");
    }
    if let Some(measured) = measured {
        let _ = measured.await;
    }
    Ok(())
}

/// Where requests come in: at a gate while the server waits, or at the whole server.
struct Door {
    listener: Option<(TcpListener, Option<Certificate>)>,
    gate: Gate,
    serving: Option<JoinHandle<io::Result<()>>>,
}

impl Door {
    fn serve(&mut self, router: Router, stop: &CancellationToken) {
        if let Some((listener, certificate)) = self.listener.take() {
            self.serving = Some(tokio::spawn(serving::run(listener, certificate, router, stop.clone())));
        }
    }

    fn open(&mut self, router: Router, stop: &CancellationToken) {
        self.gate.open(router.clone());
        self.serve(router, stop);
    }

    async fn closed(self) {
        if let Some(serving) = self.serving {
            _ = serving.await;
        }
    }
}

/// Database and keys. Waits for a key service that does not answer, and says so at the door. Nothing where the server is
/// told to stop meanwhile: while it waits, that is; a migration is not broken off.
async fn base(
    config: &Config,
    door: &mut Door,
    stop: &CancellationToken,
    mut told: Pin<&mut impl Future<Output = ()>>,
) -> Result<Option<(Base, Held)>, Failure> {
    let (store, _) = wiring::database(config).await?;
    let mut complained = None;
    loop {
        match wiring::starting(config, store.clone()).await {
            Err(Failure::ServiceKeys(error)) if error.is_transient() => {
                let complaint = error.to_string();
                if complained.as_ref() != Some(&complaint) {
                    tracing::error!(%error, "waiting for the key service, which must unwrap the keys first");
                    complained = Some(complaint);
                }
                door.serve(door.gate.router(), stop);
                tokio::select! {
                    () = &mut told => return Ok(None),
                    () = tokio::time::sleep(ASK_AGAIN) => {}
                }
            }
            outcome => return outcome.map(Some),
        }
    }
}

async fn bind(setting: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::Start(format!(
            "cannot listen on {address}: {error}. Stop what uses the port, or set {setting} to another"
        ))
    })
}

/// Removes what expired.
async fn maintain(base: Arc<Base>, audit_log: AuditLog, keep_days: Option<u32>, stop: CancellationToken) {
    loop {
        match base.store.delete_expired(base.clock.now()).await {
            Ok(count) => tracing::debug!(count, "expired rows were removed"),
            Err(error) => tracing::warn!(%error, "expired rows could not be removed"),
        }
        if let Some(days) = keep_days {
            match audit_log.prune(days).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, days, "old audit events were deleted"),
                Err(error) => tracing::error!(%error, "old audit events could not be deleted"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(TIDY_EVERY) => {}
        }
    }
}

/// Takes the signals from now on; what comes back ends with the first of them.
#[cfg(unix)]
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    })
}

#[cfg(not(unix))]
fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
