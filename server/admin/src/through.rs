//! Signing administrators in through a connection, with an account at its provider that they linked to theirs.
//!
//! The browser's trip there and back belongs to the dashboard's session that began it: its secret is known to that
//! session alone, and who comes back without it is nobody. Whom the provider names is looked up among the linked
//! accounts by the id that the account has there, never by an e-mail address.

use coffer_contract::{
    ApiError, Timestamp, administrator::SignInConnection, catalogue::ConnectionGroup,
    second_factor::SignInStep,
};
use coffer_core::{
    administrator::{AccountThere, LinkedAccount},
    audit::{Actor, EventCode},
    authorization::UPSTREAM_SECONDS,
    connection::Connection,
    ids::{AdministratorId, ConnectionId, LinkedAccountId},
    rng,
};
use coffer_crypto::TokenHash;
use serde::{Deserialize, Serialize};

use crate::{Call, Visit};

const TRIP_KEY: &str = "through";

/// What somebody goes to a provider for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Errand {
    /// To sign in, and to go on to this page.
    SignIn { return_to: String },
    /// To link their account there to theirs here.
    Link { administrator: AdministratorId },
}

/// What the session remembers of a trip.
#[derive(Serialize, Deserialize)]
struct Trip {
    connection: ConnectionId,
    errand: Errand,
    secret: String,
    at: Timestamp,
}

/// A trip that is about to begin.
#[derive(Debug)]
pub struct Departure {
    /// Where it goes.
    pub connection: Connection,
    /// What binds it to the browser.
    pub browser: TokenHash,
}

/// Where a trip ended.
#[derive(Debug)]
pub enum Arrival {
    /// The account is somebody's: the sign-in goes on, and then to the page `return_to`.
    SignIn {
        /// What comes next.
        step: SignInStep,
        /// A page of the dashboard, as the browser named it.
        return_to: String,
    },
    /// Nobody is signed in.
    NotSignedIn(NotIn),
    /// The account is linked now.
    Linked,
    /// It is not.
    NotLinked(NotIn),
}

/// Why a trip was in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotIn {
    /// The provider, or what it answered, was not as it must be; or the person declined there.
    Provider,
    /// Nobody here linked the account.
    Unknown,
    /// Somebody else here linked it.
    Taken,
    /// It took too long, or whoever began it is not signed in any more, or the connection is not for
    /// administrators any more.
    Ended,
}

impl Call {
    /// Whether administrators may sign in through the connection.
    fn admits(&self, connection: &Connection) -> bool {
        let entry = self.admin.federation.catalogue().get(&connection.strategy);
        let enterprise = entry.is_some_and(|entry| entry.group() == ConnectionGroup::Enterprise);
        connection.options.administrator_sign_in && enterprise
    }

    /// Connections that somebody linked an account of, and through which administrators may sign in.
    pub(crate) async fn sign_in_connections(&self) -> Result<Vec<SignInConnection>, ApiError> {
        let linked = self.admin.store.linked_accounts().connections().await;
        Ok(self.admitting_ones(linked.map_err(|e| self.store_failed(e))?))
    }

    /// Those of these through which administrators may sign in.
    pub(crate) fn admitting_ones(&self, connections: Vec<Connection>) -> Vec<SignInConnection> {
        let admitting = connections.into_iter().filter(|connection| self.admits(connection));
        admitting.map(|c| SignInConnection { name: c.name, display_name: c.display_name }).collect()
    }
}

impl Visit {
    /// Begins to sign in through the connection of this name.
    pub async fn begin_sign_in_through(&self, name: &str, return_to: &str) -> Result<(), ApiError> {
        let return_to = return_to.chars().take(2000).collect();
        self.begin_trip(name, Errand::SignIn { return_to }).await
    }

    pub(crate) async fn begin_trip(&self, name: &str, errand: Errand) -> Result<(), ApiError> {
        let found = self.admin.store.connections().by_name(name).await;
        let found = found.map_err(|e| self.store_failed(e))?;
        let connection = found.filter(|connection| self.admits(connection)).ok_or_else(not_open)?;
        let secret = rng::token(self.admin.rng.as_ref());
        let trip = Trip { connection: connection.id, errand, secret, at: self.now() };
        self.session.insert(TRIP_KEY, trip).await.map_err(|e| self.failed(e))
    }

    /// The trip that this browser is about to begin, if it is.
    pub async fn departure(&self) -> Result<Option<Departure>, ApiError> {
        let Some(trip) = self.trip().await? else { return Ok(None) };
        let found = self.admin.store.connections().get(&trip.connection).await;
        let admitting = found.map_err(|e| self.store_failed(e))?.filter(|connection| self.admits(connection));
        Ok(admitting.map(|connection| Departure { connection, browser: TokenHash::of(&trip.secret) }))
    }

    /// What binds the trip that this browser is on, if it is on one.
    pub async fn awaited(&self) -> Result<Option<TokenHash>, ApiError> {
        Ok(self.trip().await?.map(|trip| TokenHash::of(&trip.secret)))
    }

    /// The browser came back from `connection`, with whom its provider named, or why it named nobody.
    pub async fn arrive(
        &self,
        connection: &ConnectionId,
        outcome: Result<AccountThere, String>,
    ) -> Result<Arrival, ApiError> {
        let trip = self.trip().await?.filter(|trip| trip.connection == *connection);
        self.session.remove::<Trip>(TRIP_KEY).await.map_err(|e| self.failed(e))?;
        self.session.save().await.map_err(|e| self.failed(e))?;
        let Some(trip) = trip else { return Ok(Arrival::NotSignedIn(NotIn::Ended)) };
        let found = self.admin.store.connections().get(connection).await;
        let admitting = found.map_err(|e| self.store_failed(e))?.filter(|connection| self.admits(connection));
        match (trip.errand, admitting) {
            (Errand::SignIn { return_to }, Some(connection)) => {
                self.enter_through(&connection, outcome, return_to).await
            }
            (Errand::Link { administrator }, Some(connection)) => {
                self.link(&connection, outcome, &administrator).await
            }
            (Errand::SignIn { .. }, None) => Ok(Arrival::NotSignedIn(NotIn::Ended)),
            (Errand::Link { .. }, None) => Ok(Arrival::NotLinked(NotIn::Ended)),
        }
    }

    async fn enter_through(
        &self,
        connection: &Connection,
        outcome: Result<AccountThere, String>,
        return_to: String,
    ) -> Result<Arrival, ApiError> {
        let failed = |text: String| {
            let event = self.event(EventCode::AdminSignInFailed, Actor::Anonymous(String::new()), text);
            event.connection(&connection.name)
        };
        let accounts = self.admin.store.linked_accounts();
        let (event, why) = match outcome {
            Err(error) => {
                let text = format!("Sign-in through {} failed: {error}", connection.display_name);
                (failed(text), NotIn::Provider)
            }
            Ok(there) => {
                let known = accounts.find(&connection.id, &there.provider_user_id).await;
                match known.map_err(|e| self.store_failed(e))? {
                    Some(account) => return self.enter_with(connection, &account, &there, return_to).await,
                    None => {
                        let text = format!(
                            "Nobody here has linked the account that signed in through {}.",
                            connection.display_name
                        );
                        (failed(text), NotIn::Unknown)
                    }
                }
            }
        };
        self.admin.store.audit().append(&[event]).await.map_err(|e| self.store_failed(e))?;
        Ok(Arrival::NotSignedIn(why))
    }

    async fn enter_with(
        &self,
        connection: &Connection,
        account: &LinkedAccount,
        there: &AccountThere,
        return_to: String,
    ) -> Result<Arrival, ApiError> {
        let administrators = self.admin.store.administrators();
        let known = administrators.get(&account.administrator).await.map_err(|e| self.store_failed(e))?;
        let known = known.ok_or(ApiError::Unauthenticated)?;
        let used = self.admin.store.linked_accounts();
        used.used(&account.id, there.label.as_deref(), self.now()).await.map_err(|e| self.store_failed(e))?;
        let step = self.enter(known, &format!("an account through {}", connection.display_name)).await?;
        Ok(Arrival::SignIn { step, return_to })
    }

    async fn link(
        &self,
        connection: &Connection,
        outcome: Result<AccountThere, String>,
        administrator: &AdministratorId,
    ) -> Result<Arrival, ApiError> {
        let me = match self.myself().await {
            Ok(me) if me.id == *administrator => me,
            Ok(_) | Err(ApiError::Unauthenticated) => return Ok(Arrival::NotLinked(NotIn::Ended)),
            Err(error) => return Err(error),
        };
        let Ok(there) = outcome.inspect_err(|error| {
            tracing::warn!(connection = %connection.name, %error, "an administrator's account was not linked");
        }) else {
            return Ok(Arrival::NotLinked(NotIn::Provider));
        };
        let accounts = self.admin.store.linked_accounts();
        let known = accounts.find(&connection.id, &there.provider_user_id).await;
        match known.map_err(|e| self.store_failed(e))? {
            Some(account) if account.administrator == me.id => return Ok(Arrival::Linked),
            Some(_) => return Ok(Arrival::NotLinked(NotIn::Taken)),
            None => {}
        }
        let account = LinkedAccount {
            id: LinkedAccountId::generate(self.admin.rng.as_ref()),
            administrator: me.id.clone(),
            connection: connection.id.clone(),
            provider_user_id: there.provider_user_id,
            label: there.label,
            created_at: self.now(),
            last_used_at: None,
        };
        let called = account.label.as_deref().unwrap_or(&account.provider_user_id);
        let text = format!("{} linked the account {called} of {}.", me.email, connection.display_name);
        let event = self.event(EventCode::AdminAccountLinked, crate::visit::actor(&me), text);
        match accounts.link(&account, event.connection(&connection.name)).await {
            Ok(()) => Ok(Arrival::Linked),
            Err(coffer_store::StoreError::Conflict { what: "linked account" }) => {
                Ok(Arrival::NotLinked(NotIn::Taken))
            }
            Err(error) => Err(self.store_failed(error)),
        }
    }

    async fn trip(&self) -> Result<Option<Trip>, ApiError> {
        let found: Option<Trip> = self.session.get(TRIP_KEY).await.map_err(|e| self.failed(e))?;
        Ok(found.filter(|trip| self.now() < trip.at.plus_seconds(UPSTREAM_SECONDS)))
    }
}

/// Administrators do not sign in through it, or not any more.
fn not_open() -> ApiError {
    ApiError::Forbidden {
        message: "Administrators cannot sign in through this connection. Choose another way.".to_owned(),
    }
}
