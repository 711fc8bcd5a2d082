//! The database: private SeaORM entities, and repositories that speak the domain's types.
//!
//! A change and its audit event are written in one transaction. Nothing here has a key: sealed values
//! come in and go out sealed, tokens come in as hashes.

mod administrators;
mod api_references;
mod apis;
mod audit;
mod batch;
mod chain;
mod client_grants;
mod clients;
mod codes;
mod connect;
mod connect_sessions;
mod connection_metadata;
mod connections;
mod consents;
mod copy;
mod db;
mod deliveries;
mod devices;
mod enablements;
mod entity;
mod error;
mod expiry;
mod group;
mod idempotency;
mod interactions;
mod invitations;
mod key_holders;
mod linked_accounts;
mod logouts;
mod matching;
mod outbox;
mod passkeys;
mod pushed_requests;
mod rate_limits;
mod ready;
mod registrations;
mod releases;
mod replays;
mod revocations;
mod rotations;
mod row;
mod seals;
mod search;
mod second_factors;
mod selections;
mod sessions;
mod settings;
mod setup_links;
mod signing_keys;
mod span;
mod statistics;
#[cfg(any(test, feature = "test-util"))]
mod temporary;
#[cfg(test)]
mod tests;
mod throttles;
mod together;
mod token_sets;
mod tokens;
mod tries;
mod trouble;
mod turns;
mod upstream_logins;
mod users;
mod webhooks;
mod wrapped_keys;

use std::sync::Arc;

use batch::Batches;
use coffer_core::Timestamp;
use coffer_migrations::{Migrator, MigratorTrait as _};
use db::Db;
use group::Groups;
use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions,
};
use turns::Turn;

pub use administrators::Administrators;
pub use apis::Apis;
pub use audit::{Audit, LogField};
pub use chain::{Chain, ChainHead, ChainLink, StoredEvent};
pub use client_grants::{ClientGrantFilter, ClientGrants};
pub use clients::Clients;
pub use codes::Codes;
pub use connect::{is_server, without_password};
pub use connect_sessions::{ConnectSessions, FoundSession};
pub use connections::Connections;
pub use consents::Consents;
pub use copy::{Claim, sqlite_file};
pub use deliveries::Deliveries;
pub use devices::Devices;
pub use error::StoreError;
pub use idempotency::{FirstAnswer, IdempotentAnswers, idempotent_row};
pub use interactions::Interactions;
pub use invitations::Invitations;
pub use key_holders::{KeyHolder, KeyHolders};
pub use linked_accounts::LinkedAccounts;
pub use logouts::{Logout, Logouts};
pub use matching::Match;
pub use passkeys::StoredPasskey;
pub use pushed_requests::PushedRequests;
pub use rate_limits::{Bucket, RateLimits};
pub use registrations::{NewRegistration, Registrations};
pub use releases::{Again, Basis, Releases};
pub use replays::Replays;
pub use revocations::{Revocation, Revocations};
pub use rotations::Rotation;
pub use seals::{SealedRow, Seals};
pub use second_factors::{SecondFactors, StoredAuthenticator};
pub use selections::{ClientFilter, ConnectionFilter, Consent, UserField, UserOrder};
pub use sessions::Sessions;
pub use settings::Settings;
pub use setup_links::SetupLinks;
pub use signing_keys::{SigningKeys, StoredSigningKey};
pub use span::{Listed, Span, Start};
pub use statistics::{Counts, Statistics};
#[cfg(any(test, feature = "test-util"))]
pub use temporary::Scratch;
pub use throttles::Throttles;
pub use together::Together;
pub use token_sets::TokenSets;
pub use tokens::Tokens;
pub use tries::Tries;
pub use trouble::Trouble;
pub use turns::Held;
pub use upstream_logins::UpstreamLogins;
pub use users::Users;
pub use webhooks::Webhooks;
pub use wrapped_keys::{StoredKey, WrappedKeys};

/// The database. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// For transactions and changes.
    write: Db,
    /// For reading.
    read: Db,
    /// Reads that are made together.
    batches: Batches,
    /// Changes that are made together.
    groups: Groups,
    #[cfg(any(test, feature = "test-util"))]
    _directory: Option<tempfile::TempDir>,
}

macro_rules! repositories {
    ($($(#[$doc:meta])* $name:ident $type:ident)*) => {
        impl Store {
            $($(#[$doc])* pub fn $name(&self) -> $type { $type(self.clone()) })*
        }
    };
}

repositories! {
    /// Administrators of the dashboard.
    administrators Administrators
    /// Invitations to become an administrator.
    invitations Invitations
    /// Second factors of administrators.
    second_factors SecondFactors
    /// Accounts at providers with which administrators sign in.
    linked_accounts LinkedAccounts
    /// Links that make the first administrator.
    setup_links SetupLinks
    /// Counted failures.
    throttles Throttles
    /// Rate limits that the nodes share.
    rate_limits RateLimits
    /// Connections, and which application may use them.
    connections Connections
    /// Applications.
    clients Clients
    /// APIs.
    apis Apis
    /// What applications may do at APIs.
    client_grants ClientGrants
    /// Applications that registered themselves.
    registrations Registrations
    /// Statements that came already.
    replays Replays
    /// First answers to requests that may come again.
    idempotent_answers IdempotentAnswers
    /// Settings of the whole server.
    settings Settings
    /// End users.
    users Users
    /// What users granted to applications.
    consents Consents
    /// Authorization requests on their way.
    interactions Interactions
    /// Users on their way to a provider and back.
    upstream_logins UpstreamLogins
    /// Applications asking their users to connect accounts.
    connect_sessions ConnectSessions
    /// Results of trying connections.
    tries Tries
    /// Devices that wait for a person.
    devices Devices
    /// Pushed authorization requests.
    pushed_requests PushedRequests
    /// Applications to be told that a session ended.
    logouts Logouts
    /// Tokens to be revoked at their providers.
    revocations Revocations
    /// Addresses that are told what happened.
    webhooks Webhooks
    /// What is told to them.
    deliveries Deliveries
    /// Numbers for the Overview page.
    statistics Statistics
    /// Authorization codes.
    codes Codes
    /// Tokens of this server.
    tokens Tokens
    /// The vault's token sets.
    token_sets TokenSets
    /// Signing keys of ID tokens.
    signing_keys SigningKeys
    /// Running servers, and the key-encryption keys that each has.
    key_holders KeyHolders
    /// Key-encryption keys that a key service wrapped.
    wrapped_keys WrappedKeys
    /// Releases of providers' tokens.
    releases Releases
    /// The audit log.
    audit Audit
    /// The chain over the audit log.
    chain Chain
    /// Every sealed value, for rotating the keys they are sealed with.
    seals Seals
}

impl Store {
    /// Opens the database at `url`: `sqlite:path/to/file.db`, where file and directory are made if missing, or
    /// `postgres://user@host/database`, to which at most `connections` are opened.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        let connect::Opened { write, read } = connect::open(url, connections).await?;
        Ok(Self(Arc::new(Inner {
            write: Db::Pool(write),
            read: Db::Pool(read),
            batches: Batches::default(),
            groups: Groups::default(),
            #[cfg(any(test, feature = "test-util"))]
            _directory: None,
        })))
    }

    /// Brings the schema up to date. Nodes that start at the same time do it one after the other.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let turn = turns::wait(self, Turn::Migration).await?;
        Migrator::up(self.0.write.pool()?, None).await?;
        turn.end().await
    }

    /// Waits until no other node is starting for the first time. The turn ends with the value.
    pub async fn start_alone(&self) -> Result<Held, StoreError> {
        turns::wait(self, Turn::First).await
    }

    /// How many steps the schema is behind.
    pub async fn pending_migrations(&self) -> Result<usize, StoreError> {
        Ok(Migrator::get_pending_migrations_read_only(self.0.read.pool()?).await?.len())
    }

    /// Whether other nodes may use the database as well.
    pub fn is_shared(&self) -> bool {
        self.0.write.get_database_backend() == DbBackend::Postgres
    }

    /// Fails unless the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.0.read.pool()?.ping().await?)
    }

    /// Deletes what ended before `now` and is of no further use. Returns the number of rows.
    pub async fn delete_expired(&self, now: Timestamp) -> Result<u64, StoreError> {
        expiry::delete_expired(self, now).await
    }

    fn read(&self) -> &Db {
        &self.0.read
    }

    fn batches(&self) -> &Batches {
        &self.0.batches
    }

    fn groups(&self) -> &Groups {
        &self.0.groups
    }

    fn write(&self) -> &Db {
        &self.0.write
    }

    /// A transaction. On SQLite it may write from its first statement on, and no other does meanwhile. On
    /// PostgreSQL others do (READ COMMITTED): where a change depends on what was read, the rows are locked, the
    /// change is conditional, or it takes a [`Turn`].
    async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.0.write.begin(options).await?)
    }
}
