//! The key set (RFC 7517 section 5), and how its keys follow each other (OpenID Connect Core section 10.1.1).

use coffer_contract::{application::SigningAlgorithm, log::LogFilter};
use coffer_core::SystemRng;
use coffer_oidc::{
    SigningKeys,
    keys::{Start, rotate},
};

use crate::harness::Server;

const RS256: SigningAlgorithm = SigningAlgorithm::Rs256;
const HOUR: i64 = 3600;

/// Makes a new key, as the command does.
async fn rotated(server: &Server, start: Start) -> String {
    rotate(&server.store, &server.keyring, &server.clock, &SystemRng, RS256, start)
        .await
        .unwrap()
        .id
        .to_string()
}

/// The key that signs a token which lives for so many seconds.
async fn signer(server: &Server, keys: &SigningKeys, seconds: i64) -> String {
    let until = coffer_core::Clock::now(&server.clock).plus_seconds(seconds);
    let key = keys.signing(RS256, until).await.unwrap();
    key.public_jwk().unwrap()["kid"].as_str().unwrap().to_owned()
}

/// What clients are told, and for how long they may believe it.
async fn published(server: &Server) -> Vec<String> {
    let answer = server.get("/.well-known/jwks.json").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let set = answer.json();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn events(server: &Server, code: &str) -> usize {
    let filter = LogFilter { code: code.into(), ..LogFilter::default() };
    server.store.audit().list(&filter, None, 100).await.unwrap().len()
}

/// "The signer can begin using a new key in the set and signals the change ... by changing the kid. ... The
/// signer SHOULD retain recently decommissioned signing keys ... for a reasonable period of time."
#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_until_its_last_token_has_ended() {
    let server = Server::start().await;
    let old = signer(&server, &server.keys, HOUR).await;
    assert_eq!(published(&server).await, std::slice::from_ref(&old));
    let new = rotated(&server, Start::Published(300)).await;
    server.clock.advance_seconds(10);
    assert_eq!(published(&server).await, [old.clone(), new.clone()], "noticed, and not used");
    server.clock.advance_seconds(319);
    assert_eq!(
        signer(&server, &server.keys, HOUR).await,
        old,
        "who fetched the set before may still keep it"
    );
    server.clock.advance_seconds(1);
    assert_eq!(signer(&server, &server.keys, HOUR).await, new);
    assert_eq!(published(&server).await, [new.clone(), old.clone()]);
    server.clock.advance_seconds(HOUR - 1);
    assert!(server.keys.retire_ended().await.unwrap().is_empty(), "its last token lives for another second");
    assert_eq!(events(&server, "key.retired").await, 0);
    server.clock.advance_seconds(2 * HOUR);
    let retired = server.keys.retire_ended().await.unwrap();
    assert_eq!(retired.iter().map(ToString::to_string).collect::<Vec<_>>(), [old]);
    assert!(server.keys.retire_ended().await.unwrap().is_empty());
    assert_eq!(events(&server, "key.retired").await, 1);
    server.clock.advance_seconds(10);
    assert_eq!(published(&server).await, [new]);
}

#[tokio::test]
async fn an_old_key_stays_for_as_long_as_the_longest_token_that_it_signed() {
    let server = Server::start().await;
    let month = 30 * 24 * HOUR;
    let old = signer(&server, &server.keys, month).await;
    // A shorter one afterwards changes nothing, nor does another server that never signed with it.
    signer(&server, &server.keys, HOUR).await;
    rotated(&server, Start::Published(300)).await;
    server.clock.advance_seconds(month - 1);
    assert!(server.keys.retire_ended().await.unwrap().is_empty());
    assert!(published(&server).await.contains(&old));
    server.clock.advance_seconds(2 * HOUR);
    assert_eq!(server.keys.retire_ended().await.unwrap().len(), 1);
}

#[tokio::test]
async fn several_servers_agree_on_which_key_signs() {
    let server = Server::start().await;
    let clock = std::sync::Arc::new(server.clock.clone());
    let other =
        SigningKeys::load(server.store.clone(), server.keyring.clone(), clock, &SystemRng).await.unwrap();
    let old = signer(&server, &server.keys, HOUR).await;
    let new = rotated(&server, Start::Published(300)).await;
    let mut seen = Vec::new();
    for _ in 0..40 {
        let both = [signer(&server, &server.keys, HOUR).await, signer(&server, &other, HOUR).await];
        assert_eq!(both[0], both[1]);
        seen.push(both[0].clone());
        server.clock.advance_seconds(10);
    }
    assert!(seen[..33].iter().all(|kid| *kid == old) && seen[33..].iter().all(|kid| *kid == new));
    // Either may be the one that retires it, once.
    server.clock.advance_seconds(3 * HOUR);
    let (one, two) = tokio::join!(server.keys.retire_ended(), other.retire_ended());
    assert_eq!(one.unwrap().len() + two.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_that_somebody_else_may_have_leaves_the_set_at_once() {
    let server = Server::start().await;
    let old = signer(&server, &server.keys, HOUR).await;
    let waiting = rotated(&server, Start::Published(300)).await;
    let new = rotated(&server, Start::Compromised).await;
    server.clock.advance_seconds(10);
    assert_eq!(published(&server).await, std::slice::from_ref(&new), "neither {old} nor {waiting}");
    assert_eq!(signer(&server, &server.keys, HOUR).await, new);
    server.clock.advance_seconds(400);
    assert_eq!(signer(&server, &server.keys, HOUR).await, new);
    assert_ne!((old.as_str(), waiting.as_str()), (new.as_str(), new.as_str()));
}

/// Libraries that know RSA alone fail on a set that has anything else in it.
#[tokio::test]
async fn the_key_set_has_no_kind_of_key_that_nobody_chose() {
    let server = Server::start().await;
    let kinds = async || {
        let set = server.get("/.well-known/jwks.json").await.json();
        let keys = set["keys"].as_array().unwrap().iter();
        keys.map(|key| key["alg"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    server.register_with(|client| client.id_token_alg = SigningAlgorithm::Rs256).await;
    assert_eq!(kinds().await, ["RS256"]);
    server.register_with(|client| client.id_token_alg = SigningAlgorithm::Es256).await;
    let mut both = kinds().await;
    both.sort();
    assert_eq!(both, ["ES256", "RS256"]);
}
