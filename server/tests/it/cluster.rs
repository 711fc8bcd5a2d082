//! Several servers over one database.

use std::process::{Child, Stdio};
use std::time::Duration;

use crate::harness::{Place, free_port};

/// A server of several.
pub struct Node {
    port: u16,
    child: Child,
}

/// Several servers over one database, with one key file.
pub struct Cluster {
    place: Place,
    url: String,
    nodes: Vec<Node>,
}

impl Cluster {
    /// `count` nodes, all of them answering.
    pub async fn start(place: Place, url: &str, count: usize) -> Self {
        let mut cluster = Self { place, url: url.to_owned(), nodes: Vec::new() };
        for _ in 0..count {
            let port = free_port();
            let child = cluster.spawn(port);
            cluster.nodes.push(Node { port, child });
        }
        cluster.ready().await;
        cluster
    }

    fn spawn(&self, port: u16) -> Child {
        let log = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.place.path(&format!("node-{port}.log")))
            .unwrap();
        let mut command = self.place.command(&["serve"]);
        command
            .env("COFFER_LOG__FILTER", "warn,coffer_http=info,coffer_oidc=info")
            .env("COFFER_LISTEN", format!("127.0.0.1:{port}"))
            .env("COFFER_PUBLIC_URL", "http://localhost:3000/")
            .env("COFFER_DATABASE__URL", &self.url)
            .env("COFFER_DATABASE__CONNECTIONS", "12")
            .env("COFFER_OUTBOUND__ALLOW_PRIVATE", "[\"127.0.0.0/8\"]")
            .env("COFFER_OUTBOUND__TIMEOUT_SECONDS", "3")
            .stdout(Stdio::null())
            .stderr(log);
        command.spawn().unwrap()
    }

    /// Waits until every node answers.
    pub async fn ready(&mut self) {
        for node in &mut self.nodes {
            let url = format!("http://127.0.0.1:{}/readyz", node.port);
            let mut tries = 0;
            while !reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
                tries += 1;
                let ended = node.child.try_wait().unwrap();
                assert!(
                    tries < 600 && ended.is_none(),
                    "a node did not start: {}",
                    log(&self.place, node.port)
                );
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Where each of them answers to `path`.
    pub fn urls(&self, path: &str) -> Vec<String> {
        self.nodes.iter().map(|node| format!("http://127.0.0.1:{}/{path}", node.port)).collect()
    }

    /// Kills a node with SIGKILL and starts it again.
    pub fn kill(&mut self, which: usize) {
        let port = self.nodes[which].port;
        self.nodes[which].child.kill().unwrap();
        self.nodes[which].child.wait().unwrap();
        self.nodes[which].child = self.spawn(port);
    }

    /// What all of them wrote to their logs.
    pub fn logs(&self) -> String {
        self.nodes.iter().map(|node| log(&self.place, node.port)).collect()
    }
}

fn log(place: &Place, port: u16) -> String {
    place.read(&format!("node-{port}.log"))
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            let _ = node.child.kill();
            let _ = node.child.wait();
        }
    }
}
