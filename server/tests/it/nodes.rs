//! Several servers over one database: it does not matter which of them is asked.

use reqwest::{Client, Response};

use crate::{
    cluster::Cluster,
    harness::{PASSWORD, Place, shared_database},
};

const EMAIL: &str = "ada@example.com";

/// A dashboard action at a node, as a browser at the public address sends it.
async fn act(url: &str, cookie: &str, body: &str) -> Response {
    let request = Client::new()
        .post(url)
        .header("origin", "http://localhost:3000")
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookie);
    request.body(body.to_owned()).send().await.unwrap()
}

fn sign_in(password: &str) -> String {
    let fields = [("email", EMAIL), ("password", password), ("return_to", "")];
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a database that several servers share: cargo xtask test postgres"]
async fn what_one_node_knows_the_others_know() {
    let (place, scratch) = (Place::new(), shared_database().await);
    let database = [("COFFER_DATABASE__URL", scratch.url.as_str())];
    place.run_in(&["admin", "create", "--email", EMAIL], &database, &format!("{PASSWORD}\n"));
    // They start at the same time over a database that has no signing keys yet.
    let cluster = Cluster::start(place, &scratch.url, 3).await;

    let mut keys = Vec::new();
    for url in cluster.urls(".well-known/jwks.json") {
        keys.push(reqwest::get(url).await.unwrap().text().await.unwrap());
    }
    assert!(
        keys[0].contains("\"kid\"") && keys.iter().all(|set| *set == keys[0]),
        "one set of keys: {keys:?}"
    );
    let set: serde_json::Value = serde_json::from_str(&keys[0]).unwrap();
    assert_eq!(set["keys"].as_array().unwrap().len(), 1, "that of the only algorithm that somebody uses");

    // A session of one is a session of all.
    let doors = cluster.urls("console/api/sign_in");
    let answer = act(&doors[0], "", &sign_in(PASSWORD)).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    for url in cluster.urls("console/api/me") {
        let me = act(&url, &cookie, "").await;
        assert!(me.status().is_success() && me.text().await.unwrap().contains(EMAIL), "{url}");
        assert!(!act(&url, "", "").await.status().is_success(), "nobody without it");
    }
    let left = act(&cluster.urls("console/api/sign_out")[1], &cookie, "").await;
    assert!(left.status().is_success());
    for url in cluster.urls("console/api/me") {
        assert!(!act(&url, &cookie, "").await.status().is_success(), "ended at one, ended at all");
    }

    // Failures are counted wherever they happen.
    for attempt in 0..5 {
        act(&doors[attempt % doors.len()], "", &sign_in("not the password")).await;
    }
    for url in &doors {
        let refused = act(url, "", &sign_in(PASSWORD)).await;
        assert!(refused.text().await.unwrap().contains("retry_after"), "{url}");
    }
}
