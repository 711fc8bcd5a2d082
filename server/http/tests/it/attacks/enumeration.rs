//! Finding out who and what there is, and secrets piece by piece.

use coffer_contract::application::{ApplicationType, GrantType};

use super::browser::set_up;
use crate::browser::Browser;
use crate::harness::{Answer, Server};

/// All that a stranger sees of an answer. The number of the request is another each time.
fn seen(answer: &Answer) -> (u16, String, Vec<String>) {
    let mut headers: Vec<String> =
        answer.headers.keys().map(|name| format!("{name}: {}", answer.header(name.as_str()))).collect();
    headers.retain(|header| !header.starts_with("x-request-id") && !header.starts_with("set-cookie"));
    headers.sort();
    (answer.status.as_u16(), answer.text.clone(), headers)
}

/// The dashboard's sign-in: an administrator's address with a wrong password, and nobody's address. That both
/// take the same time: admin/src/tests/sign_in.rs, an_unknown_account_costs_what_a_known_one_does; that guessing
/// is slowed down: guessing_one_account_is_slowed_down, there.
#[tokio::test]
async fn the_dashboards_sign_in_does_not_say_who_there_is() {
    let server = Server::start().await;
    set_up(&server, &mut Browser::default()).await;
    let mut answers = Vec::new();
    for email in ["ada@example.com", "nobody@example.com", "ADA@EXAMPLE.COM", "not an address"] {
        let fields = [("email", email), ("password", "wrong password"), ("return_to", "")];
        answers.push(seen(&Browser::default().post(&server, "/console/api/sign_in", &fields).await));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    // Nor does a set-up link that nobody has, before it is used with a password.
    for token in ["", "guess", &"A".repeat(43)] {
        let fields = [("token", token), ("email", "eve@example.com"), ("password", "a long enough password")];
        let answer = Browser::default().post(&server, "/console/api/complete_setup", &fields).await;
        assert_eq!(answer.json()["error"], "forbidden", "{}", answer.text);
    }
}

/// Client endpoints: a client that there is with a wrong secret, one that there is not, a public one with a
/// secret, and one that uses another method: one answer.
#[tokio::test]
async fn the_token_endpoint_does_not_say_which_clients_there_are() {
    let server = Server::start().await;
    let client = server.web().await;
    let public = server.register(ApplicationType::SinglePage, &[GrantType::AuthorizationCode]).await;
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/par", "/oauth/device/code"] {
        let mut answers = Vec::new();
        for id in
            [client.id.as_str(), public.id.as_str(), "nobody", "' OR 1=1 --", "https://nobody.example/x"]
        {
            let fields = [
                ("client_id", id),
                ("client_secret", "wrong"),
                ("grant_type", "refresh_token"),
                ("refresh_token", "x"),
                ("token", "x"),
            ];
            answers.push(seen(&server.form(path, &fields).await));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{path}: {answers:#?}");
        assert_eq!(answers[0].0, 401, "{path}");
    }
}

/// What is issued cannot be guessed: 256 bits each, and a user code, which people type, is guarded by attempts
/// (device::codes_cannot_be_guessed).
#[tokio::test]
async fn what_is_issued_cannot_be_guessed() {
    let server = Server::start().await;
    let client = server.web().await;
    let body = server.redeem(&client, &server.code(&client).await).await.json();
    let mut seen = std::collections::HashSet::new();
    for name in ["access_token", "refresh_token"] {
        let token = body[name].as_str().unwrap().to_owned();
        let random = token.rsplit('_').next().unwrap_or(&token);
        assert!(random.len() >= 43, "{name}: {}", random.len());
        assert!(seen.insert(token));
    }
}

/// Timing: secrets are compared as `Secret` or `TokenHash`, which take the same time whatever differs, never as
/// text. Looked for in the source, since no test can measure it reliably.
#[test]
fn secrets_are_compared_in_constant_time() {
    let server = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut suspicious = Vec::new();
    let mut files = 0;
    let mut folders = vec![server.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = entry.file_name().unwrap().to_string_lossy().into_owned();
            if entry.is_dir() && !matches!(name.as_str(), "tests" | "target" | "xtask" | "sandbox") {
                folders.push(entry);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                files += 1;
                let source = std::fs::read_to_string(&entry).unwrap();
                let code = source.split("#[cfg(test)]").next().unwrap_or_default();
                for line in code.lines().filter(|line| compares_text(line)) {
                    suspicious.push(format!("{}: {}", entry.display(), line.trim()));
                }
            }
        }
    }
    assert!(files > 200, "the source was not found");
    assert!(suspicious.is_empty(), "{suspicious:#?}");
    for (file, needle) in [("secret.rs", "ct_eq"), ("hash.rs", "ct_eq")] {
        let source = std::fs::read_to_string(server.join("crypto/src").join(file)).unwrap();
        assert!(source.contains("impl PartialEq for") && source.contains(needle), "{file}");
        assert!(!source.contains("derive(PartialEq") && !source.contains(", PartialEq"), "{file}");
    }
}

/// Whether a line compares what a secret or a hash reveals, by `==`, not as what it is.
fn compares_text(line: &str) -> bool {
    let line = line.split("//").next().unwrap_or_default();
    let compares = line.contains(" == ") || line.contains(" != ");
    let wrapped = line.contains("TokenHash::of(") && !line.contains("as_bytes()");
    compares
        && (line.contains(".reveal()") && !wrapped || line.contains("as_bytes()") && line.contains("hash"))
}
