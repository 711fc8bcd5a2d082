use coffer_providers::{Config, Mode, Provider, Providers};
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::harness::{Answer, World, text};
use crate::sandbox::sign_in;

async fn command(world: &World, body: Value) -> Answer {
    let request = world.request(Method::POST, "_control").header(CONTENT_TYPE, "application/json");
    Answer::read(request.body(body.to_string()).send().await.unwrap()).await
}

#[tokio::test]
async fn commands_do_what_the_handle_does() {
    let world = World::start().await;
    let settings = json!({"mode": {"slow": 1}, "access_seconds": 7});
    let set =
        command(&world, json!({"command": "set", "host": "api.github.com", "settings": settings})).await;
    assert_eq!(set.json()["hosts"]["github.com"]["settings"]["access_seconds"], 7);
    assert_eq!(world.providers.settings(Provider::GitHub).mode, Mode::Slow(1));

    sign_in(&world, "notes.read").await;
    let revoke = json!({"command": "revoke_account", "host": "sandbox", "account": "ada"});
    let state = command(&world, revoke).await.json();
    assert_eq!(state["hosts"]["sandbox"]["grants"][0]["alive"], false);
    let asked = state["requests"].as_array().unwrap();
    assert_eq!(text(&asked[0], "path"), "/authorize");
    assert_eq!(asked[1]["authentication"], "post");

    let client = json!({"redirect_uris": ["https://a.example/"]});
    let register = json!({"command": "register", "host": "sandbox", "client_id": "c", "client": client});
    let state = command(&world, register).await.json();
    assert_eq!(state["hosts"]["sandbox"]["registered"]["c"][0], "https://a.example/");
    command(&world, json!({"command": "reset", "host": "sandbox"})).await;
    let state = command(&world, json!({"command": "forget_requests"})).await.json();
    assert_eq!((&state["requests"], &state["hosts"]["sandbox"]["grants"]), (&json!([]), &json!([])));
    assert_eq!(world.get("_control").await.json()["base"], world.providers.base());
}

#[tokio::test]
async fn wrong_commands_are_refused() {
    let world = World::start().await;
    for body in [
        json!({"command": "set", "host": "github.example", "settings": {}}),
        json!({"command": "set", "host": "github.com", "settings": {"mood": "up"}}),
        json!({"command": "explode"}),
    ] {
        let refused = command(&world, body).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
    }
    assert_eq!(world.post("_control", &[("command", "forget_requests")]).await.status, 415);
}

#[tokio::test]
async fn there_is_no_control_unless_it_is_asked_for() {
    let providers =
        Providers::start(Config { providers: vec![Provider::Sandbox], ..Config::default() }).await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["_control", "github.com/login/oauth/authorize", ""] {
        let status = http.get(format!("{}/{path}", providers.base())).send().await.unwrap().status();
        assert_eq!(status.as_u16(), 404, "{path}");
    }
    providers.stop();
}

#[tokio::test]
async fn real_addresses_lead_here() {
    let world = World::start().await;
    let line = world.providers.local(r#"token = "https://github.com/login/oauth/access_token""#);
    assert_eq!(line, format!(r#"token = "{}/github.com/login/oauth/access_token""#, world.providers.base()));
}
