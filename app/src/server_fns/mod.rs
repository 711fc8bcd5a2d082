//! What the browser may ask of the server: each function takes the visit from the context, calls one
//! use case and returns its error.

mod failure;
#[cfg(feature = "ssr")]
mod visit;

pub mod account;
pub mod administrator;
pub mod api;
pub mod application;
pub mod catalogue;
pub mod client_grant;
pub mod connection;
pub mod enablement;
pub mod log;
pub mod overview;
pub mod registration;
pub mod second_factor;
pub mod session;
pub mod setup;
pub mod user;
pub mod webhook;

pub use failure::Failure;
