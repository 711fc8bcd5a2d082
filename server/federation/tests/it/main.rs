//! The client side of federation against real HTTP servers on this machine.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests: a failed unwrap is a failed test")]

mod authorize;
mod discovery;
mod exchange;
mod fuzz;
mod harness;
mod id_token;
mod issuer;
mod key_set;
mod outbound;
mod profile;
mod providers;
mod published;
mod rebinding;
mod refresh;
mod refresh_quirks;
