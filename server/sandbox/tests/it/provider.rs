//! The sandbox provider, and its provider file.

use coffer_federation::Entry;
use reqwest::Method;

use crate::{
    browser::{Page, form, http},
    world::World,
};

#[tokio::test]
async fn its_provider_file_is_one() {
    let world = World::bare().await;
    let text = world.sandbox.catalogue_entry();
    let entry = Entry::parse(coffer_sandbox::STRATEGY, &text).unwrap();
    assert!(entry.tested() && entry.narrows());
    let view = entry.view();
    assert_eq!((view.strategy.as_str(), view.name.as_str()), ("sandbox", "Sandbox provider"));
    assert_eq!(view.default_scopes, ["notes.read", "notes.write"]);
    assert!(view.fields.is_empty(), "nothing is left to be entered but client id and secret");

    let file: toml::Table = text.parse().unwrap();
    assert_eq!(file["group"].as_str(), Some("social"));
    assert_eq!(file["offline_scope"].as_str(), Some("offline_access"));
    assert_eq!(file["endpoints"]["discovery"].as_str(), Some(world.sandbox.provider_issuer().as_str()));

    let document = format!("{}/.well-known/openid-configuration", world.sandbox.provider_issuer());
    let page = Page::read(http().get(document)).await;
    let document: serde_json::Value = serde_json::from_str(&page.text).unwrap();
    assert_eq!(document["issuer"], world.sandbox.provider_issuer());
    assert!(document["revocation_endpoint"].is_string());
}

#[tokio::test]
async fn it_knows_coffer_and_nobody_else() {
    let world = World::bare().await;
    let (client_id, secret) = world.sandbox.client();
    let issuer = world.sandbox.provider_issuer();
    assert_ne!(secret.reveal(), "provider-secret");

    let query = "response_type=code&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let evil = format!("{issuer}/authorize?{query}&client_id={client_id}&redirect_uri=https://evil.example/");
    assert_eq!(Page::read(http().get(evil)).await.status, 400);

    for (id, wrong) in [
        (client_id.as_str(), "provider-secret"),
        ("another", "provider-secret"),
        ("another", secret.reveal()),
    ] {
        let params = [("grant_type", "refresh_token"), ("client_id", id), ("client_secret", wrong)];
        let request = form(http().request(Method::POST, format!("{issuer}/token")), &params);
        assert_eq!(Page::read(request).await.status, 401, "{id}");
    }

    let base = issuer.trim_end_matches("/sandbox");
    for path in ["_control", "github.com/login/oauth/authorize", "api.box.com/oauth2/token"] {
        assert_eq!(Page::read(http().get(format!("{base}/{path}"))).await.status, 404, "{path}");
    }
}
