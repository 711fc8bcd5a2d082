//! Attacks through a browser that somebody is signed in with: session fixation, cross-site request forgery,
//! cross-origin reading, and scripts in what others wrote.

use axum::{
    body::Body,
    http::{Method, Request},
};
use coffer_http::{ENDPOINTS, Protection};
use url::form_urlencoded::Serializer;

use super::{application, authorize, sign_in};
use crate::browser::{Browser, redirected};
use crate::harness::{Answer, Server};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery";

async fn action(server: &Server, browser: &mut Browser, name: &str, fields: &[(&str, &str)]) -> Answer {
    browser.post(server, &format!("/console/api/{name}"), fields).await
}

/// Makes the first administrator, who is signed in then.
pub(crate) async fn set_up(server: &Server, browser: &mut Browser) {
    let link = server.state.admin.new_setup_link().await.unwrap().unwrap();
    let fields = [("token", link.as_str()), ("email", EMAIL), ("password", PASSWORD)];
    let answer = action(server, browser, "complete_setup", &fields).await;
    assert!(answer.status.is_success() || answer.status.is_redirection(), "{}", answer.text);
}

/// Signs the administrator in, to come back to `target`.
pub(super) async fn console_sign_in(server: &Server, browser: &mut Browser, target: &str) -> Answer {
    let fields = [("email", EMAIL), ("password", PASSWORD), ("return_to", target)];
    action(server, browser, "sign_in", &fields).await
}

/// Session fixation, the dashboard: an attacker plants a session before the sign-in. Also in
/// admin/src/tests/sign_in.rs, a_session_begins_with_a_new_id_and_ends.
#[tokio::test]
async fn a_planted_console_session_is_not_the_one_that_is_signed_in() {
    let server = Server::start().await;
    set_up(&server, &mut Browser::default()).await;
    let mut attacker = Browser::default();
    attacker.get(&server, "/console/sign-in").await;
    let planted =
        attacker.cookie.clone().unwrap_or_else(|| "__Host-coffer_console=AAAAAAAAAAAAAAAAAAAAAA".into());
    let mut victim = Browser { cookie: Some(planted.clone()) };
    console_sign_in(&server, &mut victim, "").await;
    assert_ne!(victim.cookie.as_ref(), Some(&planted));
    assert_eq!(action(&server, &mut victim, "me", &[]).await.status, 200);
    let mut attacker = Browser { cookie: Some(planted) };
    assert_eq!(action(&server, &mut attacker, "me", &[]).await.status, 401);
}

/// Session fixation, the hosted pages.
#[tokio::test]
async fn a_planted_hosted_session_is_not_the_one_that_is_signed_in() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let request = authorize(&client, &[("connection", "provider")]);
    let mut attacker = Browser::default();
    attacker.get(&server, &request).await;
    let planted = attacker.cookie.clone().unwrap();
    let mut victim = Browser { cookie: Some(planted.clone()) };
    sign_in(&server, &mut victim, &request, "ada").await;
    assert_ne!(victim.cookie, Some(planted.clone()));
    assert!(victim.get(&server, "/u/account").await.text.contains("Signed in as"));
    let mut attacker = Browser { cookie: Some(planted) };
    assert!(!attacker.get(&server, "/u/account").await.text.contains("Signed in as"));
    let silent = redirected(&attacker.get(&server, &authorize(&client, &[("prompt", "none")])).await);
    assert!(silent.as_str().contains("login_required"), "{silent}");
}

/// A session's cookie is for this host alone, over TLS alone, and no script reads it.
#[tokio::test]
async fn cookies_are_out_of_reach() {
    let server = Server::start().await;
    let (mut administrator, mut person) = (Browser::default(), Browser::default());
    set_up(&server, &mut administrator).await;
    let client = server.web().await;
    for (name, answer) in [
        ("console", console_sign_in(&server, &mut administrator, "").await),
        ("session", person.get(&server, &authorize(&client, &[])).await),
    ] {
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with(&format!("__Host-coffer_{name}=")), "{cookie}");
        for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(attribute), "{attribute}: {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

fn cross_site(how: (&str, &str)) -> axum::http::request::Builder {
    Request::builder().header(how.0, how.1).header("content-type", "application/x-www-form-urlencoded")
}

/// What a page of another site can make a browser send along: no header proves the same origin.
const FORGED: [(&str, &str); 6] = [
    ("sec-fetch-site", "cross-site"),
    ("sec-fetch-site", "same-site"),
    ("origin", "https://evil.example"),
    ("origin", "https://coffer.example.evil.example"),
    ("origin", "null"),
    ("referer", "https://coffer.example/console"),
];

/// Cross-site request forgery: every server function of the dashboard and every hosted form, with the cookie
/// of somebody who is signed in. `protection` has those without.
#[tokio::test]
async fn no_form_of_another_site_changes_anything() {
    let server = Server::with_provider().await;
    let (mut administrator, mut person) = (Browser::default(), Browser::default());
    set_up(&server, &mut administrator).await;
    let client = application(&server).await;
    let request = authorize(&client, &[("connection", "provider")]);
    sign_in(&server, &mut person, &request, "ada").await;
    let functions = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned());
    let forms = ENDPOINTS
        .iter()
        .filter(|endpoint| endpoint.method == "post" && endpoint.protection == Protection::Browser);
    let targets: Vec<String> = functions.chain(forms.map(|form| form.path.to_owned())).collect();
    assert!(targets.len() > 30, "{targets:?}");
    let before = server.store.audit().list(&Default::default(), None, 100).await.unwrap().len();
    for path in &targets {
        let browser = if path.starts_with("/console") { &administrator } else { &person };
        for forged in FORGED {
            let request = cross_site(forged)
                .method(Method::POST)
                .uri(path)
                .header("cookie", browser.cookie.as_ref().unwrap())
                .body(Body::from("decision=allow&id=x"));
            let answer = server.send(request.unwrap()).await;
            assert_eq!(answer.status, 403, "{path} {forged:?}: {}", answer.text);
        }
        let by_get =
            Request::get(path).header("cookie", browser.cookie.as_ref().unwrap()).body(Body::empty());
        let answer = server.send(by_get.unwrap()).await;
        let page = matches!(path.as_str(), "/u/sign-in" | "/u/consent" | "/u/connect" | "/activate");
        // A page of the same address shows a form, and posts nothing.
        assert!(page || matches!(answer.status.as_u16(), 303 | 404 | 405), "{path}: {}", answer.status);
    }
    let after = server.store.audit().list(&Default::default(), None, 100).await.unwrap().len();
    assert_eq!(before, after, "nothing was done");
    assert!(person.get(&server, "/u/account").await.text.contains("Signed in as"), "nobody was signed out");
    assert_eq!(action(&server, &mut administrator, "me", &[]).await.status, 200);
}

/// A script of another origin reads no answer that goes by a cookie: none is shared with credentials.
#[tokio::test]
async fn scripts_of_other_origins_read_nothing_that_goes_by_a_cookie() {
    let server = Server::start().await;
    for endpoint in ENDPOINTS {
        for method in ["OPTIONS", "GET"] {
            let request = Request::builder()
                .method(method)
                .uri(endpoint.path.replace("{*page}", "x"))
                .header("origin", "https://evil.example")
                .header("access-control-request-method", endpoint.method.to_uppercase())
                .header("access-control-request-headers", "authorization, content-type")
                .body(Body::empty());
            let answer = server.send(request.unwrap()).await;
            let name = format!("{method} {}", endpoint.path);
            assert_eq!(answer.header("access-control-allow-credentials"), "", "{name}");
            let by_cookie = matches!(endpoint.protection, Protection::Browser | Protection::Administrator);
            let origin = answer.header("access-control-allow-origin");
            assert!(origin.is_empty() || origin == "*" && !by_cookie, "{name}: {origin}");
        }
    }
}

/// Scripts in what comes from outside: addresses, parameters, names that applications give themselves.
#[tokio::test]
async fn nothing_from_outside_becomes_markup() {
    let server = Server::with_provider().await;
    let client = server.register_with(|client| client.name = "<script>alert(1)</script>\"'>".into()).await;
    crate::connect::enable(&server, &client.id).await;
    let script = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";
    let encoded: String = Serializer::new(String::new()).append_pair("", script).finish();
    let encoded = encoded.trim_start_matches('=');
    let mut browser = Browser::default();
    let page = redirected(&browser.get(&server, &authorize(&client, &[("login_hint", script)])).await);
    let handle = crate::browser::param(&page, "handle");
    let mut pages = vec![browser.get(&server, page.as_str()).await];
    let fields = [("handle", handle.as_str()), ("address", script)];
    pages.push(browser.post(&server, "/u/identify", &fields).await);
    let there = redirected(&browser.get(&server, &authorize(&client, &[("connection", "provider")])).await);
    let consent = redirected(&browser.at_provider(&server, there.as_str(), "ada", "allow").await);
    pages.push(browser.get(&server, consent.as_str()).await);
    browser.get(&server, "/activate").await;
    pages.push(browser.post(&server, "/activate", &[("user_code", script)]).await);
    for address in [
        "/authorize?client_id=",
        "/authorize?redirect_uri=x&client_id=",
        "/login/callback?state=",
        "/u/sign-in?handle=",
        "/login/callback?error=",
        "/activate?user_code=",
        "/connect?ticket=",
        "/oidc/logout?post_logout_redirect_uri=",
        "/nowhere/",
        "/v2/logout?returnTo=",
        "/u/try?handle=",
        "/u/connect?session=",
    ] {
        pages.push(browser.get(&server, &format!("{address}{encoded}")).await);
    }
    for page in pages {
        assert!(!page.text.contains("<script"), "{}", page.text);
        assert!(!page.text.contains("<img src=x"), "{}", page.text);
        assert!(page.header("content-security-policy").contains("default-src 'none'"), "{}", page.text);
    }
}
