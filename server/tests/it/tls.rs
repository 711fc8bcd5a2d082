//! `tls.certificate` and `tls.key`: what is wrong with them is said; what is served, and renewed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Client, Version, tls};

use crate::harness::{self, Place, free_port, set_mode};

const URL: (&str, &str) = ("COFFER_PUBLIC_URL", "https://localhost:8443/");
const CERTIFICATE: (&str, &str) = ("COFFER_TLS__CERTIFICATE", "server.pem");
const KEY: (&str, &str) = ("COFFER_TLS__KEY", "server.key");

/// A certificate authority of this test.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Writes a new certificate for localhost and its key.
    fn issue(&self, place: &Place) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        place.write("server.pem", &params.signed_by(&key, &self.0).unwrap().pem());
        write_key(place, &key.serialize_pem());
    }

    /// A client that trusts this authority alone.
    fn client(&self) -> Client {
        let root = tls::Certificate::from_pem(self.0.pem().as_bytes()).unwrap();
        Client::builder().tls_certs_only([root]).build().unwrap()
    }
}

fn write_key(place: &Place, text: &str) {
    place.write("server.key", text);
    set_mode(&place.path("server.key"), 0o600);
}

#[test]
fn files_that_do_not_fit_are_named() {
    let place = Place::new();
    let check = |parts: &[&str]| {
        for command in ["check-config", "serve"] {
            let listen = ("COFFER_LISTEN", "127.0.0.1:0");
            place.run_with(&[command], &[URL, CERTIFICATE, KEY, listen]).fails_with(parts);
            assert!(!place.path("data").exists(), "nothing is touched");
        }
    };
    check(&["tls.certificate", "server.pem", "does not exist"]);
    place.write("server.pem", "nothing of the kind");
    check(&["tls.key", "server.key", "does not exist"]);
    write_key(&place, "nothing of the kind");
    check(&["tls.certificate", "server.pem", "BEGIN CERTIFICATE"]);
    let authority = Authority::new();
    authority.issue(&place);
    let key = place.read("server.key");
    write_key(&place, "nothing of the kind");
    check(&["tls.key", "server.key", "BEGIN PRIVATE KEY"]);
    write_key(&place, &KeyPair::generate().unwrap().serialize_pem());
    check(&["tls.key", "server.key", "does not match", "server.pem"]);
    write_key(&place, &key);
    set_mode(&place.path("server.key"), 0o644);
    check(&["tls.key", "server.key", "chmod o="]);
    set_mode(&place.path("server.key"), 0o640);
    place.run_with(&["check-config"], &[URL, CERTIFICATE, KEY]).succeeds();
}

/// A server over TLS, or `None` where this build has no browser bundle.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(place: &Place) -> Option<Self> {
        let port = free_port();
        let mut command = place.command(&["serve"]);
        command.env("COFFER_LISTEN", format!("127.0.0.1:{port}")).envs([CERTIFICATE, KEY]);
        command.env("COFFER_PUBLIC_URL", format!("https://localhost:{port}/"));
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let started = lines.by_ref().map_while(Result::ok).any(|line| line.contains("/console/setup?token="));
        if started {
            // So that nothing waits for the pipe.
            std::thread::spawn(move || lines.for_each(drop));
            return Some(Self { child, port });
        }
        assert_eq!(child.wait().unwrap().code(), Some(1));
        None
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/.well-known/openid-configuration", self.port)
    }

    fn signal(&self, name: &str) {
        harness::signal(&self.child, name);
    }

    /// Stops it; what it complained about.
    fn stop(mut self) -> String {
        self.signal("-TERM");
        assert!(self.child.wait().unwrap().success());
        let mut complaint = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        complaint
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Tries until the certificate authority whose client this is has signed what is served.
async fn served_to(client: &Client, url: &str) {
    let until = Instant::now() + Duration::from_secs(20);
    // A new connection each time: the certificate of one that is open does not change.
    while let Err(error) = client.get(url).send().await {
        assert!(Instant::now() < until, "{error:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn serves_over_tls_and_renews_without_a_restart() {
    let place = Place::new();
    let (old, new) = (Authority::new(), Authority::new());
    old.issue(&place);
    let Some(server) = Server::start(&place) else { return };
    let url = server.url();

    let client = old.client();
    let answer = client.get(&url).send().await.unwrap();
    assert_eq!(answer.version(), Version::HTTP_2, "by ALPN");
    let metadata: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(metadata["issuer"], format!("https://localhost:{}/", server.port));
    let root = tls::Certificate::from_pem(old.0.pem().as_bytes()).unwrap();
    let older = Client::builder().tls_certs_only([root]).http1_only().tls_version_max(tls::Version::TLS_1_2);
    let answer = older.build().unwrap().get(&url).send().await.unwrap();
    assert_eq!(answer.version(), Version::HTTP_11);
    assert!(new.client().get(&url).send().await.is_err(), "of another authority");

    // Plain HTTP is no TLS: the connection ends, and others go on.
    let mut plain = TcpStream::connect(server.address()).unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut got = Vec::new();
    let _ = plain.read_to_end(&mut got);
    assert!(!got.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&got));

    // Neither do silent clients hold it up.
    let silent: Vec<_> = (0..50).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    served_to(&old.client(), &url).await;

    write_key(&place, &KeyPair::generate().unwrap().serialize_pem());
    server.signal("-HUP");
    tokio::time::sleep(Duration::from_millis(300)).await;
    old.client().get(&url).send().await.expect("files that are no pair leave the old certificate in place");

    new.issue(&place);
    server.signal("-HUP");
    served_to(&new.client(), &url).await;
    assert!(old.client().get(&url).send().await.is_err(), "the old certificate is gone");

    // Without a signal, too: the files are looked at.
    old.issue(&place);
    served_to(&old.client(), &url).await;

    drop(silent);
    let complaint = server.stop();
    place.holds_no_secret(&complaint);
    assert!(complaint.contains("does not match"), "{complaint}");
    assert!(complaint.contains("the one before it stays"), "{complaint}");
}
