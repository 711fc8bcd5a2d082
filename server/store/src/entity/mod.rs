//! The tables, private to this crate. A row becomes a domain value through `TryFrom`.

pub mod access_tokens;
pub mod administrators;
pub mod audit_events;
pub mod client_grants;
pub mod client_origins;
pub mod clients;
pub mod codes;
pub mod connect_sessions;
pub mod connection_domains;
pub mod connection_tries;
pub mod connections;
pub mod consents;
pub mod enablements;
pub mod interactions;
pub mod refresh_tokens;
pub mod resource_servers;
pub mod revocations;
pub mod sessions;
pub mod setup_links;
pub mod signing_keys;
pub mod throttles;
pub mod token_families;
pub mod token_sets;
pub mod upstream_logins;
pub mod users;
