//! Keys from a key service: a server starts with it, goes on without it, and follows its key.

use std::time::Duration;

use coffer_core::audit::EventCode;
use coffer_providers::TransitMode;
use coffer_store::{Scratch, Store};
use reqwest::Client;

use crate::{
    fences::{exchange, provider::Provider, seed::World},
    harness::{mode, must_be_shared},
    site::{Server, Site},
};

/// Sealed with the key file: a connection, an application, and an account for each name.
async fn seeded(site: &Site, accounts: &[&str]) -> World {
    let (_, token_url) = Provider::start(accounts.iter().map(|name| (*name).to_owned())).await;
    let world = World::new(&site.place, site.database(), &token_url).await;
    for account in accounts {
        world.user(account).await;
    }
    world
}

/// The vault opens the account's tokens, refreshes them and seals what it got.
async fn exchanges(server: &mut Server<'_>, world: &World, account: &str) {
    server.ready().await;
    let outcome = exchange(&Client::new(), &server.url("/oauth/token"), world.client_id(), account).await;
    assert_eq!(outcome, "200", "{}", server.log());
}

/// Ids of the keys, as they are listed.
fn ids(list: &str) -> Vec<String> {
    let lines = list.lines().filter(|line| line.starts_with("kek_") && line.contains("seals"));
    lines.map(|line| line.split([' ', ':']).next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_without_a_key_file_and_opens_what_it_sealed() {
    let site = Site::new().await;
    let mut server = site.serve();
    let signing = server.ready().await;
    assert!(signing.contains("\"kid\""), "{signing}");
    assert!(!site.place.path("data").exists(), "no key file is made");
    let list = site.run(&["keys", "list"]);
    let [first] = &ids(list.succeeds())[..] else { panic!("{}", list.out) };
    let count = list.out.split("(active): ").nth(1).unwrap().lines().next().unwrap().to_owned();
    assert!(count.starts_with("seals ") && count != "seals 0 values", "{}", list.out);
    server.stop();
    let mut server = site.serve();
    assert_eq!(server.ready().await, signing, "its signing keys are sealed values");
    let made = site.service.seen().iter().filter(|what| *what == "encrypt").count();
    assert_eq!(made, 1, "one key was wrapped, however much was sealed");

    // Another key, while it serves.
    let added = site.run(&["keys", "add"]);
    let second = ids(site.run(&["keys", "list"]).succeeds()).into_iter().find(|id| id != first).unwrap();
    assert!(added.succeeds().contains(&second) && !added.out.contains("Copy the file"), "{}", added.out);
    server.look();
    server.says("the key-encryption keys were read again").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    site.run(&["keys", "activate", &second]).succeeds();
    site.run(&["keys", "remove", &second]).fails_with(&[&second, "activate another first"]);
    server.look();
    let resealed = format!("{second} (active): {count}");
    for tries in 0.. {
        if site.run(&["keys", "list"]).succeeds().contains(&resealed) {
            break;
        }
        assert!(tries < 200, "{}", server.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    server.stop();
    site.run(&["keys", "remove", first]).succeeds();
    let keys = site.keys().await;
    assert!(keys.len() == 1 && keys[0].id == second && keys[0].wrapped.text.starts_with("vault:v1:"));
    assert_eq!(site.serve().ready().await, signing);
    site.run(&["keys", "remove", "kek_none"]).fails_with(&["kek_none", "coffer keys list"]);
    site.run(&["keys", "activate", "kek_none"]).fails_with(&["kek_none", "coffer keys list"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_start_at_once_have_one_key() {
    let site = Site::new().await;
    site.run(&["migrate"]).succeeds();
    let lists: Vec<_> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..4).map(|_| scope.spawn(|| site.run(&["keys", "list"]))).collect();
        started.into_iter().map(|one| ids(one.join().unwrap().succeeds())).collect()
    });
    assert_eq!(site.keys().await.len(), 1);
    assert!(lists.iter().all(|list| *list == lists[0] && list.len() == 1), "{lists:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a database that several servers share: cargo xtask test postgres"]
async fn servers_that_start_at_once_have_one_key_and_do_not_wait_for_each_others_calls() {
    must_be_shared();
    let site = Site::new().await;
    site.service.set_mode(TransitMode::Slow(Duration::from_secs(4)));
    let mut servers = [site.serve(), site.serve(), site.serve()];
    while site.service.seen().len() < 3 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // All of them are at the service, and none holds a turn meanwhile.
    let store = Store::connect(site.database(), 2).await.unwrap();
    let turn = tokio::time::timeout(Duration::from_secs(2), store.start_alone()).await;
    turn.expect("no server has the turn").unwrap().end().await.unwrap();
    site.service.set_mode(TransitMode::Up);
    let signing = servers[0].ready().await;
    for server in &mut servers {
        assert_eq!(server.ready().await, signing);
    }
    assert_eq!(site.keys().await.len(), 1);
    assert_eq!(store.signing_keys().list().await.unwrap().len(), 3, "one for each algorithm");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_key_of_the_service_is_followed() {
    let site = Site::new().await;
    let mut server = site.serve();
    let signing = server.ready().await;
    assert_eq!(site.service.rotate("coffer"), 2);
    server.look();
    site.wrapped_by(2).await;
    site.service.set_min_decryption_version("coffer", 2);
    server.stop();
    let mut server = site.serve();
    assert_eq!(server.ready().await, signing);

    // The version before does not decrypt any more: the server that runs has the key.
    assert_eq!(site.service.rotate("coffer"), 3);
    site.service.set_min_decryption_version("coffer", 3);
    server.look();
    site.wrapped_by(3).await;
    server.stop();
    assert_eq!(site.serve().ready().await, signing);

    assert_eq!(site.service.rotate("coffer"), 4);
    assert_eq!(site.run(&["keys", "rewrap"]).succeeds(), "Keys wrapped anew: 1.\n");
    assert_eq!(site.run(&["keys", "rewrap"]).succeeds(), "Keys wrapped anew: 0.\n");

    // With no server that has it, nothing can be wrapped anew; and nothing is lost.
    assert_eq!(site.service.rotate("coffer"), 5);
    site.service.set_min_decryption_version("coffer", 5);
    let version = "which version 4 of the service's key wrapped";
    site.run(&["serve"]).fails_with(&["kek_", version, "too old", "keys.service"]);
    site.run(&["keys", "rewrap"]).fails_with(&["too old"]);
    site.service.set_min_decryption_version("coffer", 4);
    let mut server = site.serve();
    assert_eq!(server.ready().await, signing);
    site.wrapped_by(5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_of_the_service_is_replaced_while_a_server_has_the_keys() {
    let site = Site::new().await;
    let mut server = site.serve();
    let signing = server.ready().await;
    site.service.delete("coffer");
    server.look();
    server.says("there is no such key").await;
    site.run(&["serve"]).fails_with(&["encryption key not found"]);
    // Of the same version as the lost one.
    site.service.create("coffer", "aes256-gcm96");
    server.look();
    server.says("wrapped anew from memory").await;
    assert_eq!(site.serve().ready().await, signing);
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_has_the_wrapped_keys_and_needs_the_service() {
    if Scratch::is_shared() {
        return;
    }
    let site = Site::new().await;
    let signing = site.serve().ready().await;
    let backup = site.run(&["backup", "copy.db"]);
    assert!(backup.succeeds().contains("wrapped by the service's key coffer"), "{}", backup.out);
    site.service.set_mode(TransitMode::Sealed);
    site.run(&["restore", "copy.db", "--force"]).fails_with(&["Vault is sealed"]);
    site.service.set_mode(TransitMode::Up);
    let restored = site.run(&["restore", "copy.db", "--force"]);
    assert!(
        restored.succeeds().contains("the keys that the key service unwraps open all"),
        "{}",
        restored.out
    );
    assert_eq!(site.serve().ready().await, signing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_waits_for_the_service_and_says_so() {
    let mut site = Site::new().await;
    let signing = site.serve().ready().await;
    site.service.stop().await;
    {
        let mut server = site.serve();
        assert_eq!(server.get("/readyz").await, (503, "the key service does not answer\n".into()));
        assert_eq!(server.get("/healthz").await.0, 200);
        let answer = reqwest::get(server.url("/authorize")).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "5"));
        server.says("waiting for the key service").await;
        assert!(server.log().contains("Connection refused"), "{}", server.log());
        site.run(&["keys", "list"]).fails_with(&["the key service does not answer", "keys.service"]);
        server.stop();
    }
    site.service.set_mode(TransitMode::Sealed);
    site.service.listen().await.unwrap();
    let mut server = site.serve();
    assert_eq!(server.get("/readyz").await.0, 503);
    server.says("Vault is sealed").await;
    site.service.set_mode(TransitMode::Up);
    assert_eq!(server.ready().await, signing);
    let address = server.url("/.well-known/openid-configuration");
    assert!(reqwest::get(address).await.unwrap().status().is_success(), "everything answers");
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_runs_goes_on_without_the_service() {
    let site = Site::new().await;
    let world = seeded(&site, &["ada", "bob", "eve"]).await;
    site.run(&["keys", "migrate", "--from-file", "data/coffer.key"]).succeeds();
    std::fs::remove_file(site.place.path("data/coffer.key")).unwrap();
    let mut server = site.serve();
    server.ready().await;
    let asked = site.service.seen().len();
    site.service.set_mode(TransitMode::Sealed);
    exchanges(&mut server, &world, "bob").await;
    exchanges(&mut server, &world, "ada").await;
    server.look();
    server.says("the key service cannot be used; serving goes on").await;
    assert_eq!(server.get("/readyz").await.0, 200);
    site.run(&["keys", "add"]).fails_with(&["the key service does not answer", "Vault is sealed"]);
    exchanges(&mut server, &world, "eve").await;
    site.service.set_mode(TransitMode::Up);
    server.look();
    server.says("the key service can be used again").await;
    site.run(&["keys", "add"]).succeeds();
    server.stop();
    let asked_for: Vec<_> = site.service.seen().into_iter().skip(asked).collect();
    assert!(asked_for.len() < 20, "not for each request: {asked_for:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_wrong_is_said_and_another_is_read() {
    let mut site = Site::new().await;
    let good = site.service.token();
    site.write_token("wrong-token-of-somebody");
    for command in [&["serve"][..], &["keys", "list"]] {
        site.run(command).fails_with(&["keys.service.token_file", "wrong, has ended", "permission denied"]);
    }
    std::fs::remove_file(site.place.path("token")).unwrap();
    site.run(&["serve"]).fails_with(&["keys.service.token_file token", "No such file"]);
    site.write_token(&good);
    let mut server = site.serve();
    server.ready().await;
    let new = site.service.renew_token();
    server.look();
    server.says("the token in keys.service.token_file is wrong").await;
    assert_eq!(server.get("/readyz").await.0, 200);
    // Whatever renews it replaces the file.
    site.place.write("token.new", &new);
    std::fs::rename(site.place.path("token.new"), site.place.path("token")).unwrap();
    server.look();
    server.says("the key service can be used again").await;
    assert!(!server.log().contains(&new), "a token is printed");
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_move_from_the_file_to_the_service_and_back() {
    let site = Site::new().await;
    let world = seeded(&site, &["ada", "bob", "eve", "kay"]).await;
    let mut server = site.serve_with_file("data/coffer.key");
    exchanges(&mut server, &world, "ada").await;
    server.stop();
    site.run(&["serve"]).fails_with(&["no key that the key service wrapped", "--from-file"]);
    assert!(site.keys().await.is_empty());

    let moved = site.run(&["keys", "migrate", "--from-file", "data/coffer.key"]);
    assert!(moved.succeeds().contains("Keys wrapped by the key service: 1"), "{}", moved.out);
    let stranger = site.place.read("data/coffer.key").replace("kek_", "kek_other");
    site.place.write_key_file(&stranger);
    let refused = site.run(&["keys", "migrate", "--from-file", "data/coffer.key"]);
    refused.fails_with(&["does not have key kek_", "newer copy"]);
    std::fs::remove_file(site.place.path("data/coffer.key")).unwrap();
    let listed = site.run_with_file(&["keys", "list"], "data/coffer.key");
    listed.fails_with(&["data/coffer.key does not exist", "keys.service"]);
    let mut server = site.serve();
    exchanges(&mut server, &world, "bob").await;
    server.stop();

    // A key of its own there.
    site.run(&["keys", "add"]).succeeds();
    let keys = site.keys().await;
    let second = keys.iter().find(|key| key.activated_at.is_none()).unwrap().id.clone();
    site.run(&["keys", "activate", &second]).succeeds();
    site.place.write("taken.key", "");
    site.run(&["keys", "migrate", "--to-file", "taken.key"]).fails_with(&["taken.key exists"]);
    let back = site.run(&["keys", "migrate", "--to-file", "back.key"]);
    assert!(back.succeeds().contains("Keys written to back.key: 2"), "{}", back.out);
    assert_eq!(mode(&site.place.path("back.key")), 0o600);
    assert!(site.place.read("back.key").contains(&format!("active = \"{second}\"")));
    let mut server = site.serve_with_file("back.key");
    exchanges(&mut server, &world, "eve").await;
    server.stop();
    site.run_with_file(&["keys", "rewrap"], "back.key").fails_with(&["there is no key service"]);
    site.run_with_file(&["keys", "migrate", "--from-file", "back.key"], "back.key")
        .fails_with(&["there is no key service", "keys.service.address"]);

    // And to the service again, with a key that it has not seen.
    site.run_with_file(&["keys", "add"], "back.key").succeeds();
    site.run(&["keys", "migrate", "--from-file", "back.key"]).succeeds();
    assert_eq!(site.keys().await.len(), 3);
    let mut server = site.serve();
    exchanges(&mut server, &world, "kay").await;
    exchanges(&mut server, &world, "ada").await;
    server.stop();
    let store = Store::connect(site.database(), 2).await.unwrap();
    let events = store.audit().list(&Default::default(), None, 1000).await.unwrap();
    assert_eq!(events.iter().filter(|entry| entry.code == EventCode::KeyMoved.as_str()).count(), 3);
    let migrate = site.run(&["keys", "migrate"]);
    assert_eq!(migrate.code, Some(2), "one direction is asked for");
}
