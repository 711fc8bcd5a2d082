//! The key set (RFC 7517 section 5).

use coffer_contract::application::SigningAlgorithm;

use crate::harness::Server;

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
