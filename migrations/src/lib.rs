//! The database schema, step by step. Portable: the schema builder alone, instants and counters as
//! BIGINT (milliseconds since the Unix epoch), structured values as JSON in TEXT.

use sea_orm_migration::prelude::*;

pub use sea_orm_migration::MigratorTrait;

mod m0001_administrators;
mod m0002_connections;
mod m0003_sign_in;
mod m0004_tokens;
mod m0005_vault;
mod m0006_audit;
mod m0007_connected_accounts;
mod m0008_apis;
mod m0009_webhooks;
mod m0010_front_channel;
mod m0011_trust;
mod m0012_management;
mod m0013_client_secrets;
mod m0014_rate_limits;
mod m0015_administrator_roles;
mod m0016_audit_chain;
mod m0017_keys;
mod m0018_wrapped_keys;
mod m0019_second_factors;
mod m0020_passkeys;
mod m0021_linked_accounts;
mod m0022_users_in_order;
mod m0023_revisions;
mod parts;

/// Runs the steps that a database has not seen yet, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_administrators::Migration),
            Box::new(m0002_connections::Migration),
            Box::new(m0003_sign_in::Migration),
            Box::new(m0004_tokens::Migration),
            Box::new(m0005_vault::Migration),
            Box::new(m0006_audit::Migration),
            Box::new(m0007_connected_accounts::Migration),
            Box::new(m0008_apis::Migration),
            Box::new(m0009_webhooks::Migration),
            Box::new(m0010_front_channel::Migration),
            Box::new(m0011_trust::Migration),
            Box::new(m0012_management::Migration),
            Box::new(m0013_client_secrets::Migration),
            Box::new(m0014_rate_limits::Migration),
            Box::new(m0015_administrator_roles::Migration),
            Box::new(m0016_audit_chain::Migration),
            Box::new(m0017_keys::Migration),
            Box::new(m0018_wrapped_keys::Migration),
            Box::new(m0019_second_factors::Migration),
            Box::new(m0020_passkeys::Migration),
            Box::new(m0021_linked_accounts::Migration),
            Box::new(m0022_users_in_order::Migration),
            Box::new(m0023_revisions::Migration),
        ]
    }
}
