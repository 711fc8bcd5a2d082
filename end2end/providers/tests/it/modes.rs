use std::time::{Duration, Instant};

use coffer_providers::{Mode, Provider, Rotation};

use crate::harness::{World, text};
use crate::sandbox::{TOKEN, sign_in};

#[tokio::test]
async fn down_and_up_again() {
    let world = World::start().await;
    world.providers.change(Provider::Box, |settings| settings.mode = Mode::Down);
    assert_eq!(world.get("api.box.com/2.0/users/me").await.status, 503);
    assert_eq!(world.get("account.box.com/api/oauth2/authorize").await.status, 503);
    assert_eq!(world.get("slack.com/api/auth.test").await.status, 200, "another provider");
    world.providers.change(Provider::Box, |settings| settings.mode = Mode::Up);
    assert_eq!(world.get("api.box.com/2.0/users/me").await.status, 401);
}

#[tokio::test]
async fn slow() {
    let world = World::start().await;
    world.providers.change(Provider::Slack, |settings| settings.mode = Mode::Slow(80));
    let start = Instant::now();
    assert_eq!(world.get("slack.com/api/auth.test").await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn a_cut_before_the_work_leaves_the_refresh_token() {
    let world = World::start().await;
    let tokens = sign_in(&world, "notes.read").await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    world.providers.change(Provider::Sandbox, |settings| settings.mode = Mode::Cut);
    world.form(TOKEN, &form).send().await.unwrap_err();
    assert_eq!(world.providers.counters(Provider::Sandbox).refreshes, 0);
    world.providers.change(Provider::Sandbox, |settings| settings.mode = Mode::Up);
    assert_eq!(world.token(TOKEN, &form).await.status, 200);
}

#[tokio::test]
async fn a_cut_after_the_work_leaves_a_spent_refresh_token() {
    let world = World::start().await;
    world.providers.change(Provider::Sandbox, |settings| settings.mode = Mode::CutAfterRotation);
    let tokens = sign_in(&world, "notes.read").await;
    let client = [("client_id", "coffer"), ("client_secret", "provider-secret")];
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    let sent = world.form(TOKEN, &[client, form].concat()).send().await;
    assert!(sent.is_err(), "{sent:?}");
    assert_eq!(world.providers.counters(Provider::Sandbox).refreshes, 1);
    world.token(TOKEN, &form).await.error(400, "invalid_grant");
    assert_eq!(world.providers.counters(Provider::Sandbox).spent_twice, 1);
}

#[tokio::test]
async fn lives_rotation_and_refresh_tokens_can_be_set() {
    let world = World::start().await;
    world.providers.change(Provider::Sandbox, |settings| {
        settings.access_seconds = Some(5);
        settings.refresh_seconds = Some(50);
        settings.rotation = Rotation::Never;
    });
    let tokens = sign_in(&world, "notes.read").await;
    assert_eq!(tokens["expires_in"], 5);
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    for _ in 0..2 {
        assert!(world.token(TOKEN, &form).await.json().get("refresh_token").is_none());
    }
    world.clock.advance_seconds(50);
    world.token(TOKEN, &form).await.error(400, "invalid_grant");
    world.providers.change(Provider::Sandbox, |settings| settings.refresh_tokens = false);
    assert!(sign_in(&world, "notes.read").await.get("refresh_token").is_none());
}

#[tokio::test]
async fn fewer_scopes_than_asked() {
    let world = World::start().await;
    world.providers.change(Provider::Sandbox, |settings| settings.granted = Some(vec!["notes.read".into()]));
    assert_eq!(text(&sign_in(&world, "notes.read notes.write").await, "scope"), "notes.read");
}

#[tokio::test]
async fn a_provider_that_stopped_answers_nobody() {
    let world = World::start().await;
    assert_eq!(world.get("slack.com/api/auth.test").await.status, 200);
    world.providers.stop();
    world.form(TOKEN, &[]).send().await.unwrap_err();
}
