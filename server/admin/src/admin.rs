//! What the use cases need, and those that no visitor calls.

use std::sync::Arc;

use coffer_audit::AuditLog;
use coffer_contract::{
    ApiError,
    administrator::{AdministratorView, Role, validate_new_administrator},
};
use coffer_core::{
    Clock, Rng,
    administrator::Administrator,
    audit::{Actor, AuditEvent, EventCode},
    ids::{AdministratorId, ClientId},
    rng::token,
};
use coffer_crypto::{KeptSecret, Keyring, Secret, TokenHash, password};
use coffer_federation::Federation;
use coffer_store::{Store, StoreError};
use coffer_vault::Vault;
use coffer_webhooks::Webhooks;
use tokio::task::JoinError;
use url::Url;

use crate::{Sandbox, failure};

/// How long a set-up link works, in seconds: one hour.
pub const SETUP_LINK_SECONDS: i64 = 3600;

/// The dashboard's use cases, shared by all visits.
#[derive(Clone)]
pub struct Admin {
    pub(crate) store: Store,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) federation: Arc<Federation>,
    pub(crate) vault: Vault,
    pub(crate) webhooks: Webhooks,
    pub(crate) audit_log: AuditLog,
    pub(crate) issuer: Url,
    pub(crate) sandbox: Option<Arc<dyn Sandbox>>,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").field("issuer", &self.issuer.as_str()).finish_non_exhaustive()
    }
}

impl Admin {
    /// Over this store. `issuer` is the public address with a slash at its end.
    pub fn new(
        store: Store,
        keyring: Arc<Keyring>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        federation: Arc<Federation>,
        vault: Vault,
        issuer: Url,
    ) -> Self {
        let webhooks =
            Webhooks::new(store.clone(), keyring.clone(), federation.clone(), clock.clone(), rng.clone());
        let audit_log = AuditLog::new(store.clone(), keyring.clone(), clock.clone(), rng.clone());
        Self { store, keyring, clock, rng, federation, vault, webhooks, audit_log, issuer, sandbox: None }
    }

    /// The same, with a sandbox beside it.
    #[must_use]
    pub fn with_sandbox(mut self, sandbox: Arc<dyn Sandbox>) -> Self {
        self.sandbox = Some(sandbox);
        self
    }

    /// The same over another view of the store, such as one transaction ([`coffer_store::Together`]).
    #[must_use]
    pub fn over(&self, store: Store) -> Self {
        Self { store, ..self.clone() }
    }

    /// The server's public address, with a slash at its end.
    pub fn issuer(&self) -> &Url {
        &self.issuer
    }

    /// What is kept of an application's secret.
    pub(crate) fn keep(&self, id: &ClientId, secret: &str) -> KeptSecret {
        KeptSecret::of(&self.keyring, self.rng.as_ref(), id, secret)
    }

    /// What delivers to webhooks.
    pub fn webhooks(&self) -> &Webhooks {
        &self.webhooks
    }

    /// The chain over the audit log.
    pub fn audit_log(&self) -> &AuditLog {
        &self.audit_log
    }

    /// A token for the set-up page, if there is no administrator yet. It replaces older ones and works
    /// once, within [`SETUP_LINK_SECONDS`].
    pub async fn new_setup_link(&self) -> Result<Option<String>, StoreError> {
        if self.store.administrators().count().await? > 0 {
            return Ok(None);
        }
        let token = token(self.rng.as_ref());
        let expires_at = self.clock.now().plus_seconds(SETUP_LINK_SECONDS);
        self.store.setup_links().replace(&TokenHash::of(&token), expires_at).await?;
        Ok(Some(token))
    }

    /// Adds an administrator from the command line.
    pub async fn create_administrator(
        &self,
        email: &str,
        password: Secret,
        role: Role,
    ) -> Result<AdministratorView, ApiError> {
        const REFERENCE: &str = "command line";
        let email = normal_email(email);
        let fields = validate_new_administrator(&email, password.reveal());
        if !fields.is_empty() {
            return Err(ApiError::Invalid { fields });
        }
        let administrator = self.new_administrator(email, role);
        let hash = self.hash(password).await.map_err(|error| failure::internal(REFERENCE, error))?;
        let event = AuditEvent::new(
            administrator.created_at,
            EventCode::AdminCreated,
            Actor::System,
            format!("{} was made {} from the command line.", administrator.email, role.with_article()),
        );
        self.store
            .administrators()
            .create(&administrator, &hash, event)
            .await
            .map_err(|error| failure::of_store(REFERENCE, error))?;
        Ok(AdministratorView { email: administrator.email, role })
    }

    pub(crate) fn new_administrator(&self, email: String, role: Role) -> Administrator {
        Administrator {
            id: AdministratorId::generate(self.rng.as_ref()),
            email,
            created_at: self.clock.now(),
            last_sign_in_at: None,
            role,
            session_generation: 0,
        }
    }

    /// Hashes a password off the async threads.
    pub(crate) async fn hash(&self, password: Secret) -> Result<String, JoinError> {
        let rng = Arc::clone(&self.rng);
        tokio::task::spawn_blocking(move || password::hash(&password, rng.as_ref())).await
    }

    /// Checks a password off the async threads.
    pub(crate) async fn verify(&self, password: Secret, hash: String) -> Result<bool, JoinError> {
        tokio::task::spawn_blocking(move || password::verify(&password, &hash)).await
    }
}

/// An e-mail address as it is stored and compared.
pub(crate) fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}
