//! Domain types and protocol states, with the clock and the randomness they are given. No I/O.

pub mod administrator;
pub mod api;
pub mod audit;
pub mod authorization;
pub mod client;
pub mod clock;
pub mod connect;
pub mod connection;
pub mod device;
pub mod factor;
pub mod hex;
pub mod ids;
pub mod network;
pub mod refresh;
pub mod registration;
pub mod rng;
pub mod scope;
pub mod token_set;
pub mod user;
pub mod webhook;

/// Target of the spans that go to an OpenTelemetry collector (`docs/operate.md`, "Traces"). Nothing else does: what is in
/// them was chosen field by field.
pub const TRACES: &str = "coffer::traces";

pub use clock::{Clock, SystemClock};
pub use coffer_contract::Timestamp;
pub use rng::{Rng, SystemRng};
pub use scope::Scopes;
