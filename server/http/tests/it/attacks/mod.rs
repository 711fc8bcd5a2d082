//! Attacks, each tried over HTTP against the whole server: those of RFC 9700 section 4, and those on any
//! server with forms, sessions and requests of its own. docs/security.md says which test tries which; what
//! is tried elsewhere in the tests is named there and not repeated here.

mod browser;
mod dashboard_trip;
mod enumeration;
mod injection;
mod input;
mod jwt;
mod leakage;
mod mix_up;
mod outbound;
mod proxy;
mod redirect;
mod size;
mod table;
mod tokens;

pub(crate) use browser::set_up;
use url::Url;

use crate::browser::{Browser, param, redirected};
use crate::connect::enable;
use crate::harness::{Answer, CALLBACK, Registered, Server, challenge, changed};

type Params<'a> = &'a [(&'a str, &'a str)];

/// An authorization request: a good one of this client, but for the changes. An empty value leaves a
/// parameter out.
fn authorize(client: &Registered, changes: Params<'_>) -> String {
    let challenge = challenge();
    let params = vec![
        ("client_id", client.id.as_str()),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid offline_access"),
        ("state", "the-state"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    format!(
        "/authorize?{}",
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(changed(params, changes)).finish()
    )
}

/// A web application for which the connection is enabled.
async fn application(server: &Server) -> Registered {
    let client = server.web().await;
    enable(server, &client.id).await;
    client
}

/// Signs an account of the provider's in and agrees: the answer that goes to the application.
async fn sign_in(server: &Server, browser: &mut Browser, request: &str, account: &str) -> Answer {
    let there = redirected(&browser.get(server, request).await);
    let answer = browser.at_provider(server, there.as_str(), account, "allow").await;
    // The person agreed before: the answer goes to the application already, by redirect or by a page.
    if !answer.status.is_redirection() || answer.header("location").starts_with(CALLBACK) {
        return answer;
    }
    let back = redirected(&answer);
    assert_eq!(back.path(), "/u/consent", "{back}");
    let handle = param(&back, "handle");
    browser.post(server, "/u/consent", &[("handle", &handle), ("decision", "allow")]).await
}

/// The code of a whole sign-in of "ada".
async fn code(server: &Server, client: &Registered, changes: Params<'_>) -> String {
    let changes: Vec<_> = [("connection", "provider")].iter().chain(changes).copied().collect();
    let request = authorize(client, &changes);
    let answer = sign_in(server, &mut Browser::default(), &request, "ada").await;
    param(&redirected(&answer), "code")
}

/// What the provider would send to the callback after the person agreed there: nobody follows it yet.
async fn provider_answer(address: &Url, account: &str) -> Url {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = client
        .post(address.as_str())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("account={account}&decision=allow"));
    let answer = request.send().await.unwrap();
    Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap()
}

/// Path and query of an address of this server.
fn path(url: &Url) -> String {
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}
