//! Stand-ins for the providers that Coffer connects to, which behave as the providers' own public
//! documentation says: for tests, and (the one called [`Provider::Sandbox`]) for trying Coffer out.
//!
//! One listener serves them all. The first segment of a path is the real host, the rest is the real
//! path: `http://127.0.0.1:PORT/github.com/login/oauth/authorize`. [`Providers::local`] rewrites real
//! addresses so.
//!
//! Signing in needs a name and nothing else, so this must never guard anything of value.
//!
//! An authorization takes one request where no browser is at hand: a POST to the authorization URL with
//! the form `account=ada&decision=allow` answers with the redirect that carries the code.

mod answer;
mod assertion;
mod authorize;
mod call;
mod client;
mod control;
mod handle;
mod id_token;
mod keys;
mod line;
mod log;
mod notes;
mod pages;
mod params;
mod person;
mod pkce;
mod place;
mod provider;
mod providers;
mod server;
mod settings;
mod tokens;
mod transit;

pub use client::Client;
pub use handle::{Config, Providers, StartError};
pub use log::{ClientMethod, Counters, Seen};
pub use place::Grant;
pub use provider::{Provider, UnknownHost};
pub use settings::{Authentication, Mode, Pkce, Rotation, Settings, SettingsError, TokenBody};
pub use transit::{Transit, TransitMode};
