//! The key service over HTTP, against a stand-in with keys of its own.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests: a failed unwrap is a failed test")]

use std::time::Duration;

use coffer_crypto::{Kek, KeyService as _, KeyServiceError, WrappedKey};
use coffer_providers::{Transit as Service, TransitMode};
use coffer_transit::{Transit, TransitConfig, TransitError};
use tempfile::TempDir;
use zeroize::Zeroizing;

struct World {
    service: Service,
    transit: Transit,
    folder: TempDir,
}

impl World {
    async fn start() -> Self {
        let service = Service::start().await.unwrap();
        service.create("coffer", "aes256-gcm96");
        let folder = tempfile::tempdir().unwrap();
        let transit = Transit::new(config(&service, &folder)).unwrap();
        let world = Self { service, transit, folder };
        world.write_token(&format!("{}\n", world.service.token()));
        world
    }

    fn write_token(&self, token: &str) {
        std::fs::write(self.folder.path().join("token"), token).unwrap();
    }
}

fn config(service: &Service, folder: &TempDir) -> TransitConfig {
    TransitConfig {
        address: service.url().parse().unwrap(),
        mount: "transit".into(),
        key: "coffer".into(),
        token_file: folder.path().join("token"),
        ca_file: None,
    }
}

fn kek() -> Kek {
    Zeroizing::new([7; 32])
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, KeyServiceError>, part: &str) {
    let error = outcome.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert!(error.to_string().contains(part), "“{part}” is not in: {error}");
}

#[track_caller]
fn unavailable<T: std::fmt::Debug>(outcome: Result<T, KeyServiceError>, part: &str) {
    let error = outcome.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(error.to_string().contains(part), "“{part}” is not in: {error}");
}

#[tokio::test]
async fn a_key_comes_back_in_its_own_context_alone() {
    let World { transit, .. } = &World::start().await;
    let wrapped = transit.wrap("kek_1", &kek()).await.unwrap();
    assert!(wrapped.text.starts_with("vault:v1:"), "{wrapped:?}");
    assert_eq!(wrapped.version, 1);
    assert_eq!(transit.unwrap("kek_1", &wrapped).await.unwrap(), kek());
    refused(transit.unwrap("kek_2", &wrapped).await, "message authentication failed");
    refused(transit.rewrap("kek_2", &wrapped).await, "message authentication failed");
}

#[tokio::test]
async fn a_new_version_rewraps_and_an_old_one_may_end() {
    let World { transit, service, .. } = &World::start().await;
    let old = transit.wrap("kek_1", &kek()).await.unwrap();
    assert_eq!(service.rotate("coffer"), 2);
    assert_eq!(transit.latest_version().await.unwrap(), 2);
    let new = transit.rewrap("kek_1", &old).await.unwrap();
    assert_eq!(new.version, 2);
    service.set_min_decryption_version("coffer", 2);
    refused(transit.unwrap("kek_1", &old).await, "too old");
    assert_eq!(transit.unwrap("kek_1", &new).await.unwrap(), kek());
}

#[tokio::test]
async fn the_token_is_read_anew_and_never_told() {
    let world = World::start().await;
    let wrapped = world.transit.wrap("kek_1", &kek()).await.unwrap();
    let (old, new) = (world.service.token(), world.service.renew_token());
    let outcome = world.transit.unwrap("kek_1", &wrapped).await;
    assert!(!format!("{outcome:?} {:?}", world.transit).contains(&old));
    refused(outcome, "keys.service.token_file");
    world.write_token(&new);
    assert_eq!(world.transit.unwrap("kek_1", &wrapped).await.unwrap(), kek());
    world.write_token(" \n");
    refused(world.transit.unwrap("kek_1", &wrapped).await, "is empty");
    world.write_token("two\nlines");
    refused(world.transit.unwrap("kek_1", &wrapped).await, "something else than a token");
    std::fs::remove_file(world.folder.path().join("token")).unwrap();
    refused(world.transit.unwrap("kek_1", &wrapped).await, "token");
}

#[tokio::test]
async fn a_deleted_key_is_not_made_anew_by_mistake() {
    let World { transit, service, .. } = &World::start().await;
    let wrapped = transit.wrap("kek_1", &kek()).await.unwrap();
    service.delete("coffer");
    refused(transit.unwrap("kek_1", &wrapped).await, "encryption key not found");
    refused(transit.wrap("kek_2", &kek()).await, "there is no such key");
    assert!(!service.seen().iter().skip(2).any(|what| what == "encrypt"), "{:?}", service.seen());
    service.create("coffer", "rsa-4096");
    refused(transit.wrap("kek_2", &kek()).await, "rsa-4096");
}

#[tokio::test]
async fn a_service_that_is_sealed_slow_or_gone_may_come_back() {
    let mut world = World::start().await;
    let wrapped = world.transit.wrap("kek_1", &kek()).await.unwrap();
    world.service.set_mode(TransitMode::Sealed);
    unavailable(world.transit.unwrap("kek_1", &wrapped).await, "Vault is sealed");
    world.service.set_mode(TransitMode::Slow(Duration::from_secs(30)));
    unavailable(world.transit.unwrap("kek_1", &wrapped).await, "took too long");
    world.service.set_mode(TransitMode::Up);
    world.service.stop().await;
    unavailable(world.transit.unwrap("kek_1", &wrapped).await, "does not answer");
    world.service.listen().await.unwrap();
    assert_eq!(world.transit.unwrap("kek_1", &wrapped).await.unwrap(), kek());
}

#[tokio::test]
async fn what_was_changed_does_not_unwrap() {
    let World { transit, .. } = &World::start().await;
    let wrapped = transit.wrap("kek_1", &kek()).await.unwrap();
    let other = WrappedKey { text: wrapped.text.replace("vault:v1", "vault:v9"), ..wrapped.clone() };
    refused(transit.unwrap("kek_1", &other).await, "too new");
    let other = WrappedKey { text: "nonsense".into(), ..wrapped };
    refused(transit.unwrap("kek_1", &other).await, "no prefix");
}

#[tokio::test]
async fn authorities_that_are_none_are_named() {
    let service = Service::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca_file = Some(folder.path().join("ca.pem"));
    let with = || Transit::new(TransitConfig { ca_file: ca_file.clone(), ..config(&service, &folder) });
    assert!(matches!(with().unwrap_err(), TransitError::Authorities { .. }));
    std::fs::write(folder.path().join("ca.pem"), "nothing of the kind").unwrap();
    assert!(with().unwrap_err().to_string().contains("keys.service.ca_file"));
}
