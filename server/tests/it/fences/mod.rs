//! Single-use refresh tokens under load, on several servers that are killed: no token is spent twice, and no account
//! is lost but those whose new token was on its way from the provider to a server that died.

pub mod provider;
pub mod seed;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;

use coffer_store::Scratch;
use provider::{Mood, Provider};
use seed::{CONNECTION, SECRET, World, refresh_token};

use crate::{
    cluster::Cluster,
    harness::{Place, shared_database},
    loaded::post,
};

const NODES: usize = 4;
const ACCOUNTS: usize = 200;
const EXCHANGES: usize = 10_000;
const AT_ONCE: usize = 64;

/// What came of the exchanges: how many had which status or error.
type Outcomes = BTreeMap<String, usize>;

struct Stage {
    world: World,
    provider: Arc<Provider>,
    cluster: Cluster,
    accounts: Vec<String>,
    _scratch: Scratch,
}

impl Stage {
    async fn set() -> Self {
        let accounts: Vec<String> = (0..ACCOUNTS).map(|n| format!("user{n}")).collect();
        let (provider, token_url) = Provider::start(accounts.iter().cloned()).await;
        let (place, scratch) = (Place::new(), shared_database().await);
        let world = World::new(&place, &scratch.url, &token_url).await;
        for account in &accounts {
            world.user(account).await;
        }
        let cluster = Cluster::start(place, &scratch.url, NODES).await;
        Self { world, provider, cluster, accounts, _scratch: scratch }
    }

    /// Sends `count` exchanges to all nodes in turn, and does something else meanwhile.
    async fn load(&mut self, count: usize, mut meanwhile: impl AsyncFnMut(&mut Self, usize)) -> Outcomes {
        let sent = Arc::new(AtomicUsize::new(0));
        let endpoints = self.cluster.urls("oauth/token");
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (sent, endpoints) = (sent.clone(), endpoints.clone());
                let (accounts, client) = (self.accounts.clone(), self.world.client_id().to_owned());
                tokio::spawn(async move {
                    let http = reqwest::Client::builder().timeout(Duration::from_secs(40)).build().unwrap();
                    let mut outcomes = Outcomes::new();
                    loop {
                        let number = sent.fetch_add(1, Ordering::SeqCst);
                        if number >= count {
                            return outcomes;
                        }
                        // Each account three times in a row, on three nodes, so that they meet.
                        let account = &accounts[(number / 3 * 7919) % accounts.len()];
                        let endpoint = &endpoints[number % endpoints.len()];
                        let outcome = exchange(&http, endpoint, &client, account).await;
                        *outcomes.entry(outcome).or_default() += 1;
                    }
                })
            })
            .collect();
        let mut round = 0;
        while workers.iter().any(|worker| !worker.is_finished()) {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            if sent.load(Ordering::SeqCst) < count {
                meanwhile(self, round).await;
                round += 1;
            }
        }
        let mut all = Outcomes::new();
        for worker in workers {
            for (outcome, count) in worker.await.unwrap() {
                *all.entry(outcome).or_default() += count;
            }
        }
        all
    }

    /// Accounts of which the provider has handed out a newer token than is stored at this instant.
    async fn in_flight(&self) -> BTreeSet<String> {
        let rotations: HashMap<String, u32> = self
            .provider
            .accounts(|accounts| accounts.iter().map(|(name, a)| (name.clone(), a.rotations)).collect());
        let stored = self.world.stored().await;
        stored.into_iter().filter(|(name, n, _)| rotations[name] > *n).map(|(name, ..)| name).collect()
    }

    /// Asks for each account's token once more, with the provider well. Returns those that do not work.
    async fn lost(&mut self) -> BTreeSet<String> {
        self.provider.set(Mood::Well);
        self.cluster.ready().await;
        let http = reqwest::Client::new();
        let endpoints = self.cluster.urls("oauth/token");
        let mut lost = BTreeSet::new();
        for (n, account) in self.accounts.iter().enumerate() {
            for tries in 0.. {
                let endpoint = &endpoints[(n + tries) % endpoints.len()];
                match exchange(&http, endpoint, self.world.client_id(), account).await.as_str() {
                    "200" => break,
                    // A dead node's claim, or a pause after failures, ends by itself.
                    "503" if tries < 60 => tokio::time::sleep(Duration::from_secs(1)).await,
                    "federated_connection_refresh_token_not_found" => {
                        lost.insert(account.clone());
                        break;
                    }
                    other => panic!("{account}: {other}\n{}", &self.cluster.logs()[..20_000]),
                }
            }
        }
        lost
    }

    /// Accounts of which a token was spent twice, and accounts of which an answer was cut off.
    fn harmed(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        self.provider.accounts(|accounts| {
            let those = |harmed: fn(&provider::Account) -> bool| {
                accounts.iter().filter(|(_, a)| harmed(a)).map(|(name, _)| name.clone()).collect()
            };
            (those(|a| a.reused > 0), those(|a| a.cut > 0))
        })
    }
}

/// The status of a good or unavailable answer, the error code of a refusal, or that there was no answer. A good one
/// is for the account that was asked for.
pub async fn exchange(http: &reqwest::Client, endpoint: &str, client: &str, account: &str) -> String {
    let form = [
        ("grant_type", "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token"),
        ("requested_token_type", "http://auth0.com/oauth/token-type/federated-connection-access-token"),
        ("subject_token", &refresh_token(account)),
        ("connection", CONNECTION),
        ("client_id", client),
        ("client_secret", SECRET),
    ];
    let Ok(answer) = post(http, endpoint, &form).await else { return "no answer".into() };
    let status = answer.status().as_u16();
    let Ok(text) = answer.text().await else { return "no answer".into() };
    let body: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    if status == 200 {
        let token = body["access_token"].as_str().unwrap();
        assert!(token.starts_with(&format!("access-{account}-")), "{account} got {token}");
    }
    if status == 200 || status == 503 {
        return status.to_string();
    }
    body["error"].as_str().map_or_else(|| format!("{status} {text}"), str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a database that several servers share: cargo xtask test postgres"]
async fn no_refresh_token_is_spent_twice_and_no_account_lost_but_those_in_flight_at_a_kill() {
    let mut stage = Stage::set().await;
    let (mut kills, mut in_flight, mut at_most) = (0, BTreeSet::new(), 0);
    let outcomes = stage
        .load(EXCHANGES, async |stage: &mut Stage, round| {
            stage.cluster.kill(round % NODES);
            kills += 1;
            let now = stage.in_flight().await;
            at_most = at_most.max(now.len());
            in_flight.extend(now);
        })
        .await;
    println!("{kills} kills, {outcomes:?}");
    let lost = stage.lost().await;
    let (reused, _) = stage.harmed();
    println!(
        "{kills} kills, {outcomes:?}; in flight at a kill: {} accounts, at most {at_most} at once; lost: {}",
        in_flight.len(),
        lost.len()
    );
    assert!(kills >= 3, "the load must last for some kills: {outcomes:?}");
    assert!(outcomes["200"] > EXCHANGES / 2, "{outcomes:?}");
    assert!(lost.is_subset(&in_flight), "lost without need: {:?}", &lost - &in_flight);
    assert!(reused.is_subset(&in_flight), "spent twice: {:?}", &reused - &in_flight);
    assert_eq!(reused, lost, "who lost its answer must try the old token once, and whoever did is lost");
    let known: BTreeSet<&str> =
        ["200", "503", "no answer", "federated_connection_refresh_token_not_found"].into();
    assert!(outcomes.keys().all(|outcome| known.contains(outcome.as_str())), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a database that several servers share: cargo xtask test postgres"]
async fn a_slow_or_failing_provider_costs_no_account_and_a_cut_connection_that_one_alone() {
    let mut stage = Stage::set().await;
    for mood in [Mood::Slow, Mood::Failing] {
        stage.provider.set(mood);
        let outcomes = stage.load(1_500, async |_: &mut Stage, _| {}).await;
        println!("{mood:?}: {outcomes:?}");
        assert!(
            outcomes.keys().all(|outcome| outcome == "200" || outcome == "503"),
            "{mood:?}: {outcomes:?}"
        );
        assert!(outcomes["200"] > 100, "{mood:?}: {outcomes:?}");
        assert_eq!(stage.lost().await, BTreeSet::new(), "{mood:?}");
        assert_eq!(stage.harmed().0, BTreeSet::new(), "{mood:?}");
    }
    stage.provider.set(Mood::Cutting);
    let outcomes = stage.load(1_500, async |_: &mut Stage, _| {}).await;
    let lost = stage.lost().await;
    let (reused, cut) = stage.harmed();
    println!("cutting: {outcomes:?}; cut: {}, lost: {}", cut.len(), lost.len());
    assert!(!cut.is_empty());
    assert_eq!(lost, cut, "an answer that never came is lost, and no other");
    assert_eq!(reused, lost);
}
