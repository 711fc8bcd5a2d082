//! Logout: RP-initiated (OpenID Connect RP-Initiated Logout 1.0), and who is told of it (Back-Channel
//! Logout 1.0).

use std::sync::{Arc, Mutex};

use axum::{Form, Router, http::StatusCode, routing::post};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use coffer_contract::application::SigningAlgorithm;
use coffer_core::{
    Clock as _, SystemRng,
    audit::{Actor, AuditEvent, EventCode},
    client::Client,
};
use coffer_oidc::keys::{Start, rotate};
use jsonwebtoken::{DecodingKey, Validation, decode, jwk::JwkSet};
use serde_json::{Value, json};

use crate::browser::{Browser, param, redirected};
use crate::connect::enable;
use crate::harness::{CALLBACK, Registered, Server, VERIFIER, challenge};

const AFTER: &str = "https://app.example/bye";

async fn change(server: &Server, client: &Registered, how: impl FnOnce(&mut Client)) {
    let mut found = server.store.clients().get(&client.id).await.unwrap().unwrap();
    how(&mut found);
    let event = AuditEvent::new(server.clock.now(), EventCode::ApplicationUpdated, Actor::System, "test");
    server.store.clients().update(&found, found.version, event).await.unwrap();
}

async fn client(server: &Server) -> Registered {
    let client = server.web().await;
    enable(server, &client.id).await;
    change(server, &client, |client| {
        client.logout_urls = vec![AFTER.into()];
        client.first_party = true;
    })
    .await;
    client
}

/// Signs "ada" in, or goes on with her session; the tokens.
async fn sign_in(server: &Server, browser: &mut Browser, client: &Registered, scope: &str) -> Value {
    let query = format!(
        "/authorize?client_id={}&redirect_uri={CALLBACK}&response_type=code&scope={scope}&connection=provider\
         &code_challenge={}&code_challenge_method=S256",
        client.id,
        challenge()
    );
    let mut next = redirected(&browser.get(server, &query).await);
    if !next.as_str().starts_with(CALLBACK) {
        next = redirected(&browser.at_provider(server, next.as_str(), "ada", "allow").await);
    }
    let answer = server
        .token(&[
            ("grant_type", "authorization_code"),
            ("client_id", client.id.as_str()),
            ("client_secret", &client.secret),
            ("code", &param(&next, "code")),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ])
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

async fn is_signed_in(server: &Server, browser: &mut Browser) -> bool {
    browser.get(server, "/u/account").await.text.contains("Signed in as")
}

fn logout(params: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    format!("/oidc/logout?{query}")
}

/// Section 2: a hint that proves the request needs no question; the session is over, and the browser is back.
#[tokio::test]
async fn a_proven_request_signs_out_and_returns() {
    let server = Server::with_provider().await;
    let client = client(&server).await;
    for way in ["hint", "session"] {
        let mut browser = Browser::default();
        let tokens = sign_in(&server, &mut browser, &client, "openid").await;
        let sid = claims(&tokens["id_token"])["sid"].clone();
        let id_token = tokens["id_token"].as_str().unwrap();
        let proof = match way {
            "hint" => ("id_token_hint", id_token),
            _ => ("logout_hint", sid.as_str().unwrap()),
        };
        server.clock.advance_seconds(2 * 3600);
        let address = logout(&[
            ("client_id", client.id.as_str()),
            proof,
            ("post_logout_redirect_uri", AFTER),
            ("state", "st"),
            ("ui_locales", "fr"),
            ("federated", ""),
        ]);
        let there = redirected(&browser.get(&server, &address).await);
        assert_eq!(there.as_str(), format!("{AFTER}?state=st"), "{way}: an ended ID token will do");
        assert!(!is_signed_in(&server, &mut browser).await, "{way}");
    }
    assert_eq!(server.events(EventCode::UserSignedOut).await, 2);
}

/// An ended ID token hints, whichever key signed it; one whose key somebody else may have had proves nothing.
#[tokio::test]
async fn a_hint_outlives_its_key_unless_that_was_compromised() {
    for (start, proves) in [(Start::Published(300), true), (Start::Compromised, false)] {
        let server = Server::with_provider().await;
        let client = client(&server).await;
        let mut browser = Browser::default();
        let tokens = sign_in(&server, &mut browser, &client, "openid").await;
        let alg = server.store.clients().get(&client.id).await.unwrap().unwrap().id_token_alg;
        rotate(&server.store, &server.keyring, &server.clock, &SystemRng, alg, start).await.unwrap();
        server.clock.advance_seconds(3 * 3600);
        let retired = server.keys.retire_ended().await.unwrap().len();
        assert_eq!(retired, usize::from(proves), "a withdrawn one went at once");
        server.clock.advance_seconds(10);
        let hint = tokens["id_token"].as_str().unwrap();
        let params = [("id_token_hint", hint), ("post_logout_redirect_uri", AFTER)];
        let answer = browser.get(&server, &logout(&params)).await;
        let returned = answer.status.is_redirection() && answer.header("location").starts_with(AFTER);
        assert_eq!(returned, proves, "{} {}", answer.status, answer.text);
    }
}

/// Section 6: without proof the person is asked; the address to return to is one of the application's.
#[tokio::test]
async fn an_unproven_request_asks_and_a_foreign_address_is_refused() {
    let server = Server::with_provider().await;
    let (client, other) = (client(&server).await, client(&server).await);
    let mut browser = Browser::default();
    let tokens = sign_in(&server, &mut browser, &client, "openid").await;
    let hint = tokens["id_token"].as_str().unwrap();
    let id = client.id.as_str();
    for (params, why) in [
        (vec![("client_id", id), ("post_logout_redirect_uri", AFTER)], "no hint"),
        (vec![("client_id", id), ("logout_hint", "made-up")], "a made-up session"),
        (vec![("id_token_hint", "x.y.z")], "no ID token"),
    ] {
        let page = browser.get(&server, &logout(&params)).await;
        assert_eq!(page.status, 200, "{why}");
        assert!(page.text.contains("Sign out?"), "{why}: {}", page.text);
    }
    for params in [
        vec![("client_id", id), ("post_logout_redirect_uri", "https://evil.example/")],
        vec![("id_token_hint", hint), ("post_logout_redirect_uri", "https://app.example/bye/")],
        vec![("post_logout_redirect_uri", AFTER)],
        vec![("client_id", other.id.as_str()), ("id_token_hint", hint)],
    ] {
        let page = browser.get(&server, &logout(&params)).await;
        assert_eq!((page.status.as_u16(), page.header("location")), (400, ""), "{params:?}");
    }
    assert!(is_signed_in(&server, &mut browser).await);
    let confirmed =
        browser.post(&server, "/u/sign-out", &[("client_id", id), ("post_logout_redirect_uri", AFTER)]).await;
    assert_eq!(redirected(&confirmed).as_str(), AFTER);
    assert!(!is_signed_in(&server, &mut browser).await);
}

/// Section 2: GET and POST. A form that another site posts has no cookie with it: once more, by GET.
#[tokio::test]
async fn a_form_will_do_as_well() {
    let server = Server::with_provider().await;
    let client = client(&server).await;
    let mut browser = Browser::default();
    let tokens = sign_in(&server, &mut browser, &client, "openid").await;
    let hint = tokens["id_token"].as_str().unwrap();
    let fields = [("id_token_hint", hint), ("post_logout_redirect_uri", AFTER), ("state", "st")];
    let bounced = redirected(&server.form("/oidc/logout", &fields).await);
    assert_eq!((bounced.path(), param(&bounced, "id_token_hint").as_str()), ("/oidc/logout", hint));
    let there = redirected(&browser.get(&server, bounced.as_str()).await);
    assert_eq!(there.as_str(), format!("{AFTER}?state=st"));
    sign_in(&server, &mut browser, &client, "openid").await;
    let there = redirected(&browser.post(&server, "/oidc/logout", &fields).await);
    assert_eq!(there.as_str(), format!("{AFTER}?state=st"), "with the cookie at once");
}

#[tokio::test]
async fn the_vendor_s_older_form_works() {
    let server = Server::with_provider().await;
    let client = client(&server).await;
    let mut browser = Browser::default();
    sign_in(&server, &mut browser, &client, "openid").await;
    let address = format!("/v2/logout?client_id={}&returnTo={AFTER}&federated=", client.id);
    assert_eq!(redirected(&browser.get(&server, &address).await).as_str(), AFTER);
    assert!(!is_signed_in(&server, &mut browser).await);
}

/// An application that listens for logout tokens.
struct Listener {
    address: String,
    heard: Arc<Mutex<Vec<String>>>,
    answer: Arc<Mutex<StatusCode>>,
}

impl Listener {
    async fn start() -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(Mutex::new(StatusCode::NO_CONTENT));
        let (words, status) = (heard.clone(), answer.clone());
        let hear = move |Form(fields): Form<Vec<(String, String)>>| async move {
            assert_eq!(fields.len(), 1, "{fields:?}");
            assert_eq!(fields[0].0, "logout_token");
            words.lock().unwrap().push(fields[0].1.clone());
            *status.lock().unwrap()
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/backchannel", listener.local_addr().unwrap());
        tokio::spawn(async move {
            axum::serve(listener, Router::new().route("/backchannel", post(hear))).await.unwrap();
        });
        Self { address, heard, answer }
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }

    fn answer(&self, status: StatusCode) {
        *self.answer.lock().unwrap() = status;
    }
}

async fn listening(server: &Server, listener: &Listener) -> Registered {
    let client = client(server).await;
    let address = listener.address.clone();
    change(server, &client, |client| {
        client.backchannel_logout_uri = Some(address);
        client.id_token_alg = SigningAlgorithm::Rs256;
    })
    .await;
    client
}

/// Sections 2.4 to 2.6: a signed token for each application of the session, with what they must check.
#[tokio::test]
async fn every_application_of_the_session_is_told() {
    let server = Server::with_provider().await;
    let listener = Listener::start().await;
    let (one, two) = (listening(&server, &listener).await, listening(&server, &listener).await);
    let deaf = client(&server).await;
    let mut browser = Browser::default();
    let tokens = sign_in(&server, &mut browser, &one, "openid").await;
    sign_in(&server, &mut browser, &two, "openid+offline_access").await;
    sign_in(&server, &mut browser, &deaf, "openid").await;
    let mut elsewhere = Browser::default();
    sign_in(&server, &mut elsewhere, &one, "openid").await;
    let hint = tokens["id_token"].as_str().unwrap();
    browser.get(&server, &logout(&[("id_token_hint", hint)])).await;
    assert_eq!(listener.heard(), Vec::<String>::new(), "not while the browser waits");
    assert_eq!(server.state.oidc.tell_due().await.unwrap(), 2);

    let keys: JwkSet = serde_json::from_value(server.get("/.well-known/jwks.json").await.json()).unwrap();
    let heard = listener.heard();
    let mut told = Vec::new();
    for token in &heard {
        let header = jsonwebtoken::decode_header(token).unwrap();
        assert_eq!(header.typ.as_deref(), Some("logout+jwt"));
        let key = DecodingKey::from_jwk(keys.find(header.kid.as_deref().unwrap()).unwrap()).unwrap();
        let mut rules = Validation::new(header.alg);
        rules.validate_exp = false;
        rules.validate_aud = false;
        let claims = decode::<Value>(token, &key, &rules).unwrap().claims;
        assert_eq!(claims["iss"], crate::harness::ISSUER);
        assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
        for claim in ["sub", "sid"] {
            assert_eq!(claims[claim], self::claims(&tokens["id_token"])[claim], "{claim}");
        }
        assert_eq!(claims["iat"], server.clock.now().seconds());
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
        assert!(claims["jti"].as_str().unwrap().len() > 20);
        assert!(claims.get("nonce").is_none(), "it must not pass for an ID token");
        told.push(claims["aud"].as_str().unwrap().to_owned());
    }
    told.sort();
    let mut expected = [one.id.to_string(), two.id.to_string()];
    expected.sort();
    assert_eq!(told, expected, "those of this session that listen, once each");
    assert_eq!(server.events(EventCode::LogoutTold).await, 2);
    assert!(is_signed_in(&server, &mut elsewhere).await, "another browser is another session");
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(server.userinfo(access).await.status, 401, "what was not for absence ended (section 2.7)");
}

/// An application that is down is told later; one that refuses is not asked again.
#[tokio::test]
async fn who_cannot_be_reached_is_told_later() {
    let server = Server::with_provider().await;
    let listener = Listener::start().await;
    let client = listening(&server, &listener).await;
    let oidc = &server.state.oidc;
    let sign_out = async || {
        let mut browser = Browser::default();
        let tokens = sign_in(&server, &mut browser, &client, "openid").await;
        let hint = tokens["id_token"].as_str().unwrap().to_owned();
        browser.get(&server, &logout(&[("id_token_hint", &hint)])).await;
    };
    sign_out().await;
    listener.answer(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(oidc.tell_due().await.unwrap(), 1);
    let first = listener.heard().pop().unwrap();
    assert_eq!(oidc.tell_due().await.unwrap(), 0, "not at once");
    server.clock.advance_seconds(10);
    listener.answer(StatusCode::OK);
    assert_eq!(oidc.tell_due().await.unwrap(), 1);
    let second = listener.heard().pop().unwrap();
    assert_ne!(first, second, "a fresh token, which is still good");
    assert_eq!(server.events(EventCode::LogoutTold).await, 1);

    sign_out().await;
    listener.answer(StatusCode::BAD_REQUEST);
    assert_eq!(oidc.tell_due().await.unwrap(), 1);
    assert_eq!(server.events(EventCode::LogoutNotTold).await, 1);
    server.clock.advance_seconds(24 * 3600);
    assert_eq!(oidc.tell_due().await.unwrap(), 0);
}

/// Every way in which a session ends.
#[tokio::test]
async fn signing_out_everywhere_and_another_person_end_the_session() {
    let server = Server::with_provider().await;
    let listener = Listener::start().await;
    let client = listening(&server, &listener).await;
    let mut browser = Browser::default();
    let first = sign_in(&server, &mut browser, &client, "openid").await;
    server.clock.advance_seconds(1);
    let query = format!(
        "/authorize?client_id={}&redirect_uri={CALLBACK}&response_type=code&scope=openid&connection=provider\
         &prompt=login&code_challenge={}&code_challenge_method=S256",
        client.id,
        challenge()
    );
    let there = redirected(&browser.get(&server, &query).await);
    browser.at_provider(&server, there.as_str(), "ada", "allow").await;
    assert_eq!(server.state.oidc.tell_due().await.unwrap(), 0, "she signed in again: the same session");
    let again = sign_in(&server, &mut browser, &client, "openid").await;
    assert_eq!(claims(&first["id_token"])["sid"], claims(&again["id_token"])["sid"]);
    let there = redirected(&browser.get(&server, &query).await);
    browser.at_provider(&server, there.as_str(), "grace", "allow").await;
    assert_eq!(server.state.oidc.tell_due().await.unwrap(), 1, "somebody else took the browser over");

    let mut browser = Browser::default();
    sign_in(&server, &mut browser, &client, "openid").await;
    server.clock.advance_seconds(1);
    browser.post(&server, "/u/account/sign-out-everywhere", &[]).await;
    assert_eq!(server.state.oidc.tell_due().await.unwrap(), 1);
}

#[tokio::test]
async fn the_metadata_says_so() {
    let server = Server::start().await;
    let metadata = server.get("/.well-known/openid-configuration").await.json();
    for name in ["backchannel_logout_supported", "backchannel_logout_session_supported"] {
        assert_eq!(metadata[name], true);
    }
}
