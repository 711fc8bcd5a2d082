//! What every answer of the agent carries, and under which name it answers.

use reqwest::Method;

use crate::{browser::Page, world::World};

#[tokio::test]
async fn every_answer_is_safe_to_show() {
    let world = World::start().await;
    world.vault_refuses(500, "server_error", "x");
    world.sign_in().await;
    for path in ["/", "/agent.css", "/sign-in", "/callback", "/signed-out", "/nowhere"] {
        let page = world.browser.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(policy.contains("form-action 'self'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert!(["no-store", "no-cache"].contains(&page.header("cache-control")), "{path}");
        page.lacks("<script").lacks("style=").lacks(" onclick");
        if page.header("content-type").starts_with("text/html") {
            assert_eq!(page.text.matches("<h1").count(), 1, "{path}");
            page.has("A production configuration starts neither.")
                .has("<html lang=\"en\">")
                .has("name=\"viewport\"");
        }
    }
}

#[tokio::test]
async fn under_another_name_it_says_its_own() {
    let world = World::start().await;
    let own = world.sandbox.agent_url();
    let elsewhere =
        |method| world.browser.request(method, "/sign-in?again=1").header("host", "agent.example");
    let page = Page::read(elsewhere(Method::GET)).await;
    assert_eq!(page.location(), format!("{own}sign-in?again=1"));
    let page = Page::read(elsewhere(Method::POST).header("sec-fetch-site", "same-origin")).await;
    assert_eq!(page.status, 421);
}
