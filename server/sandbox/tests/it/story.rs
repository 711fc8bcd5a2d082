//! The whole story: exchange, API, end of a token, revocation, and what mends it.

use reqwest::Method;

use crate::{
    browser::{Page, form, http},
    world::{CLIENT_ID, CONNECTION, REFRESH_TOKEN, World, keeps_secrets},
};

#[tokio::test]
async fn the_story_from_sign_in_to_revocation() {
    let world = World::start().await;
    let first = world.provider_tokens("ada").await;
    let browser = &world.browser;
    let page = world.sign_in().await;
    page.has("action=\"/exchange\"").lacks("action=\"/notes\"").lacks("action=\"/revoke\"");

    world.vault(&first);
    let page = browser.step("/exchange", &[]).await;
    page.has("sandbox_at_").has("…").has("notes.write").has("30 seconds").has("action=\"/notes\"");
    keeps_secrets(&world, &page, &[&first]);
    let asked = world.coffer.last("/oauth/token").unwrap();
    for (name, value) in [
        ("grant_type", "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token"),
        ("subject_token", REFRESH_TOKEN),
        ("requested_token_type", "http://auth0.com/oauth/token-type/federated-connection-access-token"),
        ("connection", CONNECTION),
        ("client_id", CLIENT_ID),
    ] {
        assert_eq!(asked[name], value, "{name}");
    }

    browser.step("/notes", &[]).await.has("There are no notes yet");
    let page = browser.step("/notes/add", &[("text", "<script>alert('&')</script>")]).await;
    page.has("&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;").lacks("<script");
    keeps_secrets(&world, &page, &[&first]);

    // The token's end: the vault refreshed meanwhile.
    world.clock.advance_seconds(31);
    let second = world.refreshed(first["refresh_token"].as_str().unwrap()).await;
    world.vault(&second);
    let page = browser.step("/renew", &[]).await;
    page.has("The vault refreshed: another token came.");
    keeps_secrets(&world, &page, &[&first, &second]);

    let page = browser.step("/revoke", &[]).await;
    page.has("The provider ended what you had allowed")
        .has("The access token was revoked")
        .has("action=\"/retry\"");
    keeps_secrets(&world, &page, &[&first, &second]);
    let refused = world.refreshed(second["refresh_token"].as_str().unwrap()).await;
    assert_eq!(refused["error"], "invalid_grant");

    world.clock.advance_seconds(31);
    world.vault_refuses(401, "federated_connection_refresh_token_not_found", "The provider <revoked> it.");
    let page = browser.step("/retry", &[]).await;
    page.has("The vault has no usable refresh token of yours any more")
        .has("federated_connection_refresh_token_not_found")
        .has("The provider &lt;revoked&gt; it.")
        .has("href=\"/sign-in?again=1\">Sign in again to mend it");
    keeps_secrets(&world, &page, &[&first, &second]);

    // Mending begins the story anew.
    let there = browser.get("/sign-in?again=1").await.location();
    let state = there.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let nonce = there.split("nonce=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    world.coffer.change(|answers| answers.claims["nonce"] = nonce.into());
    assert_eq!(world.answer(&state).await.location(), "/");
    browser.get("/").await.has("Mended.").lacks("action=\"/notes\"");
}

#[tokio::test]
async fn the_agent_asks_the_vault_first_where_its_token_is_over() {
    let world = World::start().await;
    let first = world.provider_tokens("ada").await;
    world.sign_in().await;
    world.vault(&first);
    world.browser.post("/exchange", &[]).await;
    world.clock.advance_seconds(31);
    world.vault(&world.refreshed(first["refresh_token"].as_str().unwrap()).await);
    world
        .browser
        .step("/notes/add", &[("text", "written in time")])
        .await
        .has("written in time")
        .lacks("expired");
}

#[tokio::test]
async fn a_note_is_neither_empty_nor_endless() {
    let world = World::start().await;
    world.vault(&world.provider_tokens("ada").await);
    world.sign_in().await;
    world.browser.post("/exchange", &[]).await;
    for text in ["", "   ", &"x".repeat(1001)] {
        world.browser.step("/notes/add", &[("text", text)]).await.has("1 to 1000 characters");
    }
    world.browser.step("/notes", &[]).await.has("There are no notes yet");
}

#[tokio::test]
async fn nothing_happens_before_its_turn() {
    let world = World::start().await;
    let steps = ["/exchange", "/notes", "/notes/add", "/renew", "/revoke", "/retry"];
    for path in steps {
        assert_eq!(world.browser.post(path, &[]).await.location(), "/", "{path}");
    }
    world.sign_in().await;
    for path in &steps[1..] {
        assert_eq!(world.browser.post(path, &[]).await.location(), "/", "{path}");
    }
    assert_eq!(world.coffer.last("/oauth/token").unwrap()["grant_type"], "authorization_code");
}

#[tokio::test]
async fn stopping_ends_both() {
    let world = World::start().await;
    let (agent, provider) = (world.sandbox.agent_url(), world.sandbox.provider_issuer());
    world.browser.get("/").await.has("An agent that uses your notes");
    world.sandbox.stop();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(http().get(agent).send().await.is_err());
    assert!(http().get(format!("{provider}/.well-known/openid-configuration")).send().await.is_err());
}

#[tokio::test]
async fn a_step_of_another_site_is_refused() {
    let world = World::start().await;
    world.vault(&world.provider_tokens("ada").await);
    world.sign_in().await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "http://localhost:3000"),
        ("origin", "null"),
    ] {
        let request = world.browser.request(Method::POST, "/exchange").header(name, value);
        assert_eq!(Page::read(form(request, &[])).await.status, 403, "{name}: {value}");
    }
    let request = world.browser.request(Method::POST, "/exchange");
    assert_eq!(Page::read(form(request, &[])).await.status, 403);
    assert_eq!(world.coffer.last("/oauth/token").unwrap()["grant_type"], "authorization_code");
    let own = world.sandbox.agent_url();
    let request =
        world.browser.request(Method::POST, "/exchange").header("origin", own.trim_end_matches('/'));
    assert_eq!(Page::read(form(request, &[])).await.status, 303);
}
