//! What can go wrong, in words.

use serde_json::json;

use crate::world::{CONNECTION, World};

#[tokio::test]
async fn every_refusal_of_the_vault_has_words_and_a_mend() {
    let world = World::start().await;
    world.sign_in().await;
    let mend = "Sign in again to mend it";
    for (status, code, words) in [
        (401, "federated_connection_refresh_token_not_found", mend),
        (401, "invalid_grant", mend),
        (401, "invalid_client", "dashboard's Overview page"),
        (403, "unauthorized_client", "Grants"),
        (400, "invalid_request", "Open the dashboard"),
        (503, "temporarily_unavailable", "Nothing is lost"),
        (500, "server_error", "Its log says what"),
        (400, "<unheard>", "&lt;unheard&gt;"),
    ] {
        world.vault_refuses(status, code, "Said by <Coffer>.");
        let page = world.browser.step("/exchange", &[]).await;
        page.has(words).has("Said by &lt;Coffer&gt;.").has("role=\"alert\"").lacks("action=\"/notes\"");
    }
    for body in [json!({}), json!([]), json!({"access_token": 1})] {
        world.coffer.change(|answers| answers.vault = (200, body));
        world.browser.step("/exchange", &[]).await.has("was not what it should be");
    }
}

#[tokio::test]
async fn a_sign_in_that_came_to_nothing_has_words() {
    let world = World::start().await;
    let issuer = world.coffer.issuer();
    let state = world.begin().await["state"].clone();
    let answer = [
        ("state", state.as_str()),
        ("iss", issuer.as_str()),
        ("error", "access_denied"),
        ("error_description", "<i>no</i>"),
    ];
    let page = world.back(&answer).await;
    assert_eq!(page.status, 400);
    page.has("The access was not allowed").has("&lt;i&gt;no&lt;/i&gt;").lacks("<i>");

    let state = world.begin().await["state"].clone();
    world.coffer.change(|answers| answers.token = (401, json!({"error": "invalid_client"})));
    world.answer(&state).await.has("Coffer does not know this agent");

    let state = world.begin().await["state"].clone();
    let body = json!({"access_token": "cfa_x", "token_type": "Bearer", "expires_in": 3600});
    world.coffer.change(|answers| answers.token = (200, body));
    world.answer(&state).await.has("no refresh token");
}

#[tokio::test]
async fn coffer_may_be_down() {
    let world = World::bare().await;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let issuer = format!("http://{nobody}/").parse().unwrap();
    let (clock, rng) =
        (std::sync::Arc::new(world.clock.clone()), std::sync::Arc::new(coffer_core::SystemRng));
    let sandbox = coffer_sandbox::Sandbox::start(issuer, clock, rng).await.unwrap();
    sandbox.adopt("id".into(), "secret".into(), CONNECTION.into());
    let browser = crate::browser::Browser::new(&sandbox.agent_url());
    browser.get("/sign-in").await.has("Coffer did not answer: nothing listens there. Is it running?");
    assert!(browser.cookie().is_none());
}
