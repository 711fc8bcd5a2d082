//! The HTTP surface as a client meets it, with a clock that the tests move.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authorize;
mod grants;
mod harness;
mod protection;
mod vault;
