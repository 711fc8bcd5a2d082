//! Signing in through Coffer, and out again.

use serde_json::json;

use crate::{
    browser::Browser,
    world::{CLIENT_ID, CLIENT_SECRET, CONNECTION, REFRESH_TOKEN, World, keeps_secrets},
};

#[tokio::test]
async fn an_agent_that_was_told_nothing_says_what_to_do() {
    let world = World::bare().await;
    assert!(!world.sandbox.is_adopted());
    let page = world.browser.get("/").await;
    page.has("Set up the sandbox from the dashboard's Overview page").has(world.coffer.issuer().as_str());
    assert_eq!(world.browser.get("/sign-in").await.location(), "/");
    assert_eq!(world.browser.get("/callback?state=x&code=y").await.location(), "/");
    world.sandbox.adopt(CLIENT_ID.into(), CLIENT_SECRET.into(), CONNECTION.into());
    assert!(world.sandbox.is_adopted());
    world.browser.get("/").await.has("Sign in through Coffer").lacks(CLIENT_SECRET);
}

#[tokio::test]
async fn the_request_to_coffer_has_what_keeps_it_safe() {
    let world = World::start().await;
    let page = world.browser.get("/sign-in").await;
    let cookie = page.header("set-cookie");
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.split("; ").any(|part| part == flag), "{cookie}");
    }
    assert!(page.location().starts_with(&format!("{}authorize?", world.coffer.issuer())));
    let params = world.begin().await;
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", &world.sandbox.agent_callback()),
        ("scope", "openid profile email offline_access"),
        ("connection", CONNECTION),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(params[name], value, "{name}");
    }
    assert_eq!(params["code_challenge"].len(), 43);
    assert!(params["state"].len() >= 43 && params["nonce"].len() >= 43 && params["state"] != params["nonce"]);
    assert!(!params.contains_key("prompt"));
    let again = world.browser.get("/sign-in?again=1").await.location();
    assert!(again.contains("prompt=consent"), "{again}");
}

#[tokio::test]
async fn a_person_signs_in_and_out() {
    let world = World::start().await;
    let page = world.sign_in().await;
    page.has("Ada &amp; &lt;b&gt;Lovelace&lt;/b&gt;")
        .lacks("<b>Lovelace")
        .has("ada@sandbox.example")
        .has("cfr_Refr…");
    keeps_secrets(&world, &page, &[]);
    let form = world.coffer.last("/oauth/token").unwrap();
    assert_eq!((form["client_id"].as_str(), form["client_secret"].as_str()), (CLIENT_ID, CLIENT_SECRET));
    assert_eq!(form["code"], "cfc_code");
    assert!(form["code_verifier"].len() >= 43);

    let before = world.browser.cookie();
    let page = world.browser.step("/sign-out", &[]).await;
    page.has("You are signed out");
    assert_ne!(world.browser.cookie(), before);
    assert_eq!(world.coffer.last("/oauth/revoke").unwrap()["token"], REFRESH_TOKEN);
    let thief = Browser::new(&world.sandbox.agent_url());
    let stolen = thief.request(reqwest::Method::GET, "/").header("cookie", before.unwrap());
    crate::browser::Page::read(stolen).await.lacks("Lovelace");
}

#[tokio::test]
async fn the_session_has_another_key_after_the_sign_in() {
    let world = World::start().await;
    let params = world.begin().await;
    let before = world.browser.cookie().unwrap();
    world.answer(&params["state"]).await;
    assert_ne!(world.browser.cookie().unwrap(), before);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_refused() {
    let world = World::start().await;
    let issuer = world.coffer.issuer();
    let params = world.begin().await;
    let state = params["state"].as_str();

    for wrong in ["", "wrong", &params["nonce"]] {
        let page = world.answer(wrong).await;
        assert_eq!(page.status, 400);
        page.has("began in another browser");
    }
    world.back(&[("code", "cfc_code")]).await.has("began in another browser");
    assert!(world.coffer.last("/oauth/token").is_none());

    // Another browser has the address, but not the cookie.
    let other = Browser::new(&world.sandbox.agent_url());
    let there = format!("/callback?state={state}&code=cfc_code&iss={issuer}");
    other.get(&there).await.has("began in another browser");

    // The right answer still works, and works once.
    assert_eq!(world.answer(state).await.status, 303);
    assert_eq!(world.answer(state).await.status, 400);
}

#[tokio::test]
async fn an_answer_of_another_server_is_refused() {
    let world = World::start().await;
    for iss in [None, Some("https://evil.example/")] {
        let state = world.begin().await["state"].clone();
        let mut answer = vec![("state", state.as_str()), ("code", "cfc_code")];
        answer.extend(iss.map(|iss| ("iss", iss)));
        world.back(&answer).await.has("does not come from Coffer");
    }
    assert!(world.coffer.last("/oauth/token").is_none());
}

#[tokio::test]
async fn a_sign_in_must_come_to_its_end_in_time() {
    let world = World::start().await;
    let params = world.begin().await;
    world.clock.advance_seconds(601);
    world.answer(&params["state"]).await.has("took too long");
}

#[tokio::test]
async fn an_id_token_that_does_not_hold_is_refused() {
    let world = World::start().await;
    for (claim, value) in [
        ("nonce", json!("another")),
        ("aud", json!("another")),
        ("iss", json!("https://evil.example/")),
        ("exp", json!(1_700_000_000)),
    ] {
        let params = world.begin().await;
        let mut kept = json!(null);
        world.coffer.change(|answers| kept = std::mem::replace(&mut answers.claims[claim], value));
        let page = world.answer(&params["state"]).await;
        assert_eq!(page.status, 400, "{claim}");
        page.has("did not hold");
        world.coffer.change(|answers| answers.claims[claim] = kept);
    }
    world.sign_in().await.has("You are signed in as");
}
