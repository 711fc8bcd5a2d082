//! The HTTP surface as a client meets it, with a clock that the tests move.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authorize;
mod browser;
mod connect;
mod connect_refusals;
mod grants;
mod harness;
mod my_account;
mod protection;
mod vault;
