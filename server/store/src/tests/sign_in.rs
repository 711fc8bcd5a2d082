use coffer_contract::Timestamp;
use coffer_core::{
    Scopes,
    audit::EventCode,
    authorization::{AnswerTo, Interaction, Redirect, ResponseMode, SignIn, Stage, UpstreamLogin},
    user::Profile,
};
use coffer_crypto::TokenHash;

use super::{World, at, event, sealed, user};
use crate::StoreError;

fn interaction(world: &World) -> Interaction {
    Interaction {
        request: world.request(AnswerTo::Client(Redirect {
            redirect_uri: "https://app.example/callback".into(),
            response_mode: ResponseMode::Query,
            state: Some("state".into()),
            nonce: None,
            code_challenge: None,
        })),
        stage: Stage::SignIn,
        browser_hash: [7; 32],
        expires_at: at(60),
    }
}

#[tokio::test]
async fn a_request_moves_on_once() {
    let world = World::new().await;
    let interactions = world.store.interactions();
    let handle = TokenHash::of("handle");
    let started = interaction(&world);
    interactions.create(&handle, &started).await.unwrap();
    assert_eq!(interactions.get(&handle, at(59)).await.unwrap(), Some(started.clone()));
    assert_eq!(interactions.get(&handle, at(60)).await.unwrap(), None);
    let sign_in =
        SignIn { user_id: world.user.id.clone(), auth_time: Timestamp::default(), session_id: "s".into() };
    let next = started.stage.signed_in(sign_in).unwrap();
    assert!(interactions.advance(&handle, &started.stage, &next).await.unwrap());
    assert!(!interactions.advance(&handle, &started.stage, &next).await.unwrap());
    assert_eq!(interactions.get(&handle, at(0)).await.unwrap().unwrap().stage, next);
}

#[tokio::test]
async fn an_upstream_login_is_taken_once() {
    let world = World::new().await;
    let logins = world.store.upstream_logins();
    let login = UpstreamLogin {
        connection_id: world.connection.id.clone(),
        browser_hash: [2; 32],
        scopes: Scopes::parse("openid", false),
        expires_at: at(60),
    };
    let (state, late) = (TokenHash::of("state"), TokenHash::of("late"));
    logins.create(&state, &login, &sealed("verifier")).await.unwrap();
    logins.create(&late, &login, &sealed("verifier")).await.unwrap();
    let (a, b) = tokio::join!(logins.take(&state, at(1)), logins.take(&state, at(1)));
    let taken: Vec<_> = [a.unwrap(), b.unwrap()].into_iter().flatten().collect();
    assert_eq!(taken, [(login, sealed("verifier"))]);
    assert!(logins.take(&late, at(60)).await.unwrap().is_none(), "ended");
    assert!(logins.take(&late, at(1)).await.unwrap().is_none(), "gone all the same");
}

#[tokio::test]
async fn a_second_sign_in_takes_over_the_profile() {
    let world = World::new().await;
    let mut again = world.user.clone();
    again.profile = Profile { name: Some("Ada L.".into()), ..Profile::default() };
    (again.created_at, again.last_sign_in_at) = (at(50), at(50));
    world.store.users().sign_in(&again, event(EventCode::UserSignedIn)).await.unwrap();
    let stored = world.store.users().get(&again.id).await.unwrap().unwrap();
    assert_eq!((stored.created_at, stored.last_sign_in_at), (at(0), at(50)));
    assert_eq!(stored.profile, again.profile);

    let mut stray = user(&super::connection("gone"));
    stray.id = coffer_core::ids::UserId::from_text("stray");
    let error = world.store.users().sign_in(&stray, event(EventCode::UserSignedIn)).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { what: "connection" }), "{error}");
}

#[tokio::test]
async fn consents_add_up() {
    let world = World::new().await;
    let consents = world.store.consents();
    let (who, app) = (&world.user.id, &world.client.id);
    assert!(consents.get(who, app).await.unwrap().is_empty());
    for scopes in ["openid email", "email profile"] {
        let granted = event(EventCode::UserConsented);
        consents.grant(who, app, &Scopes::parse(scopes, false), at(1), granted).await.unwrap();
    }
    assert_eq!(consents.get(who, app).await.unwrap().to_string(), "openid email profile");
}
