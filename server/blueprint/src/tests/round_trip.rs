use std::collections::BTreeSet;

use serde_json::Value;

use super::{Place, SECRET, provider};
use crate::{References, model::Blueprint};

/// Every setting that there is, with a value that is not its default.
const EVERYTHING: &str = r#"
[[api]]
identifier = "https://calendar.example/"
name = "Calendar"
scopes = [{ value = "read:events", description = "See your events" }, { value = "write:events" }]
signing_alg = "ES256"
token_seconds = 600
offline_access = false
skip_consent = false
user_access = "granted"

[[connection]]
name = "custom"
strategy = "oauth2"
display_name = "A \"quoted\" name"
client_id = "upstream"
client_secret = { env = "CUSTOM_CLIENT_SECRET" }
scopes = ["b", "a"]
purpose = "connected_accounts"
vault_enabled = true
metadata = { team = "blue" }

[connection.options]
authorization_url = "https://provider.example/authorize"
token_url = "https://provider.example/token"
refresh_url = "https://provider.example/refresh"
user_info_url = "https://provider.example/me"
revocation_url = "https://provider.example/revoke"
scope_separator = "comma"
client_authentication = "post"
without_pkce = true
own_callback = true
profile = { id = "data.id", name = "data.name", nickname = "n", picture = "p", email = "e", email_verified = "v" }
upstream_params = { "a.b" = "1", access_type = "offline" }
upstream_headers = { X-Version = "2" }

[[connection]]
name = "company"
strategy = "oidc"
client_id = "upstream"
client_secret = { env = "COMPANY_CLIENT_SECRET" }
options = { discovery_url = "ISSUER", domain_aliases = ["Example.com", "example.org"] }

[[connection]]
name = "directory"
strategy = "waad"
client_id = "upstream"
client_secret = { env = "DIRECTORY_CLIENT_SECRET" }
options = { tenant = "example.com", administrator_sign_in = true }

[[application]]
client_id = "agent"
client_secret = { env = "AGENT_CLIENT_SECRET" }
name = "Agent"
type = "regular_web"
description = "Two\nlines"
callbacks = ["https://agent.example/callback"]
logout_urls = ["https://agent.example/"]
web_origins = ["https://agent.example"]
grants = ["authorization_code", "refresh_token", "token_vault"]
auth_method = "client_secret_basic"
id_token_alg = "EdDSA"
first_party = true
connect_accounts = true
resource_server = "https://calendar.example/"
refresh_policies = [{ audience = "https://calendar.example/", scope = ["read:events"] }]
jwks_uri = "https://agent.example/keys"
backchannel_logout_uri = "https://agent.example/logout"
require_par = true
logo_uri = "https://agent.example/logo.png"
metadata = { team = "blue", "a b" = "c" }
connections = [{ name = "custom", scope_ceiling = ["a"] }, { name = "company" }]
apis = [
  { identifier = "https://calendar.example/", subject = "client", scopes = ["read:events", "write:events"] },
  { identifier = "https://calendar.example/", subject = "user", scopes = ["read:events"] },
]

[[application]]
client_id = "worker"
name = "Worker"
type = "machine_to_machine"
auth_method = "private_key_jwt"
jwks = { keys = [{ kty = "OKP", crv = "Ed25519", x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] }
apis = [{ identifier = "https://coffer.example/api/v2/", subject = "client", scopes = ["read:connections"] }]
"#;

async fn filled() -> Place {
    let place = empty().await;
    place.apply(&EVERYTHING.replace("ISSUER", &provider().await)).await;
    place
}

async fn empty() -> Place {
    let mut place = Place::new().await;
    for name in ["CUSTOM", "COMPANY", "DIRECTORY", "AGENT"] {
        place = place.with_secret(&format!("{name}_CLIENT_SECRET"), &format!("{SECRET}-{name}"));
    }
    place
}

#[tokio::test]
async fn an_export_changes_nothing() {
    let place = filled().await;
    let export = place.export().await;
    let draft = place.draft(&export).await.unwrap();
    assert!(draft.plan().is_empty(), "{}\n{export}", draft.plan().text("x.toml"));
    assert_eq!(draft.plan().unmanaged, vec![]);
    assert!(!export.contains("pa55word"), "{export}");
    assert!(export.contains("{public_url}api/v2/"), "{export}");
    assert_eq!(place.export().await, export, "it is the same each time");
    // With references to the secrets that it has, too.
    let events = place.log().await.len();
    let written = place.desk.export(References::Written).await.unwrap();
    let draft = place.draft(&written).await.unwrap();
    assert!(draft.plan().is_empty(), "{}\n{written}", draft.plan().text("x.toml"));
    assert_eq!(place.log().await.len(), events);
}

#[tokio::test]
async fn an_export_makes_the_same_elsewhere() {
    let place = filled().await;
    let elsewhere = empty().await;
    elsewhere.apply(&place.desk.export(References::Written).await.unwrap()).await;
    assert_eq!(elsewhere.export().await, place.export().await);
}

/// Fails when a setting is added and the blueprint above does not have it, so that exports are known to have it.
#[test]
fn the_test_has_every_setting() {
    let everything: Blueprint = toml::from_str(EVERYTHING).unwrap();
    let blank = "[[api]]\nidentifier = \"\"\nname = \"\"\n[[connection]]\nname = \"\"\nstrategy = \"\"\n\
                 client_id = \"\"\n[[application]]\nname = \"\"\ntype = \"native\"\n";
    let blank: Blueprint = toml::from_str(blank).unwrap();
    let json = |kinds: Blueprint| {
        [
            serde_json::to_value(kinds.api.unwrap()).unwrap(),
            serde_json::to_value(kinds.connection.unwrap()).unwrap(),
            serde_json::to_value(kinds.application.unwrap()).unwrap(),
        ]
    };
    let mut unused = BTreeSet::new();
    for (blank, all) in json(blank).iter().zip(json(everything)) {
        same(&blank[0], all.as_array().unwrap(), "", &mut unused);
    }
    assert_eq!(unused, BTreeSet::new());
}

/// Names of the members that are as in `blank` in each of `all`.
fn same(blank: &Value, all: &[Value], name: &str, names: &mut BTreeSet<String>) {
    match blank {
        Value::Object(members) if !members.is_empty() => {
            for (member, value) in members {
                let all: Vec<Value> = all.iter().map(|one| one[member].clone()).collect();
                same(value, &all, &format!("{name}.{member}"), names);
            }
        }
        value => {
            if all.iter().all(|one| one == value) {
                names.insert(name.to_owned());
            }
        }
    }
}
