//! Who may register applications, and the tokens that let them (RFC 7591).

use coffer_contract::{
    ApiError,
    registration::{
        InitialTokenView, IssuedInitialToken, NewInitialToken, RegistrationMode, RegistrationPage,
        RegistrationSettings,
    },
};
use coffer_core::{audit::EventCode, ids::InitialTokenId, registration::InitialToken, rng::token};
use coffer_crypto::TokenHash;

use crate::{Editor, Signed, failure};

/// The setting's name in the store, as the authorization server reads it.
const SETTING: &str = "registration";
/// Begins every initial access token, so that one found where it should not be can be recognised.
const TOKEN_PREFIX: &str = "cfi_";
const DAY_SECONDS: i64 = 24 * 3600;

impl Signed {
    /// The setting, and what the page about it shows.
    pub async fn registration(&self) -> Result<RegistrationPage, ApiError> {
        let failed = |error| self.visit.store_failed(error);
        let (settings, version) = self.store().settings().get(SETTING).await.map_err(failed)?;
        let connections = self.store().connections().all().await.map_err(failed)?;
        let tokens = self.store().registrations().tokens(self.visit.now()).await.map_err(failed)?;
        Ok(RegistrationPage {
            settings,
            version,
            connections: connections.into_iter().map(|c| (c.id.to_string(), c.display_name)).collect(),
            tokens: tokens.into_iter().map(view).collect(),
            endpoint: format!("{}oidc/register", self.admin().issuer),
        })
    }
}

impl Editor {
    /// Changes the setting, unless it has changed since `version`. Returns the new version.
    pub async fn set_registration(
        &self,
        settings: RegistrationSettings,
        version: i64,
    ) -> Result<i64, ApiError> {
        let failed = |error| self.visit.store_failed(error);
        let settings = self.known_connections(tidied(settings)).await?;
        let fields = settings.validate();
        if !fields.is_empty() {
            return Err(ApiError::Invalid { fields });
        }
        let mode = match settings.mode {
            RegistrationMode::Off => "off",
            RegistrationMode::WithToken => "with an initial access token",
            RegistrationMode::Open => "open to everybody",
        };
        let documents = if settings.documents { "on" } else { "off" };
        let text =
            format!("Registration of applications is {mode}; client ID metadata documents are {documents}.");
        let event = self.event(EventCode::RegistrationChanged, text);
        self.store()
            .settings()
            .put(SETTING, &settings, version, self.visit.now(), event)
            .await
            .map_err(failed)
    }

    /// Leaves out connections that are gone.
    async fn known_connections(
        &self,
        mut settings: RegistrationSettings,
    ) -> Result<RegistrationSettings, ApiError> {
        let known = self.store().connections().all().await.map_err(|e| self.visit.store_failed(e))?;
        settings.connections.retain(|id| known.iter().any(|connection| connection.id.as_str() == id));
        Ok(settings)
    }

    /// Makes an initial access token. The answer is the only one that has it.
    pub async fn create_initial_token(&self, new: NewInitialToken) -> Result<IssuedInitialToken, ApiError> {
        let fields = new.validate();
        if !fields.is_empty() {
            return Err(ApiError::Invalid { fields });
        }
        let now = self.visit.now();
        let secret = format!("{TOKEN_PREFIX}{}", token(self.admin().rng.as_ref()));
        let kept = InitialToken {
            id: InitialTokenId::generate(self.admin().rng.as_ref()),
            name: new.name.trim().to_owned(),
            created_at: now,
            expires_at: now.plus_seconds(i64::from(new.days) * DAY_SECONDS),
            uses: 0,
        };
        let text = format!("The initial access token “{}” was created, for {} days.", kept.name, new.days);
        let event = self.event(EventCode::InitialTokenCreated, text);
        let added = self.store().registrations().add_token(&kept, &TokenHash::of(&secret), event).await;
        added.map_err(|e| self.visit.store_failed(e))?;
        Ok(IssuedInitialToken { token: secret })
    }

    /// Ends an initial access token. Applications that registered with it stay.
    pub async fn delete_initial_token(&self, id: &str) -> Result<(), ApiError> {
        let failed = |error| self.visit.store_failed(error);
        let tokens = self.store().registrations().tokens(self.visit.now()).await.map_err(failed)?;
        let found = tokens.into_iter().find(|token| token.id.as_str() == id);
        let token = found.ok_or_else(|| failure::not_found("initial access token"))?;
        let text = format!("The initial access token “{}” was deleted.", token.name);
        let event = self.event(EventCode::InitialTokenDeleted, text);
        let deleted = self.store().registrations().delete_token(&token.id, event).await.map_err(failed)?;
        if deleted { Ok(()) } else { Err(failure::not_found("initial access token")) }
    }
}

fn tidied(mut settings: RegistrationSettings) -> RegistrationSettings {
    let mut hosts: Vec<String> = settings
        .hosts
        .iter()
        .map(|host| host.trim().to_lowercase())
        .filter(|host| !host.is_empty())
        .collect();
    hosts.dedup();
    settings.hosts = hosts;
    settings
}

fn view(token: InitialToken) -> InitialTokenView {
    InitialTokenView {
        id: token.id.to_string(),
        name: token.name,
        created_at: token.created_at,
        expires_at: token.expires_at,
        uses: token.uses,
    }
}
