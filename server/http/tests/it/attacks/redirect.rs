//! Answers led elsewhere: RFC 9700 sections 4.1 (redirect URI validation) and 4.11 (open redirectors).

use axum::{body::Body, http::Request};
use coffer_contract::application::{ApplicationType, Origin};

use super::{authorize, path};
use crate::browser::Browser;
use crate::device::post;
use crate::harness::{ISSUER, Server};

/// What an attacker would rather have than [`CALLBACK`], `https://app.example/callback`.
const LOOKALIKES: [&str; 24] = [
    "https://evil.example/callback",
    "https://evil.example/https://app.example/callback",
    "https://app.example.evil.example/callback",
    "https://evilapp.example/callback",
    "https://app.example@evil.example/callback",
    "https://app.example:pass@evil.example/callback",
    "https://evil.example\\@app.example/callback",
    "https://app.example\\.evil.example/callback",
    "https://app.example%2eevil.example/callback",
    "https://app.example./callback",
    "https://app.example:8443/callback",
    "https://\u{430}pp.example/callback",
    "https://app.example/callback/",
    "https://app.example/callback/../evil",
    "https://app.example/callback/%2e%2e/evil",
    "https://app.example/callback?next=https://evil.example",
    "https://app.example/callback#fragment",
    "https://app.example/call%62ack",
    "https://app.example/callback\0",
    "https://app.example/callback\r\nLocation: https://evil.example",
    "http://app.example/callback",
    "HTTPS://APP.EXAMPLE/callback",
    "//evil.example/callback",
    "javascript:alert(1)//https://app.example/callback",
];

/// Section 4.1.3: simple string comparison, at every endpoint that takes one.
#[tokio::test]
async fn lookalike_redirect_uris_get_no_answer() {
    let server = Server::start().await;
    let client = server.web().await;
    for uri in LOOKALIKES {
        for changes in [vec![], vec![("response_type", "token")], vec![("prompt", "none")]] {
            for mode in ["", "form_post", "web_message"] {
                let changes = [&changes[..], &[("redirect_uri", uri), ("response_mode", mode)]].concat();
                let answer = server.get(&authorize(&client, &changes)).await;
                assert_eq!(answer.status, 400, "{uri:?} {mode}");
                assert_eq!(answer.header("location"), "", "{uri:?}");
                assert!(!answer.text.contains("evil.example"), "nor is it shown: {uri:?}");
            }
        }
        let pushed = [("response_type", "code"), ("redirect_uri", uri), ("scope", "openid")];
        let pushed = post(&server, "/oauth/par", &client, &pushed).await;
        assert_eq!(pushed.status, 400, "{uri:?}: {}", pushed.text);
        let code = server.code(&client).await;
        let fields = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", uri)];
        assert_eq!(post(&server, "/oauth/token", &client, &fields).await.status, 400, "{uri:?}");
    }
}

/// A callback that would run as a script or read a file cannot be registered, whatever the application is.
#[tokio::test]
async fn callbacks_that_are_scripts_cannot_be_registered() {
    let server = Server::start().await;
    let machine = crate::management::Machine::new(&server).await;
    for app_type in ["native", "spa", "regular_web"] {
        for uri in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "blob:https://app.example/1",
            "https://*.app.example/",
            "https://app.example/#x",
        ] {
            let body = serde_json::json!({"name": "x", "app_type": app_type, "callbacks": [uri]});
            let answer = machine.post("/clients", body).await;
            // The machine's bucket fills again with time.
            server.clock.advance_seconds(1);
            assert_eq!(answer.status, 400, "{app_type} {uri}: {}", answer.text);
        }
    }
}

/// Section 4.11.2: whoever registered themselves must not get browsers sent to their site before anybody
/// signed in, by a request that is wrong on purpose. (`prompt=none` answers by definition; the RFC excepts it.)
#[tokio::test]
async fn a_wrong_request_of_a_stranger_redirects_nobody() {
    let server = Server::start().await;
    for origin in [Origin::Registered, Origin::Document] {
        let stranger = server
            .register_with(|client| {
                client.origin = origin;
                client.app_type = ApplicationType::RegularWeb;
            })
            .await;
        for changes in [
            [("response_type", "token")],
            [("response_type", "")],
            [("prompt", "nonsense")],
            [("code_challenge_method", "plain")],
            [("audience", "https://nowhere.example")],
            [("connection", "nowhere")],
        ] {
            let answer = server.get(&authorize(&stranger, &changes)).await;
            assert_eq!(answer.header("location"), "", "{changes:?}");
            assert_eq!(answer.status, 400, "{changes:?}");
            assert!(answer.text.contains("app.example"), "the person is told where it would go");
            assert!(!answer.text.contains("http-equiv"), "and decides: {}", answer.text);
        }
    }
}

/// Section 4.11.1: the callback of the providers' answers is told nowhere to go, and goes nowhere.
#[tokio::test]
async fn the_providers_callback_is_no_redirector() {
    let server = Server::start().await;
    for query in [
        "",
        "state=x&code=y",
        "error=access_denied&state=x",
        "error=x&error_uri=https://evil.example",
        "state=x&code=y&redirect_uri=https://evil.example&return_to=//evil.example",
    ] {
        let answer = server.get(&format!("/login/callback?{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (400, ""), "{query}");
        assert!(!answer.text.contains("evil.example"), "{query}");
    }
}

/// Where the server is comes from its settings, never from a request.
#[tokio::test]
async fn host_headers_change_no_address() {
    let server = Server::start().await;
    let client = server.web().await;
    let paths = ["/.well-known/openid-configuration".to_owned(), "/console".into(), authorize(&client, &[])];
    for address in paths {
        let request = Request::get(&address)
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "http")
            .header("forwarded", "host=evil.example;proto=http");
        let answer = server.send(request.body(Body::empty()).unwrap()).await;
        assert!(!answer.text.contains("evil.example"), "{address}");
        let location = answer.header("location");
        assert!(location.is_empty() || location.starts_with('/'), "{address}: {location}");
        assert!(!answer.header("set-cookie").contains("evil"), "{address}");
        assert!(address != "/.well-known/openid-configuration" || answer.json()["issuer"] == ISSUER);
    }
}

/// Every page that goes on with a redirect after a form of the console's or the hosted pages' leads within.
#[tokio::test]
async fn returning_to_a_page_after_sign_in_stays_here() {
    let server = Server::start().await;
    let mut browser = Browser::default();
    super::browser::set_up(&server, &mut browser).await;
    for target in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/console/../../evil",
        "/console/\t//evil.example",
        "javascript:alert(1)",
        "/console.evil.example",
        "",
    ] {
        let answer = super::browser::console_sign_in(&server, &mut browser, target).await;
        let location = url::Url::parse(ISSUER).unwrap().join(answer.header("location")).unwrap();
        assert_eq!(location.origin().ascii_serialization(), ISSUER.trim_end_matches('/'), "{target:?}");
        assert!(path(&location).starts_with("/console/"), "{target:?}: {location}");
    }
}
