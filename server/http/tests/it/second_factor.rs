//! The second factor over HTTP: what a half-finished sign-in opens (nothing), and its pages without scripts.

use axum::{
    body::Body,
    http::{Request, header},
};
use coffer_contract::administrator::Role;
use coffer_core::Clock as _;
use coffer_crypto::{Secret, TotpSecret};

use crate::{
    browser::{Browser, redirected},
    harness::{Answer, ISSUER, Server},
    protection::BEFORE_SIGN_IN,
    roles::{self, PASSWORD},
};

const OWNER: &str = "owner@example.com";

/// An administrator with an authenticator app, which is returned; and what adding it answered.
async fn with_app(server: &Server) -> (Browser, TotpSecret, String) {
    let mut browser = roles::signed_in(server, Role::Owner).await;
    let fields = [("current_password", PASSWORD), ("name", "Phone")];
    let begun = browser.post(server, "/console/api/add_authenticator", &fields).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    let begun = begun.json();
    let secret = TotpSecret::from_base32(begun["secret"].as_str().unwrap()).unwrap();
    let code = code(server, &secret);
    let fields = [("id", begun["id"].as_str().unwrap()), ("code", &code)];
    let confirmed = browser.post(server, "/console/api/confirm_authenticator", &fields).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    server.clock.advance_seconds(30);
    let recovery = confirmed.json()["codes"][0].as_str().unwrap().to_owned();
    (browser, secret, recovery)
}

fn code(server: &Server, secret: &TotpSecret) -> String {
    secret.code_at(server.clock.now().seconds())
}

/// A form that a browser without scripts sends from `page`.
async fn submit(
    server: &Server,
    browser: &mut Browser,
    page: &str,
    action: &str,
    fields: &[(&str, &str)],
) -> Answer {
    let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = Request::post(format!("/console/api/{action}"))
        .header(header::ORIGIN, ISSUER.trim_end_matches('/'))
        .header(header::REFERER, format!("{}{}", ISSUER.trim_end_matches('/'), page))
        .header(header::ACCEPT, "text/html,application/xhtml+xml")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(cookie) = &browser.cookie {
        request = request.header(header::COOKIE, cookie);
    }
    let answer = server.send(request.body(Body::from(body)).unwrap()).await;
    if let Some(cookie) = answer.header("set-cookie").split(';').next().filter(|cookie| !cookie.is_empty()) {
        browser.cookie = Some(cookie.to_owned());
    }
    answer
}

#[tokio::test]
async fn a_password_alone_opens_no_server_function_and_no_page() {
    let server = Server::start().await;
    with_app(&server).await;
    let mut half = Browser::default();
    let fields = [("email", OWNER), ("password", PASSWORD), ("return_to", "")];
    let answer = half.post(&server, "/console/api/sign_in", &fields).await;
    assert_eq!(answer.json()["step"], "factor");
    let mut tried = 0;
    for (path, _) in leptos::server_fn::axum::server_fn_paths() {
        if BEFORE_SIGN_IN.contains(&path.trim_start_matches("/console/api/")) {
            continue;
        }
        let answer = half.post(&server, path, &[]).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text);
        tried += 1;
    }
    assert!(tried > 40);
    for page in ["/console/overview", "/console/account", "/console/logs/export"] {
        let answer = half.get(&server, page).await;
        assert!(answer.header("location").starts_with("/console/sign-in?"), "{page}: {}", answer.status);
    }
    // Nor does what belongs to the other way through a sign-in.
    for (name, fields) in [
        ("complete_enrolment", &[("code", "000000")][..]),
        ("enrol_passkey", &[]),
        ("complete_passkey_enrolment", &[("answer", "{}")]),
    ] {
        let answer = half.post(&server, &format!("/console/api/{name}"), fields).await;
        assert_eq!(answer.status, 401, "{name}: {}", answer.text);
    }
}

#[tokio::test]
async fn signing_in_with_a_factor_works_without_scripts() {
    let server = Server::start().await;
    let (_, secret, recovery) = with_app(&server).await;
    let mut browser = Browser::default();
    let to = "/console/logs?code=vault";
    let fields = [("email", OWNER), ("password", PASSWORD), ("return_to", to)];
    let answer = submit(&server, &mut browser, "/console/sign-in", "sign_in", &fields).await;
    let page = redirected(&answer);
    assert_eq!(page.path(), "/console/sign-in/factor");
    let planted = browser.cookie.clone();
    let page = page.as_str().strip_prefix(ISSUER.trim_end_matches('/')).unwrap().to_owned();
    let shown = browser.get(&server, &page).await;
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains("action=\"/console/api/answer_factor\""), "{}", shown.text);
    assert!(shown.text.contains(OWNER) && shown.text.contains("value=\"/console/logs?code=vault\""));

    let wrong =
        submit(&server, &mut browser, &page, "answer_factor", &[("code", "000000"), ("return_to", to)]).await;
    let back = redirected(&wrong);
    assert_eq!(back.path(), "/console/sign-in/factor");
    let shown = browser.get(&server, back.as_str()).await;
    assert!(shown.text.contains("This code is wrong"), "{}", shown.text);

    let fields = [("code", &*code(&server, &secret)), ("return_to", to)];
    let answer = submit(&server, &mut browser, &page, "answer_factor", &fields).await;
    assert!(redirected(&answer).as_str().ends_with(to), "{}", redirected(&answer));
    assert_ne!(browser.cookie, planted, "the session has a new id");
    assert_eq!(browser.get(&server, to).await.status, 200);
    let gone = browser.get(&server, "/console/sign-in/factor").await;
    assert!(gone.header("location").starts_with("/console/sign-in?"), "it is complete");

    // Who uses up a recovery code is told how many are left.
    let fields = [("email", OWNER), ("password", PASSWORD), ("return_to", to)];
    submit(&server, &mut browser, "/console/sign-in", "sign_in", &fields).await;
    let fields = [("code", recovery.as_str()), ("return_to", to)];
    let answer = submit(&server, &mut browser, &page, "answer_factor", &fields).await;
    let account = redirected(&answer);
    assert_eq!(account.path(), "/console/account");
    let shown = browser.get(&server, account.as_str()).await;
    assert!(shown.text.contains("You signed in with a recovery code"), "{}", shown.text);
    assert!(shown.text.contains("You have 9 recovery codes left."));
}

#[tokio::test]
async fn enrolling_at_the_sign_in_works_without_scripts() {
    let server = Server::start().await;
    let (mut owner, ..) = with_app(&server).await;
    let required = owner.post(&server, "/console/api/require_second_factor", &[("required", "true")]).await;
    assert_eq!(required.status, 200, "{}", required.text);
    let email = "viewer@example.com";
    server.state.admin.create_administrator(email, Secret::new(PASSWORD), Role::Viewer).await.unwrap();
    let mut browser = Browser::default();
    let fields = [("email", email), ("password", PASSWORD), ("return_to", "")];
    let answer = submit(&server, &mut browser, "/console/sign-in", "sign_in", &fields).await;
    assert_eq!(redirected(&answer).path(), "/console/sign-in/enrol");
    let shown = browser.get(&server, "/console/sign-in/enrol").await;
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains("<path") && shown.text.contains(email), "{}", shown.text);
    let key = shown.text.split("id=\"authenticator-key\"").nth(1).unwrap().split("value=\"").nth(1).unwrap();
    let secret = TotpSecret::from_base32(key.split('"').next().unwrap()).unwrap();
    assert_eq!(browser.post(&server, "/console/api/me", &[]).await.status, 401);
    let fields = [("code", &*code(&server, &secret))];
    let answer = submit(&server, &mut browser, "/console/sign-in/enrol", "complete_enrolment", &fields).await;
    assert_eq!(redirected(&answer).path(), "/console/account");
    assert_eq!(browser.post(&server, "/console/api/me", &[]).await.status, 200);
    let shown = browser.get(&server, "/console/account").await;
    assert!(shown.text.contains("You have 10 recovery codes left."), "{}", shown.text);
    assert!(!shown.text.contains(key), "the key is shown once");
}
