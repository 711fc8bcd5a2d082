//! One request by somebody: setting up, signing in and out.

use std::sync::Arc;

use coffer_contract::{
    ApiError, Timestamp,
    administrator::{AdministratorView, Role, SetupState, validate_new_administrator, validate_password},
    second_factor::SignInStep,
};
use coffer_core::{
    administrator::Administrator,
    audit::{Actor, EventCode},
    ids::AdministratorId,
};
use coffer_crypto::{Secret, TokenHash};
use coffer_store::StoreError;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use crate::{Admin, Call, Signed, admin::normal_email, half_way::PASSWORD, throttle::Attempt};

/// A session ends this many seconds after the sign-in, used or not: 12 hours.
pub const SESSION_SECONDS: i64 = 12 * 3600;

const SESSION_KEY: &str = "administrator";

/// Checked for an e-mail address that nobody has, so that the answer takes as long. No password
/// leads to it: its hash part is not argon2's output for anything known.
pub(crate) const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ibw\
                                       $bm9ib2R5IGhhcyB0aGlzIHBhc3N3b3JkLCBldmVyISE";

/// One request: who it came from, as far as that is known, and its number in the log.
#[derive(Clone)]
pub struct Visit {
    pub(crate) call: Call,
    pub(crate) session: Session,
}

impl std::ops::Deref for Visit {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.call
    }
}

impl std::fmt::Debug for Visit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visit").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

/// What the session remembers.
#[derive(Serialize, Deserialize)]
struct SignInRecord {
    administrator: AdministratorId,
    at: Timestamp,
    /// Of the administrator's sessions: when theirs is a later one, this session has ended.
    #[serde(default)]
    generation: i64,
}

impl Visit {
    /// The request `request_id` from `ip` in this browser session.
    pub fn new(admin: Arc<Admin>, session: Session, ip: Option<String>, request_id: String) -> Self {
        Self { call: Call::new(admin, ip, request_id), session }
    }

    /// Whether there is an administrator yet, and whether this set-up link can make one.
    pub async fn setup_state(&self, token: &str) -> Result<SetupState, ApiError> {
        let store = &self.admin.store;
        let needs_setup = store.administrators().count().await.map_err(|e| self.store_failed(e))? == 0;
        let link_valid = needs_setup
            && store
                .setup_links()
                .is_valid(&TokenHash::of(token), self.now())
                .await
                .map_err(|e| self.store_failed(e))?;
        let connections = self.sign_in_connections().await?;
        Ok(SetupState { needs_setup, link_valid, passkeys: self.relying_party().is_some(), connections })
    }

    /// Makes the first administrator and signs them in. The link works once.
    pub async fn complete_setup(
        &self,
        token: &str,
        email: &str,
        password: Secret,
    ) -> Result<SignInStep, ApiError> {
        // The link first: without it nobody gets the server to hash anything.
        if !self.setup_state(token).await?.link_valid {
            return Err(link_invalid());
        }
        let email = normal_email(email);
        let fields = validate_new_administrator(&email, password.reveal());
        if !fields.is_empty() {
            return Err(ApiError::Invalid { fields });
        }
        let administrator = self.admin.new_administrator(email, Role::Owner);
        let hash = self.admin.hash(password).await.map_err(|e| self.failed(e))?;
        let event = self.event(
            EventCode::AdminCreated,
            actor(&administrator),
            format!("{} became the first administrator.", administrator.email),
        );
        let created = self
            .admin
            .store
            .administrators()
            .create_first(&administrator, &hash, &TokenHash::of(token), self.now(), event)
            .await
            .map_err(|e| self.store_failed(e))?;
        if !created {
            return Err(link_invalid());
        }
        self.enter(administrator, PASSWORD).await
    }

    /// Signs an administrator in, or brings them to where a second factor is asked for. Too many failures for the
    /// e-mail address or from the network address are refused for a while; an unknown e-mail address takes as long
    /// as a wrong password.
    pub async fn sign_in(&self, email: &str, password: Secret) -> Result<SignInStep, ApiError> {
        let email = normal_email(email);
        let attempt = self.attempt(&email).await?;
        let known =
            self.admin.store.administrators().by_email(&email).await.map_err(|e| self.store_failed(e))?;
        let (administrator, hash) = match known {
            Some((administrator, hash)) => (Some(administrator), hash),
            None => (None, NOBODYS_HASH.to_owned()),
        };
        let right = self.admin.verify(password, hash).await.map_err(|e| self.failed(e))?;
        let Some(administrator) = administrator.filter(|_| right) else {
            let name: String = email.chars().take(254).collect();
            let event = self.event(
                EventCode::AdminSignInFailed,
                Actor::Anonymous(name),
                "E-mail address or password was wrong.".to_owned(),
            );
            self.admin.store.audit().record(event).await.map_err(|e| self.store_failed(e))?;
            return Err(ApiError::field("password", "E-mail address or password is wrong."));
        };
        attempt.succeeded().await.map_err(|e| self.store_failed(e))?;
        self.enter(administrator, PASSWORD).await
    }

    /// Ends the session, if there is one.
    pub async fn sign_out(&self) -> Result<(), ApiError> {
        let signed = self.signed_in().await;
        self.session.flush().await.map_err(|e| self.failed(e))?;
        match signed {
            Ok(signed) => {
                let event = self.event(
                    EventCode::AdminSignedOut,
                    signed.actor.clone(),
                    format!("{} signed out.", signed.me().email),
                );
                self.admin.store.audit().record(event).await.map_err(|e| self.store_failed(e))
            }
            Err(ApiError::Unauthenticated) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The use cases, for a signed-in administrator whose session has not ended.
    pub async fn signed_in(&self) -> Result<Signed, ApiError> {
        let Some(record) = self.record().await? else { return Err(ApiError::Unauthenticated) };
        let administrator = if self.now() < record.at.plus_seconds(SESSION_SECONDS) {
            let administrators = self.admin.store.administrators();
            administrators.get(&record.administrator).await.map_err(|e| self.store_failed(e))?
        } else {
            None
        };
        match administrator.filter(|known| known.session_generation == record.generation) {
            Some(known) => Ok(Signed { visit: self.call.clone(), actor: actor(&known), role: known.role }),
            None => {
                self.session.flush().await.map_err(|e| self.failed(e))?;
                Err(ApiError::Unauthenticated)
            }
        }
    }

    /// Replaces one's own password, whoever one is. Every other session ends.
    pub async fn change_password(&self, current: Secret, new: Secret) -> Result<(), ApiError> {
        let signed = self.signed_in().await?;
        let (Some(record), email) = (self.record().await?, signed.me().email) else {
            return Err(ApiError::Unauthenticated);
        };
        if let Some(field) = validate_password("new_password", &email, new.reveal()) {
            return Err(ApiError::Invalid { fields: vec![field] });
        }
        if current == new {
            return Err(ApiError::field("new_password", "This is the password that you have."));
        }
        let known_hash = self.check_password(&email, current).await?;
        let administrators = self.admin.store.administrators();
        let hash = self.admin.hash(new).await.map_err(|e| self.failed(e))?;
        let text = format!("{email} changed their password.");
        let event = self.event(EventCode::AdminPasswordChanged, signed.actor.clone(), text);
        let changed = administrators.change_password(&record.administrator, &known_hash, &hash, event).await;
        let Some(generation) = changed.map_err(|e| self.store_failed(e))? else {
            let message = "Your password was changed meanwhile, elsewhere. Sign in with that one.".to_owned();
            return Err(ApiError::Conflict { message });
        };
        self.session.cycle_id().await.map_err(|e| self.failed(e))?;
        let record = SignInRecord { generation, ..record };
        self.session.insert(SESSION_KEY, record).await.map_err(|e| self.failed(e))
    }

    /// Checks one's own password before something that takes it, as slowly as at the sign-in. Returns its hash.
    pub(crate) async fn check_password(&self, email: &str, current: Secret) -> Result<String, ApiError> {
        let attempt = self.attempt(email).await?;
        let known = self.admin.store.administrators().by_email(email).await;
        let (_, hash) = known.map_err(|e| self.store_failed(e))?.ok_or(ApiError::Unauthenticated)?;
        if !self.admin.verify(current, hash.clone()).await.map_err(|e| self.failed(e))? {
            return Err(ApiError::field("current_password", "This is not your password."));
        }
        attempt.succeeded().await.map_err(|e| self.store_failed(e))?;
        Ok(hash)
    }

    async fn record(&self) -> Result<Option<SignInRecord>, ApiError> {
        self.session.get(SESSION_KEY).await.map_err(|e| self.failed(e))
    }

    /// Begins to check a password, unless too many were wrong.
    async fn attempt(&self, email: &str) -> Result<Attempt, ApiError> {
        let begun = Attempt::begin(&self.admin.store, email, self.ip.as_deref(), self.now()).await;
        self.admitted(begun)
    }

    /// The attempt, unless it is one too many.
    pub(crate) fn admitted(
        &self,
        begun: Result<Result<Attempt, ApiError>, StoreError>,
    ) -> Result<Attempt, ApiError> {
        begun
            .map_err(|e| self.store_failed(e))?
            .inspect_err(|_| tracing::warn!(request_id = %self.request_id, "sign-in attempts throttled"))
    }

    /// Ends the sign-in, whose factors were `with`. The session gets a new id, so that one planted before is worth
    /// nothing.
    pub(crate) async fn begin_session(
        &self,
        administrator: Administrator,
        with: &str,
    ) -> Result<AdministratorView, ApiError> {
        let at = self.now();
        let event = self.event(
            EventCode::AdminSignedIn,
            actor(&administrator),
            format!("{} signed in with {with}.", administrator.email),
        );
        self.admin
            .store
            .administrators()
            .signed_in(&administrator.id, at, event)
            .await
            .map_err(|e| self.store_failed(e))?;
        self.session.clear().await;
        self.session.cycle_id().await.map_err(|e| self.failed(e))?;
        let (view, generation) = (view(&administrator), administrator.session_generation);
        let record = SignInRecord { administrator: administrator.id, at, generation };
        self.session.insert(SESSION_KEY, record).await.map_err(|e| self.failed(e))?;
        Ok(view)
    }
}

pub(crate) fn view(administrator: &Administrator) -> AdministratorView {
    AdministratorView { email: administrator.email.clone(), role: administrator.role }
}

pub(crate) fn actor(administrator: &Administrator) -> Actor {
    Actor::Administrator(administrator.id.clone(), administrator.email.clone())
}

fn link_invalid() -> ApiError {
    ApiError::Forbidden {
        message: "This set-up link is not valid any more. Restart the server: while there is no \
                  administrator it prints a new link."
            .to_owned(),
    }
}
