//! `SIGHUP`: the operator says that files are new.

/// Takes the signal. Where there is none, files are looked at again by the clock alone.
#[cfg(unix)]
pub struct Told(tokio::signal::unix::Signal);

#[cfg(unix)]
impl Told {
    /// Takes the signal from now on.
    pub fn new() -> std::io::Result<Self> {
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).map(Self)
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// Takes the signal. Where there is none, files are looked at again by the clock alone.
#[cfg(not(unix))]
pub struct Told;

#[cfg(not(unix))]
impl Told {
    /// Takes nothing.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    /// Waits for ever.
    pub async fn next(&mut self) {
        std::future::pending::<()>().await;
    }
}
