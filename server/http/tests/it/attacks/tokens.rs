//! Stolen and misused tokens: RFC 9700 sections 4.9 (leakage at the resource server), 4.10 (misuse of stolen
//! access tokens), 4.14 (refresh tokens) and 4.15 (clients that pose as people).

use coffer_contract::application::{ApplicationType, GrantType};
use coffer_core::audit::EventCode;
use serde_json::json;

use crate::connect::{exchange, ready};
use crate::device::post;
use crate::harness::{ISSUER, Registered, Server};
use crate::management::token;

/// Section 4.9.2: a token works at the API that it is for, and nowhere else. (Tokens for an application's own
/// API: `exchange`, `introspection`. The management API: `management::callers`.)
#[tokio::test]
async fn a_token_for_one_api_does_not_open_another() {
    let server = Server::with_provider().await;
    let (client, refresh, my_account) = ready(&server).await;
    let userinfo =
        server.refresh(&client, &refresh).await.json()["access_token"].as_str().unwrap().to_owned();
    let machine = server.register(ApplicationType::MachineToMachine, &[]).await.id;
    let scopes = "read:clients read:me:connected_accounts openid";
    let management = token(&server, &machine, Some(&format!("{ISSUER}api/v2/")), scopes).await;
    let elsewhere = token(&server, &machine, Some("https://calendar.example/api"), scopes).await;
    let paths = ["/userinfo", "/me/v1/connected-accounts/accounts", "/api/v2/clients"];
    for (name, token, opens) in [
        ("user info", &userinfo, Some(0)),
        ("my account", &my_account, Some(1)),
        ("management", &management, Some(2)),
        ("another API", &elsewhere, None),
        ("refresh token", &refresh, None),
    ] {
        for (n, path) in paths.iter().enumerate() {
            let status = server.bearer("GET", path, token, None).await.status;
            assert_eq!(status.is_success(), opens == Some(n), "{name} at {path}: {status}");
        }
    }
}

/// Section 4.10: what is not the kind of token that is asked for is refused, whoever's it is: a token of one
/// kind is never looked up as another.
#[tokio::test]
async fn one_kind_of_token_does_not_pass_for_another() {
    let server = Server::with_provider().await;
    let (client, refresh, access) = ready(&server).await;
    let code = server.code(&client).await;
    let id_token = server.redeem(&client, &server.code(&client).await).await.json()["id_token"]
        .as_str()
        .unwrap()
        .to_owned();
    for wrong in [&access, &code, &id_token, &client.secret, client.id.as_str()] {
        assert_eq!(server.refresh(&client, wrong).await.refusal().1, "invalid_grant");
        let vault = exchange(&server, &client, wrong, "").await;
        assert_eq!(vault.refusal(), (401, "invalid_grant".into()));
    }
    for wrong in [&refresh, &code, &id_token, &client.secret] {
        assert_eq!(server.userinfo(wrong).await.status, 401);
        let fields = [("grant_type", "authorization_code"), ("code", wrong.as_str())];
        if *wrong != code {
            assert_eq!(post(&server, "/oauth/token", &client, &fields).await.refusal().1, "invalid_grant");
        }
    }
}

/// Section 4.10, the vault: another client's user token brings no provider's token, nor does a public client's,
/// nor one that ended. The grant's other refusals are in `vault::each_refusal_has_its_answer_and_its_line_in_the_log`.
#[tokio::test]
async fn a_stolen_token_brings_no_providers_token() {
    let server = Server::with_provider().await;
    let (victim, refresh, access) = ready(&server).await;
    let (attacker, own, _) = ready(&server).await;
    for stolen in [&refresh, &access] {
        let answer = exchange(&server, &attacker, stolen, "").await;
        assert_eq!(answer.refusal(), (401, "invalid_grant".into()), "{}", answer.text);
    }
    let secretless = Registered { id: victim.id.clone(), secret: String::new() };
    assert_eq!(exchange(&server, &secretless, &refresh, "").await.refusal(), (401, "invalid_client".into()));
    let other = Registered { id: victim.id.clone(), secret: attacker.secret.clone() };
    assert_eq!(exchange(&server, &other, &refresh, "").await.refusal(), (401, "invalid_client".into()));
    assert_eq!(server.events(EventCode::VaultReleased).await, 0);
    assert!(!own.is_empty());
}

/// Section 4.14.2: a refresh token that a thief uses first betrays the thief as soon as the owner comes, and one
/// that the owner uses first betrays itself. The overlap that lost answers need is not one for thieves: what is
/// refreshed within it ends with the family. (`grants::refresh_tokens_rotate_and_betray_their_copies`)
#[tokio::test]
async fn a_thief_who_refreshes_first_loses_everything_when_the_owner_comes() {
    let server = Server::start().await;
    let client = server.web().await;
    let stolen = server.signed_in(&client).await;
    let thiefs = server.refresh(&client, &stolen).await.json();
    server.clock.advance_seconds(60);
    assert_eq!(server.refresh(&client, &stolen).await.refusal(), (400, "invalid_grant".into()));
    assert_eq!(server.events(EventCode::TokenReuseDetected).await, 1);
    let theirs = thiefs["refresh_token"].as_str().unwrap();
    assert_eq!(server.refresh(&client, theirs).await.refusal(), (400, "invalid_grant".into()));
    assert_eq!(server.userinfo(thiefs["access_token"].as_str().unwrap()).await.status, 401);
}

/// Section 4.15: a client's own token is no person's: `sub` is the client, and what knows people refuses it.
#[tokio::test]
async fn a_clients_own_token_passes_for_no_person() {
    let server = Server::with_provider().await;
    let machine = server.register(ApplicationType::MachineToMachine, &GrantType::ALL).await;
    // Without an audience, for this server itself, as user info and the vault take them.
    let own = token(&server, &machine.id, None, "openid profile vault:provider").await;
    assert_eq!(server.userinfo(&own).await.status, 401);
    let me = token(&server, &machine.id, Some(&format!("{ISSUER}me/")), "read:me:connected_accounts").await;
    let accounts = server.bearer("GET", "/me/v1/connected-accounts/accounts", &me, None).await;
    assert_eq!(accounts.status, 401, "{}", accounts.text);
    let exchanged = post(
        &server,
        "/oauth/token",
        &machine,
        &[
            (
                "grant_type",
                "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token",
            ),
            ("subject_token", &own),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("requested_token_type", "http://auth0.com/oauth/token-type/federated-connection-access-token"),
            ("connection", "provider"),
        ],
    )
    .await;
    assert_eq!(exchanged.status, 401, "{}", exchanged.text);
}

/// Section 4.15.1: nobody chooses a client id that is, or looks like, a person's id.
#[tokio::test]
async fn a_client_cannot_take_a_persons_id() {
    let server = Server::start().await;
    let machine = crate::management::Machine::new(&server).await;
    let body = json!({"name": "x", "client_id": server.user_id.as_str()});
    let answer = machine.post("/clients", body).await;
    let made = answer.json()["client_id"].as_str().map(str::to_owned);
    assert!(made.is_none_or(|id| id != server.user_id.as_str()), "{}", answer.text);
    server
        .registrations(|settings| settings.mode = coffer_contract::registration::RegistrationMode::Open)
        .await;
    let body = json!({
        "client_id": server.user_id.as_str(), "redirect_uris": ["https://app.example/cb"],
    });
    let answer = server.json("POST", "/oidc/register", None, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let id = answer.json()["client_id"].as_str().unwrap().to_owned();
    assert!(!id.contains('|'), "people's ids have a bar: {id}");
}
