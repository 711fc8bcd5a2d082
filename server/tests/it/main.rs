//! The `coffer` command as an operator meets it: the built binary, in a directory of its own.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests: a failed unwrap is a failed test")]

mod admin;
mod audit;
mod backup;
mod blueprint;
mod cluster;
mod config;
mod database;
mod failures;
mod fences;
mod harness;
mod key_file;
mod keys;
mod loaded;
mod nodes;
mod serve;
mod service_keys;
mod site;
mod tls;
mod traces;
