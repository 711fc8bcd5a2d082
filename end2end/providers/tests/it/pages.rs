use coffer_providers::{Client, Provider};
use reqwest::header::COOKIE;

use crate::harness::{Answer, CALLBACK, World, param};

const AUTHORIZE: &str = "github.com/login/oauth/authorize";
const QUERY: &str =
    "client_id=coffer%3Cb%3E&redirect_uri=https%3A%2F%2Fcoffer.example%2Fcb&scope=repo+gist&state=s1";

#[tokio::test]
async fn the_page_says_what_is_asked_and_where_it_leads() {
    let world = World::start().await;
    let page = world.get(&format!("{AUTHORIZE}?{QUERY}&login=Ada@github.example")).await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    for part in [
        "Sign in to GitHub",
        r#"name="account" value="ada""#,
        "<code>repo</code>",
        "<code>gist</code>",
        "<strong>coffer.example</strong>",
        "coffer&lt;b&gt;",
        r#"name="decision" value="allow""#,
        r#"name="decision" value="deny""#,
        "/github.com/_page.css",
    ] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    assert!(!page.text.contains("<b>") && !page.text.contains("<script"));
    let style = world.get("github.com/_page.css").await;
    assert!(style.header("content-type").starts_with("text/css"));
}

#[tokio::test]
async fn deny_leads_back_with_access_denied() {
    let world = World::start().await;
    let back = world.decide(AUTHORIZE, &[], &[("account", "ada"), ("decision", "deny")]).await.location();
    assert_eq!(param(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(param(&back, "state").as_deref(), Some("s1"));
    assert!(param(&back, "code").is_none());
    assert!(world.providers.grants(Provider::GitHub).is_empty());
}

#[tokio::test]
async fn a_name_that_is_none_is_asked_for_again() {
    let world = World::start().await;
    let page =
        world.post(&format!("{AUTHORIZE}?{QUERY}"), &[("account", "<x>"), ("decision", "allow")]).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains(r#"id="wrong""#), "{}", page.text);
}

#[tokio::test]
async fn a_cookie_remembers_the_account() {
    let world = World::start().await;
    let answer = world.decide(AUTHORIZE, &[], &[("account", "ada")]).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.contains("Path=/github.com/") && cookie.contains("HttpOnly"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let request = |path: String| world.request(reqwest::Method::GET, &path).header(COOKIE, pair).send();
    let page = Answer::read(request(format!("{AUTHORIZE}?{QUERY}")).await.unwrap()).await;
    assert!(page.text.contains(r#"value="ada""#));
    let page =
        Answer::read(request(format!("{AUTHORIZE}?{QUERY}&prompt=select_account")).await.unwrap()).await;
    assert!(page.text.contains(r#"name="account" value="""#));
}

/// OpenID Connect Core section 3.1.2.1.
#[tokio::test]
async fn prompt_none_shows_nothing() {
    let world = World::start().await;
    let path = "accounts.google.com/o/oauth2/v2/auth";
    let params = [("scope", "openid"), ("prompt", "none")];
    let back = world.decide(path, &params, &[]).await.location();
    assert_eq!(param(&back, "error").as_deref(), Some("interaction_required"));
    world.code(path, &[("scope", "openid")]).await;
    let query = "client_id=coffer&response_type=code&scope=openid&prompt=none&redirect_uri=";
    let url = format!("{path}?{query}{CALLBACK}");
    let answer =
        world.request(reqwest::Method::GET, &url).header(COOKIE, "account=ada").send().await.unwrap();
    assert!(param(&Answer::read(answer).await.location(), "code").is_some());
}

#[tokio::test]
async fn a_wrong_redirect_uri_stays_at_the_provider() {
    let world = World::start().await;
    let (query, allow) = ([("scope", "openid")], [("account", "ada")]);
    for (provider, path) in [
        (Provider::Google, "accounts.google.com/o/oauth2/v2/auth"),
        (Provider::Microsoft, "login.microsoftonline.com/common/oauth2/v2.0/authorize"),
        (Provider::GitHub, AUTHORIZE),
        (Provider::Slack, "slack.com/oauth/v2/authorize"),
        (Provider::Box, "account.box.com/api/oauth2/authorize"),
        (Provider::Sandbox, "sandbox/authorize"),
    ] {
        let client = Client { secret: None, redirect_uris: vec!["https://registered.example/cb".into()] };
        world.providers.register(provider, "coffer", client);
        let page = world.decide(path, &query, &allow).await;
        assert_eq!(page.status, 400, "{provider}");
        assert!(page.text.contains("redirect_uri_mismatch"), "{}", page.text);
    }
    let page = world.get("sandbox/authorize?client_id=other&redirect_uri=nothing").await;
    assert_eq!(page.status, 400);
}

#[tokio::test]
async fn a_registered_client_has_its_own_secret() {
    let world = World::start().await;
    let client = Client { secret: Some("own".into()), redirect_uris: vec![CALLBACK.into()] };
    world.providers.register(Provider::GitHub, "coffer", client);
    let code = world.code(AUTHORIZE, &[]).await;
    let token = "github.com/login/oauth/access_token";
    world.token(token, &[("code", &code)]).await.error(200, "incorrect_client_credentials");
    let form = [("client_id", "coffer"), ("client_secret", "own"), ("code", &code)];
    assert!(world.post(token, &form).await.json().get("access_token").is_some());
}
