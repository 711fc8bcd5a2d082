//! Back-channel logout (OpenID Connect Back-Channel Logout 1.0): when a session ends, every application that
//! got tokens in it is told, by a signed logout token, in the background.

use std::time::Duration;

use coffer_core::{
    audit::{Actor, AuditEvent, EventCode},
    authorization::SignIn,
    client::Client,
    rng,
};
use coffer_federation::{Answer, OutboundError};
use coffer_store::Logout;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{Browser, Oidc, error::EndpointError, error::PageError};

/// The member of `events` that makes a JWT a logout token (section 2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Seconds that a logout token is good for: two minutes, as section 2.4 recommends.
const TOKEN_SECONDS: i64 = 120;
/// Logouts that are taken up at once.
const AT_ONCE: u64 = 50;
/// Pause between two looks for what is due.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// Seconds until the next attempt, after each one that failed.
const PAUSES: [i64; 6] = [10, 60, 300, 1800, 2 * 3600, 6 * 3600];

/// What came of an attempt.
enum Told {
    /// The application ended its session.
    Yes,
    /// It did not, and would not the next time.
    No(String),
    /// It could not be reached.
    NotYet(String),
}

impl Oidc {
    /// Ends the session of a sign-in, and has its applications told.
    pub(crate) async fn end_session(
        &self,
        sign_in: &SignIn,
        text: &str,
        browser: &Browser,
    ) -> Result<(), PageError> {
        let now = self.clock.now();
        let actor = Actor::User(sign_in.user_id.clone());
        let event = AuditEvent::new(now, EventCode::UserSignedOut, actor, text)
            .user(&sign_in.user_id)
            .from_ip(browser.ip.as_deref());
        self.store.logouts().end_session(&sign_in.session_id, now, event).await?;
        self.wake_herald();
        Ok(())
    }

    /// Has the applications told at once.
    pub(crate) fn wake_herald(&self) {
        self.to_tell.notify_one();
    }

    /// Tells applications until told to stop.
    pub async fn run_herald(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.tell_due().await {
                tracing::warn!(%error, "logouts could not be worked off");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.to_tell.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Tells those that are due. Returns how many were looked at.
    pub async fn tell_due(&self) -> Result<usize, EndpointError> {
        let logouts = self.store.logouts();
        let due = logouts.due(self.clock.now(), AT_ONCE).await?;
        let count = due.len();
        for logout in due {
            let attempt = usize::try_from(logout.attempts).unwrap_or(PAUSES.len());
            let pause = PAUSES.get(attempt).copied();
            let next = self.clock.now().plus_seconds(pause.unwrap_or(PAUSES[PAUSES.len() - 1]));
            if logouts.claim(&logout, next).await? {
                self.tell(&logout, pause.is_none()).await?;
            }
        }
        Ok(count)
    }

    async fn tell(&self, logout: &Logout, last: bool) -> Result<(), EndpointError> {
        let client = self.store.clients().get(&logout.client_id).await?;
        let address = client.as_ref().and_then(|client| client.backchannel_logout_uri.clone());
        let (Some(client), Some(address)) = (client, address) else {
            return Ok(self.store.logouts().finish(logout, None).await?);
        };
        let event = |code, text: String| {
            AuditEvent::new(self.clock.now(), code, Actor::System, text)
                .client(&client.id)
                .user(&logout.user_id)
        };
        let event = match self.send(&client, &address, logout).await? {
            Told::NotYet(reason) if !last => {
                tracing::info!(%reason, client = %client.id, "a logout is told again later");
                return Ok(());
            }
            Told::Yes => {
                event(EventCode::LogoutTold, format!("{} was told that a session ended.", client.name))
            }
            Told::No(reason) | Told::NotYet(reason) => {
                let text = format!("{} could not be told that a session ended: {reason}.", client.name);
                event(EventCode::LogoutNotTold, text)
            }
        };
        Ok(self.store.logouts().finish(logout, Some(event)).await?)
    }

    /// Posts a fresh logout token (section 2.5).
    async fn send(&self, client: &Client, address: &str, logout: &Logout) -> Result<Told, EndpointError> {
        let Ok(address) = Url::parse(address) else { return Ok(Told::No("its address is none".into())) };
        let token = self.logout_token(client, logout).await?;
        Ok(match self.federation.post_form(&address, &[("logout_token", &token)]).await {
            Ok(Answer { status: 200..=299, .. }) => Told::Yes,
            Ok(Answer { status: status @ (408 | 429 | 500..), .. }) => {
                Told::NotYet(format!("it answered with status {status}"))
            }
            Ok(Answer { status, .. }) => Told::No(format!("it answered with status {status}")),
            Err(error @ (OutboundError::NotHttps(_) | OutboundError::Private { .. })) => {
                Told::No(error.to_string())
            }
            Err(error) => Told::NotYet(error.to_string()),
        })
    }

    /// A logout token for `client` (section 2.4). It has no nonce, so that it can pass for no ID token.
    async fn logout_token(&self, client: &Client, logout: &Logout) -> Result<String, EndpointError> {
        let now = self.clock.now();
        let until = now.plus_seconds(TOKEN_SECONDS);
        let claims = json!({
            "iss": self.issuer.as_str(),
            "aud": client.id.as_str(),
            "sub": logout.user_id.as_str(),
            "sid": logout.session_id,
            "iat": now.seconds(),
            "exp": until.seconds(),
            "jti": rng::token(self.rng.as_ref()),
            "events": { EVENT: {} },
        });
        let inside = |error: &dyn std::fmt::Display| EndpointError::Inside(error.to_string());
        let key = self.keys.signing(client.id_token_alg, until).await.map_err(|e| inside(&e))?;
        key.sign_as("logout+jwt", &claims).map_err(|e| inside(&e))
    }
}
