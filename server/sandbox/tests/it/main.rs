//! The sandbox over HTTP: its provider, and the example agent before a stand-in for Coffer.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests: a failed unwrap is a failed test")]

mod browser;
mod coffer;
mod errors;
mod guard;
mod provider;
mod sign_in;
mod story;
mod world;
