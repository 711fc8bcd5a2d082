use coffer_providers::Provider;
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::harness::{Answer, CALLBACK, CHALLENGE, CLIENT, NOW, SECRET, VERIFIER, World, param, text};

pub const AUTHORIZE: &str = "sandbox/authorize";
pub const TOKEN: &str = "sandbox/token";
pub const PKCE: [(&str, &str); 2] = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];

pub fn exchange(code: &str) -> [(&str, &str); 4] {
    let verifier = ("code_verifier", VERIFIER);
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), verifier]
}

pub async fn sign_in(world: &World, scope: &str) -> Value {
    let code = world.code(AUTHORIZE, &[&PKCE[..], &[("scope", scope), ("nonce", "n1")]].concat()).await;
    let answer = world.token(TOKEN, &exchange(&code)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

async fn refresh(world: &World, token: &str) -> Answer {
    world.token(TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

#[tokio::test]
async fn it_is_an_openid_provider() {
    let world = World::start().await;
    let document = world.get("sandbox/.well-known/openid-configuration").await.json();
    let issuer = format!("{}/sandbox", world.providers.base());
    assert_eq!(text(&document, "issuer"), issuer);
    let tokens = sign_in(&world, "openid profile email").await;
    assert!(tokens.get("refresh_token").is_none(), "{tokens}");
    let claims = world.claims("sandbox/jwks", &tokens["id_token"]).await;
    assert_eq!((text(&claims, "iss"), text(&claims, "nonce")), (issuer.as_str(), "n1"));
    assert_eq!((&claims["auth_time"], text(&claims, "email")), (&json!(NOW), "ada@sandbox.example"));
    let info = world.bearer("sandbox/userinfo", text(&tokens, "access_token")).await.json();
    assert_eq!((&info["sub"], text(&info, "name")), (&claims["sub"], "Ada"));
    let narrow = sign_in(&world, "openid").await;
    let info = world.bearer("sandbox/userinfo", text(&narrow, "access_token")).await.json();
    assert!(info.get("email").is_none(), "{info}");
}

#[tokio::test]
async fn pkce_is_required_and_checked() {
    let world = World::start().await;
    let allow = [("account", "ada"), ("decision", "allow")];
    for params in [&[][..], &[("code_challenge", VERIFIER), ("code_challenge_method", "plain")]] {
        let back = world.decide(AUTHORIZE, params, &allow).await.location();
        assert_eq!(param(&back, "error").as_deref(), Some("invalid_request"));
    }
    let code = world.code(AUTHORIZE, &PKCE).await;
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
    world.token(TOKEN, &form).await.error(400, "invalid_grant");
    let other = [&form[..], &[("code_verifier", CHALLENGE)]].concat();
    world.token(TOKEN, &other).await.error(400, "invalid_grant");
    assert_eq!(world.token(TOKEN, &exchange(&code)).await.status, 200);
}

/// RFC 9207.
#[tokio::test]
async fn the_answer_names_the_issuer() {
    let world = World::start().await;
    let back = world.decide(AUTHORIZE, &PKCE, &[("account", "ada")]).await.location();
    assert_eq!(param(&back, "iss"), Some(format!("{}/sandbox", world.providers.base())));
}

/// RFC 9700 section 4.14.2.
#[tokio::test]
async fn reuse_of_a_refresh_token_ends_the_grant() {
    let world = World::start().await;
    let first = sign_in(&world, "openid offline_access").await;
    let second = refresh(&world, text(&first, "refresh_token")).await.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    refresh(&world, text(&first, "refresh_token")).await.error(400, "invalid_grant");
    refresh(&world, text(&second, "refresh_token")).await.error(400, "invalid_grant");
    assert_eq!(world.bearer("sandbox/userinfo", text(&second, "access_token")).await.status, 401);
    assert_eq!(world.providers.counters(Provider::Sandbox).spent_twice, 1);
    assert!(!world.providers.grants(Provider::Sandbox)[0].alive);
}

/// RFC 6749 section 4.1.2: "… SHOULD revoke (when possible) all tokens previously issued based on that
/// authorization code".
#[tokio::test]
async fn reuse_of_a_code_ends_what_came_of_it() {
    let world = World::start().await;
    let code = world.code(AUTHORIZE, &PKCE).await;
    let tokens = world.token(TOKEN, &exchange(&code)).await.json();
    world.token(TOKEN, &exchange(&code)).await.error(400, "invalid_grant");
    refresh(&world, text(&tokens, "refresh_token")).await.error(400, "invalid_grant");
}

#[tokio::test]
async fn a_refresh_may_ask_for_less() {
    let world = World::start().await;
    let first = sign_in(&world, "notes.read notes.write").await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&first, "refresh_token"))];
    let less = world.token(TOKEN, &[&form[..], &[("scope", "notes.read other")]].concat()).await.json();
    assert_eq!(text(&less, "scope"), "notes.read");
    let all = refresh(&world, text(&less, "refresh_token")).await.json();
    assert_eq!(text(&all, "scope"), "notes.read notes.write");
}

/// RFC 7009.
#[tokio::test]
async fn revocation() {
    let world = World::start().await;
    let tokens = sign_in(&world, "notes.read").await;
    let revoke = "sandbox/revoke";
    world.post(revoke, &[("token", "x")]).await.error(401, "invalid_client");
    assert_eq!(world.token(revoke, &[("token", "unknown")]).await.status, 200);
    assert_eq!(world.token(revoke, &[("token", text(&tokens, "access_token"))]).await.status, 200);
    assert_eq!(world.bearer("sandbox/userinfo", text(&tokens, "access_token")).await.status, 401);
    let next = refresh(&world, text(&tokens, "refresh_token")).await.json();
    assert_eq!(world.token(revoke, &[("token", text(&next, "refresh_token"))]).await.status, 200);
    assert_eq!(world.bearer("sandbox/userinfo", text(&next, "access_token")).await.status, 401);
    refresh(&world, text(&next, "refresh_token")).await.error(400, "invalid_grant");
}

/// RFC 6750 section 3.
#[tokio::test]
async fn notes_are_read_and_written_with_their_scopes() {
    let world = World::start().await;
    let notes = "sandbox/api/notes";
    let bare = world.get(notes).await;
    assert_eq!((bare.status, bare.header("www-authenticate")), (401, r#"Bearer realm="sandbox""#));
    let unknown = world.bearer(notes, "unknown").await;
    assert_eq!(unknown.status, 401);
    assert!(unknown.header("www-authenticate").contains(r#"error="invalid_token""#));

    let write = |token: String, text: &str| {
        let request = world.request(Method::POST, notes).bearer_auth(token);
        request.header(CONTENT_TYPE, "application/json").body(json!({"text": text}).to_string()).send()
    };
    let reader = text(&sign_in(&world, "notes.read").await, "access_token").to_owned();
    let refused = Answer::read(write(reader.clone(), "hello").await.unwrap()).await;
    assert_eq!(refused.status, 403);
    assert!(refused.header("www-authenticate").contains(r#"scope="notes.write""#));
    let writer = text(&sign_in(&world, "notes.write").await, "access_token").to_owned();
    assert_eq!(write(writer.clone(), "hello").await.unwrap().status().as_u16(), 201);
    assert_eq!(write(writer, " ").await.unwrap().status().as_u16(), 400);
    let list = world.bearer(notes, &reader).await.json();
    assert_eq!((text(&list, "owner"), text(&list["notes"][0], "text")), ("Ada", "hello"));
    world.clock.advance_seconds(3600);
    let late = world.bearer(notes, &reader).await;
    assert_eq!((late.status, text(&late.json(), "error")), (401, "invalid_token"));
}

/// RFC 6749 section 2.3.1: both halves are encoded as in a form before they become user name and password.
#[tokio::test]
async fn basic_credentials_are_decoded() {
    let world = World::start().await;
    world.providers.change(Provider::Sandbox, |settings| settings.client_secret = "a:b%c +&d".into());
    let code = world.code(AUTHORIZE, &PKCE).await;
    let send = |secret: &str| world.form(TOKEN, &exchange(&code)).basic_auth(CLIENT, Some(secret)).send();
    let refused = Answer::read(send(SECRET).await.unwrap()).await;
    refused.error(401, "invalid_client");
    assert!(refused.header("www-authenticate").starts_with("Basic"));
    assert_eq!(send("a%3Ab%25c+%2B%26d").await.unwrap().status().as_u16(), 200);
}
