//! Exchanges: an access token as subject of the vault grant, and RFC 8693.

use coffer_contract::{
    api::GrantSubject,
    application::{ApplicationType, GrantType},
};
use coffer_core::{
    SystemRng,
    audit::{Actor, AuditEvent, EventCode},
    authorization::CodeGrant,
    ids::FamilyId,
    rng,
};
use coffer_crypto::TokenHash;
use coffer_providers::Provider;
use serde_json::json;

use crate::apis::{CALENDAR, api, authorize, change, claims};
use crate::connect::{agree, connected, enable, ready};
use crate::harness::{Answer, Registered, Server};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const VAULT: &str = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const REFRESH: &str = "urn:ietf:params:oauth:token-type:refresh_token";
const FEDERATED: &str = "http://auth0.com/oauth/token-type/federated-connection-access-token";

async fn ask(server: &Server, client: &Registered, fields: &[(&str, &str)]) -> Answer {
    let mut all = vec![("client_id", client.id.as_str()), ("client_secret", &client.secret)];
    all.extend(fields);
    server.token(&all).await
}

async fn vault(server: &Server, client: &Registered, token: &str) -> Answer {
    let fields = [
        ("grant_type", VAULT),
        ("subject_token", token),
        ("subject_token_type", ACCESS),
        ("requested_token_type", FEDERATED),
        ("connection", "provider"),
    ];
    ask(server, client, &fields).await
}

async fn exchange(
    server: &Server,
    client: &Registered,
    (kind, token): (&str, &str),
    further: &[(&str, &str)],
) -> Answer {
    let mut fields = vec![("grant_type", EXCHANGE), ("subject_token", token), ("subject_token_type", kind)];
    fields.extend(further);
    ask(server, client, &fields).await
}

/// An access token of the user for an API, as the front application got it.
async fn access(server: &Server, client: &Registered, audience: &str, scopes: &str) -> String {
    let (code, now) = (rng::token(&SystemRng), coffer_core::Clock::now(&server.clock));
    let grant = CodeGrant {
        client_id: client.id.clone(),
        redirect_uri: crate::harness::CALLBACK.into(),
        scopes: coffer_core::Scopes::parse(scopes, false),
        nonce: None,
        code_challenge: Some(crate::harness::challenge()),
        audience: Some(audience.into()),
        jkt: None,
        sign_in: coffer_core::authorization::SignIn {
            user_id: server.user_id.clone(),
            auth_time: now,
            session_id: "s1".into(),
        },
        family_id: FamilyId::generate(&SystemRng),
        expires_at: now.plus_seconds(60),
    };
    server.store.codes().create(&TokenHash::of(&code), &grant).await.unwrap();
    let answer = server.redeem(client, &code).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// The confidential client of an API, linked to it.
async fn backend(server: &Server, api: &coffer_core::api::Api) -> Registered {
    let client = server.register(ApplicationType::RegularWeb, &GrantType::ALL).await;
    change(server, &client, |client| client.resource_server = Some(api.id.clone())).await;
    client
}

#[tokio::test]
async fn an_api_exchanges_the_token_that_it_was_sent_for_a_providers() {
    let server = Server::with_provider().await;
    let (front, _, token) = ready(&server).await;
    connected(&server, &token, "ada", &["notes.read"]).await;
    let calendar = api(&server, CALENDAR, &["read"], |_| {}).await;
    let backend = backend(&server, &calendar).await;
    enable(&server, &backend.id).await;
    let sent = access(&server, &front, CALENDAR, "openid read").await;

    let released = vault(&server, &backend, &sent).await;
    assert_eq!(released.status, 200, "{}", released.text);
    let body = released.json();
    assert_eq!(body["issued_token_type"], FEDERATED);
    assert!(body["scope"].as_str().unwrap().contains("notes.read"));
    let log = server.store.audit().list(&Default::default(), None, 1).await.unwrap().remove(0);
    assert_eq!((log.code.as_str(), log.client_id.as_deref()), ("vault.released", Some(backend.id.as_str())));
    assert!(log.description.contains(front.id.as_str()), "for whom it acts: {}", log.description);

    // The contract: "the caller must be the confidential client linked to the API that the token is for".
    assert_eq!(vault(&server, &front, &sent).await.refusal(), (403, "unauthorized_client".into()));
    let other = api(&server, "urn:other", &[], |_| {}).await;
    let stranger = self::backend(&server, &other).await;
    enable(&server, &stranger.id).await;
    assert_eq!(vault(&server, &stranger, &sent).await.refusal(), (401, "invalid_grant".into()));
    assert_eq!(vault(&server, &backend, "unknown").await.refusal(), (401, "invalid_grant".into()));
    server.clock.advance_seconds(600);
    assert_eq!(vault(&server, &backend, &sent).await.refusal(), (401, "invalid_grant".into()), "it ended");
}

#[tokio::test]
async fn a_providers_token_through_rfc_8693_goes_down_to_a_subset() {
    let server = Server::with_provider().await;
    let (client, refresh, token) = ready(&server).await;
    connected(&server, &token, "ada", &["notes.read", "notes.write"]).await;
    let subject = (REFRESH, refresh.as_str());
    let all =
        exchange(&server, &client, subject, &[("audience", "provider"), ("requested_token_type", ACCESS)]);
    let all = all.await;
    assert_eq!(all.status, 200, "{}", all.text);
    assert_eq!(all.json()["issued_token_type"], ACCESS);
    let scope = all.json()["scope"].as_str().unwrap().to_owned();
    assert!(scope.contains("notes.write"));
    let same = exchange(&server, &client, subject, &[("audience", "provider"), ("scope", &scope)]).await;
    assert_eq!(same.status, 200, "{}", same.text);
    let less =
        exchange(&server, &client, subject, &[("audience", "provider"), ("scope", "notes.read")]).await;
    assert_eq!(less.status, 200, "{}", less.text);
    assert_eq!(less.json()["scope"], "notes.read");
    let never =
        exchange(&server, &client, subject, &[("audience", "provider"), ("scope", "mail.send")]).await;
    assert_eq!(never.refusal(), (400, "invalid_scope".into()));
    assert!(never.text.contains("mail.send"), "{}", never.text);
    let nowhere = exchange(&server, &client, subject, &[("audience", "nowhere")]).await;
    assert_eq!(nowhere.refusal(), (400, "invalid_request".into()));
    assert!(nowhere.text.contains("nowhere"), "{}", nowhere.text);
}

/// A provider that does not narrow a token (RFC 6749 section 6 asks, and does not force it to) gives more than the
/// application asked for: it gets nothing, and the account works on.
#[tokio::test]
async fn a_providers_token_that_was_not_narrowed_is_not_handed_out() {
    let server = Server::with_provider().await;
    let (client, refresh, token) = ready(&server).await;
    connected(&server, &token, "ada", &["notes.read", "notes.write"]).await;
    server.providers.as_ref().unwrap().change(Provider::Sandbox, |settings| settings.narrows = false);
    let subject = (REFRESH, refresh.as_str());
    let fields = [("audience", "provider"), ("scope", "notes.read")];
    let refused = exchange(&server, &client, subject, &fields).await;
    assert_eq!(refused.refusal(), (400, "invalid_scope".into()));
    assert!(refused.text.contains("notes.write"), "{}", refused.text);
    assert!(!refused.text.contains("sandbox_at_"), "{}", refused.text);
    let all = exchange(&server, &client, subject, &[("audience", "provider")]).await;
    assert_eq!(all.status, 200, "{}", all.text);
    assert!(all.json()["scope"].as_str().unwrap().contains("notes.write"));
}

/// RFC 8693 section 4.1: the current actor is the outermost act claim, those before are nested in it.
#[tokio::test]
async fn who_acts_for_whom_is_in_the_token() {
    let server = Server::start().await;
    let front = server.web().await;
    let calendar = api(&server, CALENDAR, &["read", "write"], |_| {}).await;
    let mail = api(&server, "urn:mail", &["send", "read"], |_| {}).await;
    let store = api(&server, "urn:store", &["put"], |_| {}).await;
    let (one, two) = (backend(&server, &calendar).await, backend(&server, &mail).await);
    let sent = access(&server, &front, CALENDAR, "openid offline_access read").await;
    let subject = (ACCESS, sent.as_str());

    let unasked = exchange(&server, &one, subject, &[("audience", "urn:mail")]).await;
    assert_eq!(unasked.refusal(), (400, "invalid_target".into()), "nobody allowed that");
    authorize(&server, &one, "urn:mail", GrantSubject::User, "send").await;
    let got = exchange(&server, &one, subject, &[("audience", "urn:mail")]).await;
    assert_eq!(got.status, 200, "{}", got.text);
    let body = got.json();
    assert_eq!((&body["scope"], &body["issued_token_type"]), (&json!("openid send"), &json!(ACCESS)));
    assert!(body.get("refresh_token").is_none());
    let first = body["access_token"].as_str().unwrap();
    let said = claims(&server, first, "urn:mail").await;
    assert_eq!(said["sub"], server.user_id.as_str());
    assert_eq!((&said["client_id"], &said["act"]), (&json!(one.id), &json!({ "sub": one.id })));
    let more = exchange(&server, &one, subject, &[("audience", "urn:mail"), ("scope", "read")]).await;
    assert_eq!(more.refusal(), (400, "invalid_scope".into()));

    authorize(&server, &two, &store.identifier, GrantSubject::User, "put").await;
    let got = exchange(&server, &two, (ACCESS, first), &[("resource", "urn:store")]).await.json();
    let second = got["access_token"].as_str().unwrap();
    let said = claims(&server, second, "urn:store").await;
    assert_eq!(said["act"], json!({ "sub": two.id, "act": { "sub": one.id } }));
    assert_eq!(server.events(EventCode::TokenExchanged).await, 2);

    // Down-scoping: the same API, with less, and no longer than before.
    server.clock.advance_seconds(100);
    let less = exchange(&server, &one, subject, &[("scope", "read")]).await.json();
    assert_eq!((&less["scope"], &less["expires_in"]), (&json!("read"), &json!(500)));
    claims(&server, less["access_token"].as_str().unwrap(), CALENDAR).await;
    let up = exchange(&server, &one, subject, &[("scope", "read write")]).await;
    assert_eq!(up.refusal(), (400, "invalid_scope".into()));
}

#[tokio::test]
async fn what_came_of_a_sign_in_ends_with_it() {
    let server = Server::start().await;
    let front = server.web().await;
    let calendar = api(&server, CALENDAR, &["read"], |_| {}).await;
    let backend = backend(&server, &calendar).await;
    let sent = access(&server, &front, CALENDAR, "openid read").await;
    let less = exchange(&server, &backend, (ACCESS, &sent), &[]).await.json();
    let less = less["access_token"].as_str().unwrap().to_owned();
    assert_eq!(server.userinfo(&less).await.status, 200);
    let now = coffer_core::Clock::now(&server.clock);
    let event = AuditEvent::new(now, EventCode::UserSignedOut, Actor::System, "test");
    server.store.logouts().end_session("s1", now, event).await.unwrap();
    assert_eq!(server.userinfo(&less).await.status, 401);
    let ended = exchange(&server, &backend, (ACCESS, &sent), &[]).await;
    assert_eq!(ended.refusal(), (401, "invalid_grant".into()));
}

#[tokio::test]
async fn an_exchange_asks_for_the_client_the_grant_and_known_types() {
    let server = Server::start().await;
    let client = server.web().await;
    let refresh = server.signed_in(&client).await;
    let subject = (REFRESH, refresh.as_str());
    let public = server.register(ApplicationType::SinglePage, &GrantType::ALL).await;
    let fields = [("grant_type", EXCHANGE), ("client_id", public.id.as_str()), ("subject_token", "x")];
    assert_eq!(server.token(&fields).await.refusal(), (403, "unauthorized_client".into()));
    let plain = server.register(ApplicationType::RegularWeb, &[GrantType::RefreshToken]).await;
    let refused = exchange(&server, &plain, subject, &[("audience", "provider")]).await;
    assert_eq!(refused.refusal(), (403, "unauthorized_client".into()));
    for further in [
        &[("audience", "provider"), ("requested_token_type", "urn:ietf:params:oauth:token-type:saml2")][..],
        &[][..],
        &[("audience", "https://coffer.example/me/"), ("actor_token", "x")],
        &[("audience", "https://coffer.example/me/"), ("actor_token_type", ACCESS)],
    ] {
        agree(&server, &client.id, "read:me:connected_accounts").await;
        let refused = exchange(&server, &client, subject, further).await;
        assert_eq!(refused.refusal(), (400, "invalid_request".into()), "{further:?}");
    }
    let unknown = exchange(&server, &client, ("urn:x", &refresh), &[("audience", "provider")]).await;
    assert_eq!(unknown.refusal(), (400, "invalid_request".into()));
}
