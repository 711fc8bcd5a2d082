//! The provider's keys, as they change.

use std::time::Duration;

use coffer_contract::application::SigningAlgorithm;
use coffer_core::{Timestamp, clock::ManualClock};

use crate::exchange::exchange;
use crate::harness::{LOOPBACK, NOW, federation, federation_with};
use crate::issuer::{Issuer, key};

#[tokio::test]
async fn a_new_key_is_looked_for_but_not_all_the_time() {
    let issuer = Issuer::new().await;
    let clock = ManualClock::new(Timestamp::from_seconds(NOW));
    let federation = federation_with(LOOPBACK, Duration::from_secs(20), clock.clone());
    issuer.answer(&issuer.key.sign(&issuer.claims()).unwrap());
    exchange(&federation, &issuer.connection).await.unwrap();

    let next = key("k2", SigningAlgorithm::Es256);
    issuer.publish(&[&issuer.key, &next]);
    issuer.answer(&next.sign(&issuer.claims()).unwrap());
    let error = exchange(&federation, &issuer.connection).await.unwrap_err();
    assert!(error.to_string().contains("does not list"), "{error}");
    assert_eq!(issuer.provider.seen("/keys").len(), 1, "strangers cannot make Coffer ask without end");
    clock.advance_seconds(31);
    exchange(&federation, &issuer.connection).await.unwrap();
    exchange(&federation, &issuer.connection).await.unwrap();
    assert_eq!(issuer.provider.seen("/keys").len(), 2);
}

#[tokio::test]
async fn a_key_set_that_is_none_is_not_kept() {
    let issuer = Issuer::new().await;
    let federation = federation();
    issuer.answer(&issuer.key.sign(&issuer.claims()).unwrap());
    for body in ["<p>", "{}", "[]"] {
        issuer.provider.text("/keys", 200, "application/json", body);
        assert!(exchange(&federation, &issuer.connection).await.is_err(), "{body}");
    }
    issuer.publish(&[&issuer.key]);
    exchange(&federation, &issuer.connection).await.unwrap();
}
