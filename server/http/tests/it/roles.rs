//! Every server function, called by administrators of every role: done, or refused for the role. A function
//! that is new is missing in the table, and the test says so.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Request, header},
};
use coffer_contract::{
    administrator::Role,
    api::{ApiForm, GrantSubject, NewApi},
    application::{
        ApplicationExchange, ApplicationForm, ApplicationType, KeysForm, NewApplication, SigningAlgorithm,
        TokenEndpointAuthMethod,
    },
    client_grant::NewClientGrant,
    connection::ConnectionForm,
    registration::{NewInitialToken, RegistrationSettings},
    webhook::{EventType, WebhookForm},
};
use coffer_crypto::Secret;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    harness::{Answer, ISSUER, Server},
    protection::BEFORE_SIGN_IN,
};

pub const PASSWORD: &str = "four unrelated common words";

/// How a function is called.
enum Call {
    Json(Value),
    Form(&'static str),
}

use Call::{Form, Json};
use Role::{Editor, Owner, Viewer};

fn table() -> Vec<(&'static str, Role, Call)> {
    let application = ApplicationForm {
        name: "Agent".into(),
        description: String::new(),
        callbacks: vec![],
        logout_urls: vec![],
        backchannel_logout_uri: None,
        web_origins: vec![],
        grants: vec![],
        auth_method: TokenEndpointAuthMethod::ClientSecretPost,
        id_token_alg: SigningAlgorithm::default(),
        require_par: false,
        first_party: false,
        connect_accounts: false,
    };
    let new_application = NewApplication { name: "New".into(), app_type: ApplicationType::RegularWeb };
    let new_api = NewApi { identifier: String::new(), form: ApiForm::default() };
    let grant = NewClientGrant {
        client_id: "nobody".into(),
        audience: "nothing".into(),
        subject: GrantSubject::User,
        scopes: vec![],
    };
    let webhook =
        WebhookForm { url: String::new(), description: String::new(), types: vec![], enabled: true };
    let token = NewInitialToken { name: String::new(), days: 0 };
    let (connection, settings) = (ConnectionForm::default(), RegistrationSettings::default());
    let (keys, exchange) = (KeysForm::default(), ApplicationExchange::default());
    vec![
        ("me", Viewer, Form("")),
        ("change_password", Viewer, Form("current_password=not-it&new_password=another-long-password")),
        ("linked_accounts", Viewer, Form("")),
        ("link_account", Viewer, Form("connection=nobody&current_password=not-it")),
        ("unlink_account", Viewer, Form("id=nobody")),
        ("second_factors", Viewer, Form("")),
        ("add_authenticator", Viewer, Form("current_password=not-it&name=")),
        ("confirm_authenticator", Viewer, Form("id=nobody&code=000000")),
        ("add_passkey", Viewer, Form("current_password=not-it&name=")),
        ("confirm_passkey", Viewer, Form("answer=x")),
        ("remove_factor", Viewer, Form("id=nobody&current_password=not-it")),
        ("make_recovery_codes", Viewer, Form("current_password=not-it")),
        ("overview", Viewer, Form("")),
        ("set_up_sandbox", Editor, Form("")),
        ("catalogue", Viewer, Form("group=social")),
        ("new_connection", Viewer, Form("strategy=github")),
        ("list_connections", Viewer, Json(json!({"group": "social", "search": "", "after": null}))),
        ("connection", Viewer, Form("id=nobody")),
        ("create_connection", Editor, Json(json!({"strategy": "github", "form": connection}))),
        ("update_connection", Editor, Json(json!({"id": "nobody", "form": connection, "version": 1}))),
        ("delete_connection", Editor, Form("id=nobody&confirm_name=x")),
        ("check_discovery", Editor, Form("url=nothing")),
        ("try_mapping", Editor, Json(json!({"mapping": {}, "sample": "{}"}))),
        ("begin_try", Editor, Form("connection_id=nobody")),
        ("try_result", Editor, Form("connection_id=nobody&handle=x")),
        ("connection_applications", Viewer, Form("id=nobody")),
        ("application_connections", Viewer, Form("client_id=nobody")),
        ("set_enablement", Editor, Form("connection_id=nobody&client_id=nobody&enabled=true")),
        (
            "set_scope_ceiling",
            Editor,
            Json(json!({"connection_id": "nobody", "client_id": "nobody", "ceiling": null})),
        ),
        ("list_applications", Viewer, Json(json!({"search": "", "after": null}))),
        ("application", Viewer, Form("client_id=nobody")),
        ("create_application", Editor, Json(json!({"application": new_application}))),
        (
            "update_application",
            Editor,
            Json(json!({"client_id": "nobody", "form": application, "keys": keys, "version": 1})),
        ),
        ("update_exchange", Editor, Json(json!({"client_id": "nobody", "exchange": exchange, "version": 1}))),
        ("rotate_secret", Editor, Form("client_id=nobody")),
        ("delete_application", Editor, Form("client_id=nobody&confirm_name=x")),
        ("list_apis", Viewer, Json(json!({"search": "", "after": null}))),
        ("api", Viewer, Form("id=nobody")),
        ("create_api", Editor, Json(json!({"api": new_api}))),
        ("update_api", Editor, Json(json!({"id": "nobody", "form": ApiForm::default(), "version": 1}))),
        ("delete_api", Editor, Form("id=nobody&confirm_name=x")),
        ("api_applications", Viewer, Json(json!({"id": "nobody", "search": "", "after": null}))),
        ("application_apis", Viewer, Json(json!({"client_id": "nobody", "search": "", "after": null}))),
        ("create_client_grant", Editor, Json(json!({"grant": grant}))),
        ("update_client_grant", Editor, Json(json!({"id": "nobody", "scopes": []}))),
        ("delete_client_grant", Editor, Form("id=nobody")),
        ("registration", Viewer, Form("")),
        ("set_registration", Editor, Json(json!({"settings": settings, "version": 7}))),
        ("create_initial_token", Editor, Json(json!({"token": token}))),
        ("delete_initial_token", Editor, Form("id=nobody")),
        ("list_users", Viewer, Form("search=")),
        ("user", Viewer, Form("id=nobody")),
        ("disconnect_account", Editor, Form("user_id=nobody&account_id=x")),
        ("delete_user", Editor, Form("id=nobody&confirm=x")),
        ("list_logs", Viewer, Json(json!({"filter": {}, "before": null}))),
        ("log_codes", Viewer, Form("")),
        ("list_webhooks", Viewer, Json(json!({"search": "", "after": null}))),
        ("webhook", Viewer, Form("id=nobody")),
        ("create_webhook", Editor, Json(json!({"form": webhook}))),
        ("update_webhook", Editor, Json(json!({"id": "nobody", "form": webhook, "version": 1}))),
        ("rotate_webhook_secret", Editor, Form("id=nobody")),
        ("delete_webhook", Editor, Form("id=nobody")),
        ("test_webhook", Editor, Form("id=nobody")),
        ("list_deliveries", Viewer, Json(json!({"webhook_id": "nobody", "filter": {}, "after": null}))),
        ("delivery", Viewer, Form("webhook_id=nobody&id=x")),
        ("resend_delivery", Editor, Form("webhook_id=nobody&id=x")),
        ("list_administrators", Viewer, Form("")),
        ("invite_administrator", Owner, Form("email=not-an-address&role=viewer")),
        ("withdraw_invitation", Owner, Form("id=nobody")),
        ("set_administrator_role", Owner, Form("id=nobody&role=viewer")),
        ("remove_administrator", Owner, Form("id=nobody&confirm=x")),
        ("require_second_factor", Owner, Form("required=true")),
        ("reset_factors", Owner, Form("id=nobody&confirm=x")),
    ]
}

/// A browser in which an administrator with this role is signed in.
pub async fn signed_in(server: &Server, role: Role) -> Browser {
    let email = format!("{}@example.com", role.code());
    server.state.admin.create_administrator(&email, Secret::new(PASSWORD), role).await.unwrap();
    sign_in(server, &email).await
}

pub async fn sign_in(server: &Server, email: &str) -> Browser {
    let mut browser = Browser::default();
    let fields = [("email", email), ("password", PASSWORD), ("return_to", "")];
    let answer = browser.post(server, "/console/api/sign_in", &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    browser
}

async fn call(server: &Server, browser: &Browser, name: &str, call: &Call) -> Answer {
    let (kind, body) = match call {
        Json(body) => ("application/json", body.to_string()),
        Form(body) => ("application/x-www-form-urlencoded", (*body).to_owned()),
    };
    let request = Request::post(format!("/console/api/{name}"))
        .header(header::ORIGIN, ISSUER.trim_end_matches('/'))
        .header(header::CONTENT_TYPE, kind)
        .header(header::COOKIE, browser.cookie.as_deref().unwrap())
        .body(Body::from(body));
    server.send(request.unwrap()).await
}

/// Whether the answer refuses the role; there are other reasons to forbid.
fn refuses_the_role(answer: &Answer) -> bool {
    answer.status == 403 && answer.text.contains("ask an owner")
}

#[tokio::test]
async fn every_server_function_asks_for_its_role() {
    let server = Server::start().await;
    let table = table();
    let known: BTreeSet<&str> = table.iter().map(|(name, ..)| *name).collect();
    let all: BTreeSet<&str> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, _)| path.trim_start_matches("/console/api/"))
        .filter(|name| !BEFORE_SIGN_IN.contains(name))
        .collect();
    assert_eq!(known, all, "the table and the server functions that there are");
    for role in Role::ALL {
        let browser = signed_in(&server, role).await;
        for (name, needed, how) in &table {
            let answer = call(&server, &browser, name, how).await;
            let said = format!("{name} by {}: {} {}", role.with_article(), answer.status, answer.text);
            assert_eq!(refuses_the_role(&answer), role < *needed, "{said}");
            assert!(![400, 401, 405, 500].contains(&answer.status.as_u16()), "{said}");
        }
    }
}

/// A role counts from the moment in which it is given: there is no copy of it in the session.
#[tokio::test]
async fn a_demotion_counts_at_once_and_a_promotion_too() {
    let server = Server::start().await;
    let mut owner = signed_in(&server, Owner).await;
    let editor = signed_in(&server, Editor).await;
    let viewer = signed_in(&server, Viewer).await;
    let new = Json(
        json!({"application": NewApplication { name: "New".into(), app_type: ApplicationType::Native }}),
    );
    let list = owner.post(&server, "/console/api/list_administrators", &[]).await.json();
    let id_of = |email: &str| {
        let all = list["administrators"].as_array().unwrap();
        all.iter().find(|known| known["email"] == email).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (editor_id, viewer_id) = (id_of("editor@example.com"), id_of("viewer@example.com"));
    assert_eq!(call(&server, &editor, "create_application", &new).await.status, 200);
    assert_eq!(call(&server, &viewer, "create_application", &new).await.status, 403);

    let demote = [("id", editor_id.as_str()), ("role", "viewer")];
    assert_eq!(owner.post(&server, "/console/api/set_administrator_role", &demote).await.status, 200);
    let answer = call(&server, &editor, "create_application", &new).await;
    assert_eq!(answer.status, 401, "the session of who lost rights has ended: {}", answer.text);
    let again = sign_in(&server, "editor@example.com").await;
    assert_eq!(call(&server, &again, "create_application", &new).await.status, 403);

    let promote = [("id", viewer_id.as_str()), ("role", "editor")];
    assert_eq!(owner.post(&server, "/console/api/set_administrator_role", &promote).await.status, 200);
    assert_eq!(call(&server, &viewer, "create_application", &new).await.status, 200, "the same session");

    let remove = [("id", viewer_id.as_str()), ("confirm", "viewer@example.com")];
    assert_eq!(owner.post(&server, "/console/api/remove_administrator", &remove).await.status, 200);
    assert_eq!(call(&server, &viewer, "me", &Form("")).await.status, 401);
}

#[tokio::test]
async fn an_invitation_makes_one_administrator_and_no_more() {
    let server = Server::start().await;
    let mut owner = signed_in(&server, Owner).await;
    let invite = [("email", "Eve@Example.com"), ("role", "viewer")];
    let issued = owner.post(&server, "/console/api/invite_administrator", &invite).await.json();
    let link = issued["link"].as_str().unwrap();
    let token = link.strip_prefix("https://coffer.example/console/invitation?token=").unwrap();
    let list = owner.post(&server, "/console/api/list_administrators", &[]).await;
    assert_eq!(list.json()["invitations"][0]["email"], "eve@example.com");
    assert!(!list.text.contains(token), "the link is shown once");

    let mut eve = Browser::default();
    let page = eve.get(&server, link).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("eve@example.com") && page.text.contains("a viewer"), "{}", page.text);
    // The role is the invitation's, whatever is sent.
    let accept =
        [("token", token), ("password", PASSWORD), ("role", "owner"), ("email", "mallory@example.com")];
    assert_eq!(eve.post(&server, "/console/api/accept_invitation", &accept).await.status, 200);
    let me = eve.post(&server, "/console/api/me", &[]).await.json();
    assert_eq!((me["email"].as_str(), me["role"].as_str()), (Some("eve@example.com"), Some("viewer")));

    let late = Browser::default().post(&server, "/console/api/accept_invitation", &accept).await;
    assert_eq!(late.status, 403, "{}", late.text);
    let list = owner.post(&server, "/console/api/list_administrators", &[]).await.json();
    assert_eq!(list["administrators"].as_array().unwrap().len(), 2);
    assert!(list["invitations"].as_array().unwrap().is_empty());
}

/// What a viewer reads of things that have secrets.
#[tokio::test]
async fn a_viewer_is_shown_no_secret() {
    let server = Server::start().await;
    let editor = signed_in(&server, Editor).await;
    let viewer = signed_in(&server, Viewer).await;
    let new = NewApplication { name: "New".into(), app_type: ApplicationType::RegularWeb };
    let made = call(&server, &editor, "create_application", &Json(json!({"application": new}))).await.json();
    let secret = made["client_secret"].as_str().unwrap().to_owned();
    let hook = WebhookForm {
        url: "https://receiver.example/".into(),
        description: String::new(),
        types: EventType::ALL.to_vec(),
        enabled: true,
    };
    let hook = call(&server, &editor, "create_webhook", &Json(json!({"form": hook}))).await;
    assert_eq!(hook.status, 200, "{}", hook.text);
    let hook = hook.json();
    let signing = hook["secret"].as_str().unwrap().to_owned();
    let mut read = String::new();
    for (name, field, id) in
        [("application", "client_id", &made["client_id"]), ("webhook", "id", &hook["id"])]
    {
        let mut browser = Browser { cookie: viewer.cookie.clone() };
        let fields = [(field, id.as_str().unwrap())];
        let answer = browser.post(&server, &format!("/console/api/{name}"), &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        read += &answer.text;
    }
    for path in ["/console/applications", "/console/webhooks", "/console/apis", "/console/logs"] {
        let mut browser = Browser { cookie: viewer.cookie.clone() };
        let page = browser.get(&server, path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.contains("data-role=\"viewer\""), "{path}");
        assert!(!page.text.contains(">Create "), "{path} offers what is refused");
        read += &page.text;
    }
    assert!(!read.contains(&secret) && !read.contains(&signing));
}
