//! Users, their accounts and what they granted; the log.

use coffer_core::{
    Clock as _, Scopes,
    audit::{Actor, AuditEvent, EventCode},
    user::{Profile, User},
};
use serde_json::{Value, json};

use super::{Machine, refusal};
use crate::harness::Server;

async fn user(server: &Server, name: &str, at: i64) -> String {
    server.clock.advance_seconds(at);
    let now = server.clock.now();
    let id = coffer_core::ids::UserId::from_text(format!("oauth2|provider|{name}"));
    let user = User {
        id: id.clone(),
        connection_id: server.connection.id.clone(),
        provider_user_id: name.into(),
        profile: Profile {
            name: Some(format!("{name} Lovelace")),
            email: Some(format!("{name}@example.com")),
            ..Profile::default()
        },
        created_at: now,
        updated_at: now,
        last_sign_in_at: now,
        signed_out_at: None,
    };
    let event = AuditEvent::new(now, EventCode::UserSignedIn, Actor::System, "test").user(&id);
    server.store.users().sign_in(&user, event).await.unwrap();
    id.to_string()
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|user| user["user_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn users_are_found_and_deleted() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let bob = user(&server, "bob", 10).await;
    let eve = user(&server, "eve", 10).await;
    let ada = server.user_id.to_string();
    let search = async |q: &str| {
        let q: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
        let answer = machine.get(&format!("/users?search_engine=v3&q={q}")).await;
        assert_eq!(answer.status, 200, "{q}: {}", answer.text);
        let list = answer.json();
        ids(&list).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(search("email:\"bob@example.com\"").await.join(" "), bob);
    assert_eq!(search("email:BOB*").await.join(" "), bob);
    assert_eq!(search("name:\"eve Lovelace\" OR name:\"bob lovelace\"").await, [eve.clone(), bob.clone()]);
    assert_eq!(search(&format!("user_id:\"{ada}\"")).await.join(" "), ada);
    assert_eq!(search("identities.connection:provider AND NOT email:bob*").await.len(), 2);
    assert_eq!(search("identities.connection:nothing").await, [] as [String; 0]);
    assert_eq!(search("last_login:[2023-11-14T22:13:25Z TO *]").await.len(), 2);
    let sorted = machine.get("/users?sort=created_at:1&per_page=2&include_totals=true").await.json();
    assert_eq!((ids(&sorted["users"]), &sorted["total"]), (vec![ada.as_str(), bob.as_str()], &json!(3)));
    let by_email = machine.get("/users-by-email?email=Bob%40example.com").await.json();
    assert_eq!(ids(&by_email), [bob.as_str()]);

    let path = format!("/users/{}", bob.replace('|', "%7C"));
    let body = machine.get(&path).await.json();
    assert_eq!(body["email"], "bob@example.com");
    assert_eq!(
        body["identities"],
        json!([{"connection": "provider", "provider": "oauth2", "user_id": "bob", "isSocial": true}])
    );
    assert_eq!(machine.delete(&path).await.status, 204);
    assert_eq!(refusal(&machine.get(&path).await), (404, "inexistent_user".into()));
}

#[tokio::test]
async fn accounts_are_shown_without_tokens_and_disconnected() {
    let server = Server::with_provider().await;
    let machine = Machine::new(&server).await;
    let client = server.web().await;
    crate::connect::enable(&server, &client.id).await;
    let mut browser = crate::browser::Browser::default();
    let query = format!(
        "/authorize?client_id={}&redirect_uri={}&response_type=code&scope=openid&connection=provider\
         &code_challenge={}&code_challenge_method=S256",
        client.id,
        crate::harness::CALLBACK,
        crate::harness::challenge(),
    );
    let there = crate::browser::redirected(&browser.get(&server, &query).await);
    browser.at_provider(&server, there.as_str(), "ada", "allow").await;
    let users = machine.get("/users").await.json();
    let user = users[0]["user_id"].as_str().unwrap().replace('|', "%7C");
    let accounts = machine.get(&format!("/users/{user}/connected-accounts?take=50")).await;
    let account = accounts.json()["connected_accounts"][0].clone();
    assert_eq!((&account["connection"], &account["access_type"]), (&json!("provider"), &json!("offline")));
    assert_eq!(account["connection_id"], json!(server.connection.id));
    assert!(account["created_at"].is_string() && account["strategy"] == "oauth2");
    let path = format!("/users/{user}/federated-connections-tokensets");
    let sets = machine.get(&path).await;
    assert_eq!((&sets.json()[0]["id"], &sets.json()[0]["connection"]), (&account["id"], &json!("provider")));
    assert!(!sets.text.contains("access_token") && !accounts.text.contains("access_token"));
    let set = format!("{path}/{}", account["id"].as_str().unwrap());
    assert_eq!(machine.delete(&set).await.status, 204);
    assert_eq!(machine.get(&path).await.json(), json!([]));
    assert_eq!(machine.delete(&set).await.status, 404);
}

#[tokio::test]
async fn grants_are_listed_api_by_api_and_taken_back() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let (one, two) = (server.web().await, server.web().await);
    let now = server.clock.now();
    for (client, scopes) in [
        (&one, "openid email https://calendar.example https://calendar.example#read urn:mail"),
        (&two, "openid create:me:connected_accounts"),
    ] {
        let event = AuditEvent::new(now, EventCode::UserConsented, Actor::System, "test");
        let scopes = Scopes::parse(scopes, false);
        server.store.consents().grant(&server.user_id, &client.id, &scopes, now, event).await.unwrap();
    }
    let refresh = server.signed_in(&one).await;
    let user = server.user_id.to_string().replace('|', "%7C");
    let list = machine.get(&format!("/grants?user_id={user}&client_id={}", one.id)).await.json();
    let found: Vec<_> =
        list.as_array().unwrap().iter().map(|g| (g["audience"].clone(), g["scope"].clone())).collect();
    assert_eq!(
        found,
        [
            (json!("https://coffer.example/userinfo"), json!(["openid", "email"])),
            (json!("https://calendar.example"), json!(["read"])),
            (json!("urn:mail"), json!([])),
        ]
    );
    assert_eq!(list[0]["clientID"], json!(one.id));
    let page = machine.get("/grants?per_page=2&page=2&include_totals=true").await.json();
    assert_eq!((&page["total"], page["grants"].as_array().unwrap().len()), (&json!(5), 1));
    let mine = machine.get("/grants?audience=https://coffer.example/me/").await.json();
    assert_eq!(mine[0]["clientID"], json!(two.id));

    let calendar = format!("/grants/{}", list[1]["id"].as_str().unwrap());
    assert_eq!(machine.delete(&calendar).await.status, 204);
    assert_eq!(refusal(&machine.delete(&calendar).await), (404, "inexistent_grant".into()));
    let left = server.store.consents().get(&server.user_id, &one.id).await.unwrap();
    assert_eq!(left.to_string(), "openid email urn:mail");
    assert_eq!(server.refresh(&one, &refresh).await.refusal().1, "invalid_grant", "its sign-ins end");
    assert_eq!(machine.delete("/grants").await.status, 400, "nobody loses everybody's by mistake");
    assert_eq!(machine.delete(&format!("/grants?user_id={user}")).await.status, 204);
    assert_eq!(machine.get("/grants").await.json(), json!([]));
    assert_eq!(server.events(EventCode::UserConsentWithdrawn).await, 3);
}

#[tokio::test]
async fn the_log_pages_both_ways() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    let bob = user(&server, "bob", 1).await;
    for _ in 0..4 {
        user(&server, "bob", 1).await;
    }
    let user_logs = machine.get(&format!("/users/{}/logs", bob.replace('|', "%7C"))).await.json();
    assert_eq!(user_logs.as_array().unwrap().len(), 5);
    let totals = machine.get("/logs?q=type:user.signed_in&per_page=2&include_totals=true&sort=date:-1").await;
    let body = totals.json();
    assert_eq!((&body["total"], &body["length"]), (&json!(6), &json!(2)));
    let number = |log: &Value| log["log_id"].as_str().unwrap().parse::<i64>().unwrap();
    assert!(number(&body["logs"][0]) > number(&body["logs"][1]), "the newest first");
    let area = machine.get("/logs?search=type:user&per_page=100").await.json();
    assert_eq!(area.as_array().unwrap().len(), 6, "a type may be the part before the dot");
    // Downwards by checkpoint.
    let first = machine.get("/logs?take=3").await.json();
    let next = first["next"].as_str().unwrap();
    let second = machine.get(&format!("/logs?take=3&from={next}")).await.json();
    assert!(number(&second["logs"][0]) < number(&first["logs"][2]));
    // Upwards from an event, for whoever carries the log elsewhere.
    let oldest = machine.get("/logs?sort=date:1&per_page=1").await.json();
    let after = machine.get(&format!("/logs?from={}&take=2", number(&oldest[0]))).await.json();
    assert!(number(&after["logs"][0]) > number(&oldest[0]));
    assert!(number(&after["logs"][1]) > number(&after["logs"][0]));
    let one = machine.get(&format!("/logs/{}", number(&oldest[0]))).await.json();
    assert_eq!(one, oldest[0]);
}
