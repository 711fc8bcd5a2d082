//! Trying a connection: an administrator signs in through it in a new window, and the dashboard shows
//! what came of it. Nobody becomes a user by it, and nothing of the provider's is kept.

use coffer_contract::connection::{MappedProfile, TryResult};
use coffer_core::{
    Scopes,
    audit::{Actor, AuditEvent, EventCode},
    connection::Connection,
};
use coffer_crypto::TokenHash;
use coffer_federation::{SignedIn, UpstreamError};
use url::Url;

use crate::{
    Browser, Oidc,
    error::PageError,
    trip::{DepartError, Errand, Return, Trip, TripError},
};

impl Oidc {
    /// The new window: on to the provider. `None` when the trip could not begin, which the dashboard shows.
    pub async fn open_try(&self, handle: &str, browser: &Browser) -> Result<Option<Url>, PageError> {
        let hash = TokenHash::of(handle);
        let (id, result) = self.store.tries().get(&hash, self.clock.now()).await?.ok_or(PageError::Gone)?;
        if result != TryResult::Waiting {
            return Err(PageError::Gone);
        }
        let connection = self.store.connections().get(&id).await?.ok_or(PageError::Gone)?;
        let trip = Trip {
            connection: &connection,
            errand: Errand::Try { handle: handle.to_owned() },
            scopes: self.federation.scopes_for(&connection, &Scopes::default()),
            login_hint: None,
            prompt: None,
        };
        match self.depart(trip, browser).await {
            Ok(url) => Ok(Some(url)),
            Err(DepartError::Page(error)) => Err(error),
            Err(DepartError::Upstream(error)) => {
                let result = self.explain(&connection, &error.into());
                self.finish_try(handle, &connection, result).await?;
                Ok(None)
            }
        }
    }

    /// The provider sent the window back. True when the connection works.
    pub(crate) async fn back_from_try(&self, handle: &str, back: Return) -> Result<bool, PageError> {
        let Return { connection, asked, outcome, .. } = back;
        let result = match outcome {
            Ok(signed_in) => worked(&connection, signed_in, &asked),
            Err(error) => self.explain(&connection, &error),
        };
        let works = matches!(result, TryResult::Worked { .. });
        self.finish_try(handle, &connection, result).await?;
        Ok(works)
    }

    async fn finish_try(
        &self,
        handle: &str,
        connection: &Connection,
        result: TryResult,
    ) -> Result<(), PageError> {
        let (code, text) = match &result {
            TryResult::Failed { error, .. } => (
                EventCode::ConnectionTryFailed,
                format!("Trying {} failed: {error}", connection.display_name),
            ),
            TryResult::Worked { .. } | TryResult::Waiting => (
                EventCode::ConnectionTried,
                format!("Signed in through {} to try it.", connection.display_name),
            ),
        };
        let actor = Actor::Anonymous("an administrator".into());
        let event = AuditEvent::new(self.clock.now(), code, actor, text).connection(&connection.name);
        match self.store.tries().finish(&TokenHash::of(handle), &result, event).await? {
            true => Ok(()),
            false => Err(PageError::Gone),
        }
    }

    /// The provider's own words, and what to change.
    fn explain(&self, connection: &Connection, error: &TripError) -> TryResult {
        let callback = self.issuer.callback_of(connection);
        TryResult::Failed { error: error.to_string(), advice: advice(connection, error, &callback) }
    }
}

/// What came of a sign-in that worked, with what may still be missing.
fn worked(connection: &Connection, signed_in: SignedIn, asked: &Scopes) -> TryResult {
    let SignedIn { tokens, provider_user_id, profile } = signed_in;
    let granted = tokens.scopes.unwrap_or_else(|| asked.clone());
    let missing: Vec<String> =
        connection.scopes.iter().filter(|scope| !granted.contains(scope)).map(str::to_owned).collect();
    let lasting = tokens.expires_in.is_none();
    let advice = if connection.vault_enabled && tokens.refresh_token.is_none() && !lasting {
        Some(
            "No refresh token came, so the vault can use an account only until its access token ends. Allow \
             offline access for the client at the provider, and ask for the scope or parameter that brings a \
             refresh token."
                .to_owned(),
        )
    } else if !missing.is_empty() {
        Some(
            "The provider did not grant every scope. Allow the missing ones for the client at the provider, or \
             remove them here."
                .to_owned(),
        )
    } else {
        None
    };
    TryResult::Worked {
        profile: Box::new(MappedProfile {
            id: provider_user_id,
            name: profile.name,
            nickname: profile.nickname,
            picture: profile.picture,
            email: profile.email,
            email_verified: profile.email_verified,
        }),
        missing,
        granted: granted.to_vec(),
        access_seconds: tokens.expires_in,
        refresh_token: tokens.refresh_token.is_some(),
        refresh_seconds: tokens.refresh_expires_in,
        advice,
    }
}

/// What to change, by the error that the provider or Coffer named.
fn advice(connection: &Connection, error: &TripError, callback_url: &str) -> String {
    let said = error.to_string().to_lowercase();
    if said.contains("redirect") {
        return format!("Register exactly this callback URL at the provider: {callback_url}");
    }
    match error.code() {
        Some("invalid_client" | "unauthorized_client" | "incorrect_client_credentials" | "bad_client_secret") => {
            "The provider does not accept client id and secret. Copy both again from its console, and look at \
             the client authentication if there is a choice."
                .into()
        }
        Some("invalid_scope" | "invalid_scope_requested") => format!(
            "The provider does not know, or does not allow, one of the scopes: {}. Allow them for the client at \
             the provider, or remove them here.",
            connection.scopes
        ),
        Some("access_denied" | "consent_required" | "interaction_required") => {
            "The provider refused, or you declined. Some providers need an administrator of theirs to approve the \
             client first."
                .into()
        }
        Some("invalid_grant") => {
            "The provider does not take the code it has just issued. Look at the token URL, and whether the \
             clock of this machine is right."
                .into()
        }
        Some(_) => "Look the error up in the provider's guide; it comes from there.".into(),
        None => match error {
            TripError::Upstream(UpstreamError::Outbound(_) | UpstreamError::Discovery(_)) => {
                "This server could not reach the provider. Look at the addresses here, and at what the operator \
                 allows under outbound."
                    .into()
            }
            TripError::Upstream(UpstreamError::IdToken(_)) => {
                "The provider's ID token does not hold. Look at the client id and, where there is one, the \
                 discovery URL or tenant."
                    .into()
            }
            TripError::Upstream(UpstreamError::Answer(_)) => {
                "Look at the token and user-info URLs, and at where the profile is found in the answer.".into()
            }
            _ => "Look at the connection's settings.".into(),
        },
    }
}
