//! Each provider's ways, as its documentation words them, over HTTP.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests: a failed unwrap is a failed test")]

mod assertion;
mod box_com;
mod control;
mod custom;
mod github;
mod google;
mod harness;
mod microsoft;
mod modes;
mod pages;
mod sandbox;
mod slack;
