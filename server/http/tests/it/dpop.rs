//! Proof of possession (RFC 9449): tokens bound to a key, at the token endpoint and where they are used.

use axum::{body::Body, http::Request};
use coffer_contract::application::{ApplicationType, GrantType, SigningAlgorithm};
use coffer_core::audit::EventCode;
use serde_json::json;

use crate::browser::{Browser, param, redirected};
use crate::harness::{Answer, CALLBACK, Registered, Server, VERIFIER, challenge};
use crate::keys::Key;

const TOKEN: &str = "/oauth/token";

fn key() -> Key {
    Key::new(SigningAlgorithm::Es256)
}

async fn public(server: &Server) -> Registered {
    server
        .register(ApplicationType::SinglePage, &[GrantType::AuthorizationCode, GrantType::RefreshToken])
        .await
}

/// Posts to the token endpoint with these proofs.
async fn post(server: &Server, proofs: &[&str], fields: &[(&str, &str)]) -> Answer {
    let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = Request::post(TOKEN).header("content-type", "application/x-www-form-urlencoded");
    for proof in proofs {
        request = request.header("dpop", *proof);
    }
    server.send(request.body(Body::from(body)).unwrap()).await
}

async fn redeem(server: &Server, client: &Registered, proofs: &[&str]) -> Answer {
    let code = server.code(client).await;
    redeem_code(server, client, &code, proofs).await
}

async fn redeem_code(server: &Server, client: &Registered, code: &str, proofs: &[&str]) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", client.id.as_str()),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    post(server, proofs, &fields).await
}

async fn userinfo(server: &Server, scheme: &str, token: &str, proof: Option<&str>) -> Answer {
    let mut request = Request::get("/userinfo").header("authorization", format!("{scheme} {token}"));
    if let Some(proof) = proof {
        request = request.header("dpop", proof);
    }
    server.send(request.body(Body::empty()).unwrap()).await
}

/// Sections 5 and 7.
#[tokio::test]
async fn a_bound_token_is_worth_nothing_without_its_key() {
    let server = Server::start().await;
    let client = public(&server).await;
    let (own, other) = (key(), key());
    let answer = redeem(&server, &client, &[&own.proof(&server, "POST", TOKEN, None)]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["token_type"], "DPoP");
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let proof = |key: &Key, token: &str| key.proof(&server, "GET", "/userinfo", Some(token));

    let good = proof(&own, &token);
    let opened = userinfo(&server, "DPoP", &token, Some(&good)).await;
    assert_eq!(opened.json()["sub"], server.user_id.as_str(), "{}", opened.text);
    let again = userinfo(&server, "DPoP", &token, Some(&good)).await;
    assert_eq!(again.refusal(), (401, "invalid_dpop_proof".into()), "a proof is good once");
    for (scheme, proof, code) in [
        ("Bearer", Some(proof(&own, &token)), "invalid_token"),
        ("Bearer", None, "invalid_token"),
        ("DPoP", Some(proof(&other, &token)), "invalid_token"),
        ("DPoP", Some(proof(&own, "another token")), "invalid_dpop_proof"),
        ("DPoP", Some(own.proof(&server, "GET", "/userinfo", None)), "invalid_dpop_proof"),
        ("DPoP", Some(own.proof(&server, "POST", "/userinfo", Some(&token))), "invalid_dpop_proof"),
        ("DPoP", Some(own.proof(&server, "GET", "/me", Some(&token))), "invalid_dpop_proof"),
        ("DPoP", None, "invalid_dpop_proof"),
    ] {
        let answer = userinfo(&server, scheme, &token, proof.as_deref()).await;
        assert_eq!(answer.refusal(), (401, code.into()), "{scheme} {proof:?}");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("DPoP ") && challenge.contains("ES256"), "{challenge}");
        assert!(challenge.contains(code), "{challenge}");
    }
}

#[tokio::test]
async fn a_token_without_a_key_is_no_dpop_token() {
    let server = Server::start().await;
    let client = public(&server).await;
    let answer = redeem(&server, &client, &[]).await;
    assert_eq!(answer.json()["token_type"], "Bearer");
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(userinfo(&server, "Bearer", &token, None).await.status, 200);
    let proof = key().proof(&server, "GET", "/userinfo", Some(&token));
    assert_eq!(userinfo(&server, "DPoP", &token, Some(&proof)).await.refusal().1, "invalid_token");
    assert_eq!(userinfo(&server, "DPoP", "unknown", Some(&proof)).await.refusal().1, "invalid_token");
}

/// Section 5: `invalid_dpop_proof`, and nothing is issued.
#[tokio::test]
async fn a_bad_proof_gets_no_token() {
    let server = Server::start().await;
    let client = public(&server).await;
    let own = key();
    let good = || own.proof(&server, "POST", TOKEN, None);
    let code = server.code(&client).await;
    let (one, two) = (good(), good());
    let old = good();
    server.clock.advance_seconds(301);
    for proofs in [
        &["nonsense"][..],
        &[&one, &two],
        &[&old],
        &[&own.proof(&server, "GET", TOKEN, None)],
        &[&own.proof(&server, "POST", "/oauth/revoke", None)],
    ] {
        let answer = redeem_code(&server, &client, &code, proofs).await;
        assert_eq!(answer.refusal(), (400, "invalid_dpop_proof".into()), "{proofs:?}");
    }
    let proof = good();
    assert_eq!(redeem(&server, &client, &[&proof]).await.status, 200);
    assert_eq!(redeem(&server, &client, &[&proof]).await.refusal(), (400, "invalid_dpop_proof".into()));
}

/// Section 5: the refresh tokens of public clients are bound; a confidential client proves itself anyway.
#[tokio::test]
async fn refresh_tokens_of_public_clients_are_bound() {
    let server = Server::start().await;
    let client = public(&server).await;
    let (own, other) = (key(), key());
    let proof = |key: &Key| key.proof(&server, "POST", TOKEN, None);
    let tokens = redeem(&server, &client, &[&proof(&own)]).await.json();
    let mut token = tokens["refresh_token"].as_str().unwrap().to_owned();
    let refresh = async |token: &str, proofs: &[&str]| {
        let fields =
            [("grant_type", "refresh_token"), ("client_id", client.id.as_str()), ("refresh_token", token)];
        post(&server, proofs, &fields).await
    };
    assert_eq!(refresh(&token, &[]).await.refusal(), (400, "invalid_grant".into()));
    assert_eq!(refresh(&token, &[&proof(&other)]).await.refusal(), (400, "invalid_grant".into()));
    assert_eq!(server.events(EventCode::TokenRefreshRefused).await, 2);
    for _ in 0..2 {
        let answer = refresh(&token, &[&proof(&own)]).await;
        assert_eq!(answer.json()["token_type"], "DPoP", "{}", answer.text);
        token = answer.json()["refresh_token"].as_str().unwrap().to_owned();
    }

    let web = server.web().await;
    let with_secret = |fields: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        let mut all: Vec<_> = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        all.push(("client_id", web.id.as_str().to_owned()));
        all.push(("client_secret", web.secret.clone()));
        all
    };
    let send = async |proofs: &[&str], fields: Vec<(&'static str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        post(&server, proofs, &fields).await.json()
    };
    let code = server.code(&web).await;
    let first = send(
        &[&proof(&own)],
        with_secret(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ]),
    )
    .await;
    assert_eq!(first["token_type"], "DPoP");
    let token = first["refresh_token"].as_str().unwrap();
    let second = send(&[], with_secret(&[("grant_type", "refresh_token"), ("refresh_token", token)])).await;
    assert_eq!(second["token_type"], "Bearer", "{second}");
}

/// Section 10: `dpop_jkt` binds the code.
#[tokio::test]
async fn a_code_is_bound_to_the_key_of_the_authorization_request() {
    let server = Server::with_provider().await;
    let client = server
        .register_with(|client| {
            client.first_party = true;
            client.grants = GrantType::ALL.to_vec();
        })
        .await;
    server.enable(&client).await;
    let (own, other) = (key(), key());
    let mut browser = Browser::default();
    let authorize = |jkt: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("client_id", client.id.as_str()),
                ("redirect_uri", CALLBACK),
                ("response_type", "code"),
                ("scope", "openid"),
                ("connection", "provider"),
                ("code_challenge", &challenge()),
                ("code_challenge_method", "S256"),
                ("dpop_jkt", jkt),
            ])
            .finish();
        format!("/authorize?{query}")
    };
    let refused = browser.get(&server, &authorize("short")).await;
    assert_eq!(param(&redirected(&refused), "error"), "invalid_request");
    let mut code = async || {
        let answer = browser.get(&server, &authorize(&own.thumbprint())).await;
        let mut at = redirected(&answer);
        if !at.as_str().starts_with(CALLBACK) {
            let back = browser.at_provider(&server, at.as_str(), "ada", "allow").await;
            at = redirected(&back);
        }
        param(&at, "code")
    };
    let proof = |key: &Key| key.proof(&server, "POST", TOKEN, None);
    let fields = |code: &str| {
        vec![
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", client.id.as_str().to_owned()),
            ("client_secret", client.secret.clone()),
            ("code", code.to_owned()),
            ("redirect_uri", CALLBACK.to_owned()),
            ("code_verifier", VERIFIER.to_owned()),
        ]
    };
    let redeem = async |code: &str, proofs: &[&str]| {
        let fields = fields(code);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        post(&server, proofs, &fields).await
    };
    let first = code().await;
    assert_eq!(redeem(&first, &[]).await.refusal(), (400, "invalid_grant".into()));
    assert_eq!(redeem(&first, &[&proof(&other)]).await.refusal(), (400, "invalid_grant".into()));
    let answer = redeem(&first, &[&proof(&own)]).await;
    assert_eq!(answer.json()["token_type"], "DPoP", "{}", answer.text);
}

/// Section 10.1: a proof with a pushed request binds the code too, and may not contradict `dpop_jkt`.
#[tokio::test]
async fn a_pushed_request_is_bound_by_its_proof() {
    let server = Server::with_provider().await;
    let client = server.register_with(|client| client.first_party = true).await;
    server.enable(&client).await;
    let (own, other) = (key(), key());
    let challenge = challenge();
    let push = async |jkt: &str, proof: String| {
        let mut fields = vec![
            ("client_id", client.id.as_str()),
            ("client_secret", &client.secret),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid"),
            ("connection", "provider"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("dpop_jkt", jkt),
        ];
        fields.retain(|(_, value)| !value.is_empty());
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post("/oauth/par")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("dpop", proof);
        server.send(request.body(Body::from(body)).unwrap()).await
    };
    let proof = |key: &Key| key.proof(&server, "POST", "/oauth/par", None);
    let refused = push(&other.thumbprint(), proof(&own)).await;
    assert_eq!(refused.refusal(), (400, "invalid_dpop_proof".into()));
    assert_eq!(push("", own.proof(&server, "POST", TOKEN, None)).await.refusal().1, "invalid_dpop_proof");
    assert_eq!(push(&own.thumbprint(), proof(&own)).await.status, 201);
    let pushed = push("", proof(&own)).await.json();
    let uri = pushed["request_uri"].as_str().unwrap();
    let mut browser = Browser::default();
    let start = browser.get(&server, &format!("/authorize?client_id={}&request_uri={uri}", client.id)).await;
    let back = browser.at_provider(&server, redirected(&start).as_str(), "ada", "allow").await;
    let code = param(&redirected(&back), "code");
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", client.id.as_str()),
        ("client_secret", &client.secret),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    assert_eq!(post(&server, &[], &fields).await.refusal(), (400, "invalid_grant".into()));
    let answer = post(&server, &[&own.proof(&server, "POST", TOKEN, None)], &fields).await;
    assert_eq!(answer.json()["token_type"], "DPoP", "{}", answer.text);
}

/// The My Account API takes bound tokens in the same way.
#[tokio::test]
async fn the_my_account_api_asks_for_the_proof() {
    let server = Server::start().await;
    let client = server
        .register_with(|client| {
            client.app_type = ApplicationType::SinglePage;
            client.auth_method = coffer_contract::application::TokenEndpointAuthMethod::None;
            client.first_party = true;
            client.connect_accounts = true;
        })
        .await;
    let own = key();
    let tokens = redeem(&server, &client, &[&own.proof(&server, "POST", TOKEN, None)]).await.json();
    let answer = post(
        &server,
        &[&own.proof(&server, "POST", TOKEN, None)],
        &[
            ("grant_type", "refresh_token"),
            ("client_id", client.id.as_str()),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
            ("audience", "https://coffer.example/me/"),
            ("scope", "read:me:connected_accounts"),
        ],
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let path = "/me/v1/connected-accounts/accounts";
    assert_eq!(server.bearer("GET", path, &token, None).await.status, 401);
    let request = Request::get(format!("{path}?take=5"))
        .header("authorization", format!("DPoP {token}"))
        .header("dpop", own.proof(&server, "GET", path, Some(&token)));
    let opened = server.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(opened.json()["accounts"], json!([]), "{}", opened.text);
}

#[tokio::test]
async fn the_metadata_names_the_algorithms() {
    let server = Server::start().await;
    let metadata = server.get("/.well-known/openid-configuration").await.json();
    let algs = metadata["dpop_signing_alg_values_supported"].as_array().unwrap();
    assert!(algs.contains(&json!("ES256")) && !algs.contains(&json!("none")));
}
