//! DNS rebinding: a name that stands for an allowed address while it is looked at, and for one inside when the
//! connection is made.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use coffer_core::{Timestamp, clock::ManualClock};
use coffer_federation::{Catalogue, DiscoverError, Federation, Lookup, OutboundConfig, OutboundError};

use crate::harness::{NOW, Provider};

/// Answers as the attacker's name server does: another answer each time, the last one for ever.
struct Rebinding(Mutex<VecDeque<Vec<IpAddr>>>);

#[async_trait]
impl Lookup for Rebinding {
    async fn addresses(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        assert_eq!(name, "rebinding.example");
        let mut answers = self.0.lock().unwrap();
        Ok(if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() })
    }
}

fn federation(allow: &str, answers: &[&[&str]]) -> Federation {
    let parse = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().unwrap()).collect();
    let lookup = Rebinding(Mutex::new(answers.iter().map(parse).collect()));
    let config =
        OutboundConfig { allow_private: vec![allow.parse().unwrap()], timeout: Duration::from_secs(5) };
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(NOW)));
    Federation::resolving(Catalogue::embedded().unwrap(), config, clock, Arc::new(lookup)).unwrap()
}

async fn ask(federation: &Federation, scheme: &str, port: u16) -> Result<(), DiscoverError> {
    federation.discover(&format!("{scheme}://rebinding.example:{port}")).await.map(|_| ())
}

/// What is allowed here, 127.0.0.2, stands for a public address, and 127.0.0.1, where somebody listens, for one
/// inside: the tests send nothing to the network.
#[tokio::test]
async fn a_name_that_moves_inside_after_it_was_checked_leads_nowhere() {
    let inside = Provider::start().await;
    for (scheme, answers) in [
        ("http", &[&["127.0.0.2"][..], &["127.0.0.1"]][..]),
        ("http", &[&["127.0.0.2"], &["127.0.0.2"], &["127.0.0.1"]]),
        ("http", &[&["127.0.0.2", "127.0.0.1"], &["127.0.0.1"]]),
        ("https", &[&["127.0.0.1"]]),
        ("https", &[&["::1"]]),
        ("https", &[&["::ffff:127.0.0.1"]]),
        ("https", &[&["169.254.169.254"]]),
    ] {
        let federation = federation("127.0.0.2/32", answers);
        for _ in 0..3 {
            let refused = ask(&federation, scheme, inside.port()).await.unwrap_err();
            let DiscoverError::Outbound(error) = refused else { panic!("{answers:?}: {refused}") };
            let stopped = matches!(
                error,
                OutboundError::Private { .. } | OutboundError::NotHttps(_) | OutboundError::Connect(_)
            );
            assert!(stopped, "{answers:?}: {error}");
        }
    }
    assert_eq!(inside.count(), 0);
}

/// Of several addresses only those that are allowed are connected to, whatever their order.
#[tokio::test]
async fn addresses_inside_are_left_out_of_a_mixed_answer() {
    let provider = Provider::start().await;
    for answer in [&["10.0.0.1", "127.0.0.1"][..], &["127.0.0.1", "169.254.169.254", "::1"]] {
        let federation = federation("127.0.0.1/32", &[answer]);
        let found = ask(&federation, "http", provider.port()).await;
        assert!(
            matches!(found, Err(DiscoverError::Missing { status: 404, .. })),
            "it was reached: {found:?}"
        );
    }
    assert_eq!(provider.count(), 2);
}
