//! Codes and tokens put where they do not belong: RFC 9700 sections 4.5 (code injection), 4.6 (access token
//! injection), 4.7 (cross-site request forgery) and 4.8 (PKCE downgrade), at this server and, where it is a
//! client, at its callback.

use coffer_core::audit::EventCode;

use super::{application, authorize, code, path, provider_answer, sign_in};
use crate::browser::{Browser, param, redirected};
use crate::device::post;
use crate::harness::{CALLBACK, Registered, Server, VERIFIER};

async fn redeem(server: &Server, client: &Registered, code: &str, verifier: &str) -> (u16, String) {
    let mut fields = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
    if !verifier.is_empty() {
        fields.push(("code_verifier", verifier));
    }
    post(server, "/oauth/token", client, &fields).await.refusal()
}

/// Section 4.5: a stolen code, injected into the attacker's own session at the same client, meets a verifier
/// that is not its own. `grants::a_code_needs_its_client_redirect_uri_verifier_and_minute` has the rest.
#[tokio::test]
async fn a_stolen_code_in_another_session_of_the_client_is_refused() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let stolen = code(&server, &client, &[]).await;
    let attackers = "the-verifier-of-the-attackers-own-session-at-the-client";
    assert_eq!(redeem(&server, &client, &stolen, attackers).await, (400, "invalid_grant".into()));
    assert_eq!(redeem(&server, &client, &stolen, "").await, (400, "invalid_grant".into()));
    assert_eq!(redeem(&server, &client, &stolen, VERIFIER).await.0, 200, "the owner is not locked out");
}

/// Section 4.8.2, first attack: the challenge is taken out of the request on its way.
#[tokio::test]
async fn a_challenge_stripped_from_the_request_makes_the_code_worthless() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let stripped = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = code(&server, &client, &stripped).await;
    assert_eq!(redeem(&server, &client, &code, VERIFIER).await, (400, "invalid_grant".into()));
    // Half of it: nobody is told that a method alone, or `plain`, were any protection.
    for changes in [
        vec![("code_challenge", "")],
        vec![("code_challenge_method", "")],
        vec![("code_challenge_method", "plain")],
        vec![("code_challenge_method", "s256")],
        vec![("code_challenge", "short")],
    ] {
        let refused = redirected(&server.get(&authorize(&client, &changes)).await);
        assert_eq!(param(&refused, "error"), "invalid_request", "{changes:?}");
    }
}

/// Sections 4.5 and 4.8, at the callback: a provider's code of the attacker's own trip, brought into a victim's
/// browser with the victim's state, meets the victim's verifier at the provider.
#[tokio::test]
async fn a_providers_code_of_another_trip_is_refused_by_the_provider() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let request = authorize(&client, &[("connection", "provider")]);
    let (mut victim, mut attacker) = (Browser::default(), Browser::default());
    let victims = redirected(&victim.get(&server, &request).await);
    let attackers = redirected(&attacker.get(&server, &request).await);
    for name in ["state", "code_challenge"] {
        assert_ne!(param(&victims, name), param(&attackers, name), "each trip has its own {name}");
    }
    assert_eq!(param(&attackers, "code_challenge_method"), "S256");
    let stolen = param(&provider_answer(&attackers, "grace").await, "code");
    let mixed = format!("/login/callback?code={stolen}&state={}", param(&victims, "state"));
    assert_eq!(victim.get(&server, &mixed).await.status, 502);
    assert_eq!(server.events(EventCode::UserSignedIn).await, 1, "nobody was signed in but at the beginning");
}

/// Section 4.7, at the callback (login CSRF): the attacker's whole answer, in a victim's browser.
#[tokio::test]
async fn an_attackers_answer_does_not_sign_a_victim_in() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let request = authorize(&client, &[("connection", "provider")]);
    let (mut victim, mut attacker) = (Browser::default(), Browser::default());
    let there = redirected(&attacker.get(&server, &request).await);
    let answer = provider_answer(&there, "grace").await;
    victim.get(&server, &request).await;
    assert_eq!(victim.get(&server, answer.as_str()).await.status, 400, "begun in another browser");
    assert_eq!(Browser::default().get(&server, answer.as_str()).await.status, 400, "and without a session");
    for forged in ["code=x", "code=x&state=", "code=x&state=forged"] {
        assert_eq!(victim.get(&server, &format!("/login/callback?{forged}")).await.status, 400, "{forged}");
    }
    // It was tried, so it is used up for everybody.
    assert_eq!(attacker.get(&server, answer.as_str()).await.status, 400);
    assert_eq!(server.events(EventCode::UserSignedIn).await, 1);
}

/// Section 4.7: a provider's answer works once, even in its own browser.
#[tokio::test]
async fn a_providers_answer_is_not_replayed() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let mut browser = Browser::default();
    let there = redirected(&browser.get(&server, &authorize(&client, &[("connection", "provider")])).await);
    let answer = provider_answer(&there, "ada").await;
    assert!(browser.get(&server, &path(&answer)).await.status.is_redirection());
    assert_eq!(browser.get(&server, &path(&answer)).await.status, 400);
}

/// Section 4.7, against clients: the state comes back byte for byte, whatever is in it, and in no other place.
#[tokio::test]
async fn the_state_comes_back_as_it_was_and_injects_nothing() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    for state in [
        "a&code=forged&iss=https://evil.example",
        "a#code=forged",
        "é\u{1}\r\nSet-Cookie: a=b",
        "\"><script>",
    ] {
        let request = authorize(&client, &[("connection", "provider"), ("state", state)]);
        let answer = sign_in(&server, &mut Browser::default(), &request, "ada").await;
        let location = redirected(&answer);
        assert_eq!(param(&location, "state"), state);
        assert_eq!(location.query_pairs().filter(|(name, _)| name == "code").count(), 1, "{location}");
        assert_eq!((location.fragment(), answer.header("set-cookie").contains("a=b")), (None, false));
        let by_form =
            authorize(&client, &[("response_mode", "form_post"), ("state", state), ("prompt", "none")]);
        let page = server.get(&by_form).await;
        assert!(!page.text.contains("<script") && !page.text.contains("value=\"\">"), "{}", page.text);
    }
}

/// Section 4.6: an access token cannot be injected at a client by this server's answers, for none carries one;
/// and an ID token is bound to its request by the nonce, and to its client by the audience.
#[tokio::test]
async fn tokens_are_bound_to_the_request_that_asked_for_them() {
    let server = Server::with_provider().await;
    let client = application(&server).await;
    let code = code(&server, &client, &[("nonce", "of-this-request")]).await;
    let tokens = server.redeem(&client, &code).await.json();
    let claims = super::jwt::claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(
        (claims["nonce"].as_str(), claims["aud"].as_str()),
        (Some("of-this-request"), Some(client.id.as_str()))
    );
    // And the other way: what a provider answers with is bound to the trip. Its ID tokens are tried in
    // server/federation/tests/it/id_token.rs, its user info in profile.rs there.
}
