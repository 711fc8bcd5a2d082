//! `coffer serve`: what stops it, and that it stops when told to.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::Command;

use crate::harness::Place;

const BUNDLE: &str = "browser bundle";

#[test]
fn a_port_in_use_is_named_before_anything_is_touched() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let outcome = place.run_with(&["serve"], &[("COFFER_LISTEN", &address)]);
    outcome.fails_with(&[&address, "cannot listen", "set listen to another"]);
    assert!(!place.path("data").exists());
}

#[test]
fn an_address_of_another_machine_is_named() {
    let place = Place::new();
    // For documentation (RFC 5737): no machine has it.
    let outcome = place.run_with(&["serve"], &[("COFFER_LISTEN", "192.0.2.1:3000")]);
    outcome.fails_with(&["192.0.2.1:3000", "set listen to another"]);
}

#[test]
fn it_starts_with_a_link_for_the_first_administrator_and_stops_when_told_to() {
    let place = Place::new();
    let mut child = place.command(&["serve"]).env("COFFER_LISTEN", "127.0.0.1:0").spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let started = lines.by_ref().map_while(Result::ok).any(|line| line.contains("/console/setup?token="));
    if started {
        let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }
    let status = child.wait().unwrap();
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    place.holds_no_secret(&complaint);
    if started {
        assert!(status.success(), "{complaint}");
    } else {
        // This build has none: it says how to get one.
        assert_eq!(status.code(), Some(1));
        assert!(complaint.contains(BUNDLE) && complaint.contains("cargo xtask"), "{complaint}");
    }
}
