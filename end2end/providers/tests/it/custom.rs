//! The sandbox in the shape of servers that nobody knows by name.

use coffer_providers::{Authentication, ClientMethod, Pkce, Provider, TokenBody};
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::json;

use crate::harness::{Answer, CLIENT, SECRET, World, param, text};
use crate::sandbox::{AUTHORIZE, PKCE, TOKEN, exchange, sign_in};

async fn basic(world: &World) -> Answer {
    let code = world.code(AUTHORIZE, &PKCE).await;
    let request = world.form(TOKEN, &exchange(&code)).basic_auth(CLIENT, Some(SECRET));
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn one_way_of_client_authentication_alone() {
    let world = World::start().await;
    for (way, basic_works) in [(Authentication::Basic, true), (Authentication::Post, false)] {
        world.providers.change(Provider::Sandbox, |settings| settings.authentication = way);
        let by_basic = basic(&world).await;
        let by_post = world.token(TOKEN, &exchange(&world.code(AUTHORIZE, &PKCE).await)).await;
        let (works, refused) = if basic_works { (by_basic, by_post) } else { (by_post, by_basic) };
        assert_eq!(works.status, 200, "{}", works.text);
        refused.error(401, "invalid_client");
    }
    let used: Vec<_> = world.providers.requests().into_iter().filter(|seen| seen.path == "/token").collect();
    assert_eq!((used[0].authentication, used[1].authentication), (ClientMethod::Basic, ClientMethod::Post));
    assert_eq!(used[1].form[..3], ["client_id", "client_secret", "grant_type"]);
}

#[tokio::test]
async fn two_ways_at_once_are_refused() {
    let world = World::start().await;
    let form = [("client_secret", SECRET), ("grant_type", "refresh_token")];
    let sent = world.form(TOKEN, &form).basic_auth(CLIENT, Some(SECRET)).send().await.unwrap();
    Answer::read(sent).await.error(400, "invalid_request");
}

#[tokio::test]
async fn a_token_endpoint_that_takes_json_alone() {
    let world = World::start().await;
    world.providers.change(Provider::Sandbox, |settings| settings.token_body = TokenBody::Json);
    let code = world.code(AUTHORIZE, &PKCE).await;
    world.token(TOKEN, &exchange(&code)).await.error(400, "invalid_request");
    let mut body = json!({"client_id": CLIENT, "client_secret": SECRET});
    for (name, value) in exchange(&code) {
        body[name] = json!(value);
    }
    let request = world.request(Method::POST, TOKEN).header(CONTENT_TYPE, "application/json");
    assert_eq!(request.body(body.to_string()).send().await.unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn a_token_endpoint_that_needs_a_header() {
    let world = World::start().await;
    let header = ("x-api-version".to_owned(), "2026-01".to_owned());
    world.providers.change(Provider::Sandbox, |settings| settings.required_header = Some(header));
    let code = world.code(AUTHORIZE, &PKCE).await;
    world.token(TOKEN, &exchange(&code)).await.error(400, "invalid_request");
    let form = [&[("client_id", CLIENT), ("client_secret", SECRET)], &exchange(&code)[..]].concat();
    let sent = world.form(TOKEN, &form).header("x-api-version", "2026-01").send().await.unwrap();
    assert_eq!(sent.status().as_u16(), 200);
}

#[tokio::test]
async fn a_server_that_refuses_code_challenges() {
    let world = World::start().await;
    world.providers.change(Provider::Sandbox, |settings| settings.pkce = Pkce::Refused);
    let back = world.decide(AUTHORIZE, &PKCE, &[("account", "ada")]).await.location();
    assert_eq!(param(&back, "error").as_deref(), Some("invalid_request"));
    world.code(AUTHORIZE, &[]).await;
}

#[tokio::test]
async fn scopes_with_commas() {
    let world = World::start().await;
    world.providers.change(Provider::Sandbox, |settings| settings.comma_scopes = true);
    let tokens = sign_in(&world, "notes.read,notes.write").await;
    assert_eq!(text(&tokens, "scope"), "notes.read,notes.write");
    let spaced = [&PKCE[..], &[("scope", "a b")]].concat();
    let back = world.decide(AUTHORIZE, &spaced, &[("account", "ada")]).await.location();
    assert_eq!(param(&back, "error").as_deref(), Some("invalid_scope"));
}

#[tokio::test]
async fn user_info_of_another_shape() {
    let world = World::start().await;
    world.providers.change(Provider::Sandbox, |settings| settings.opaque_user_info = true);
    let tokens = sign_in(&world, "notes.read").await;
    let info = world.bearer("sandbox/userinfo", text(&tokens, "access_token")).await.json();
    let user = &info["data"]["user"];
    assert!(user["uid"].is_u64() && info.get("sub").is_none(), "{info}");
    assert_eq!((text(user, "display"), text(user, "mail")), ("Ada", "ada@sandbox.example"));
}

#[tokio::test]
async fn a_refresh_url_of_its_own() {
    let world = World::start().await;
    let tokens = sign_in(&world, "notes.read").await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    assert_eq!(world.token("sandbox/refresh", &form).await.status, 200);
    world.token("sandbox/refresh", &exchange("code")).await.error(400, "unsupported_grant_type");
}
