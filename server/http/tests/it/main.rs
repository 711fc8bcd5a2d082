//! The HTTP surface as a client meets it, with a clock that the tests move.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod again;
mod apis;
mod attacks;
mod authorize;
mod browser;
mod client_assertion;
mod client_documents;
mod clock;
mod connect;
mod connect_refusals;
mod cors;
mod device;
mod dpop;
mod exchange;
mod export;
mod fuzz;
mod grants;
mod harness;
mod introspection;
mod key_set;
mod keys;
mod logout;
mod management;
mod my_account;
mod par;
mod protection;
mod publisher;
mod registration;
mod roles;
mod second_factor;
mod through;
mod vault;
mod web_message;
