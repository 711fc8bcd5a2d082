//! `/_control`: the handle's methods over HTTP, for tests that are not in Rust.
//!
//! `GET` answers with the whole state: `base`, `hosts` (for each `settings`, `counters`, `registered`,
//! `guests`, `grants`) and `requests`. `POST` takes one of these as `application/json`, and answers with the
//! state after it:
//!
//! ```json
//! {"command": "set", "host": "github.com", "settings": {"github_app": true, "mode": {"slow": 300}}}
//! {"command": "register", "host": "sandbox", "client_id": "c", "client": {"secret": "s", "redirect_uris": []}}
//! {"command": "revoke_account", "host": "sandbox", "account": "ada"}
//! {"command": "reset", "host": "sandbox"}
//! {"command": "forget_requests"}
//! ```

use axum::{
    http::{HeaderMap, Method, StatusCode, header},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Client, Provider, Providers, answer};

/// A command.
#[derive(Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
enum Command {
    Set { host: Provider, settings: Value },
    Register { host: Provider, client_id: String, client: Client },
    RevokeAccount { host: Provider, account: String },
    Reset { host: Provider },
    ForgetRequests {},
}

/// `GET` tells the state; `POST` with a JSON command changes it and tells it.
pub(crate) fn serve(providers: &Providers, method: &Method, headers: &HeaderMap, body: &[u8]) -> Response {
    match method.as_str() {
        "GET" => answer::ok(&providers.state()),
        "POST" => {
            // Another site's form cannot send JSON, so no page that a browser happens to open gets in.
            let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
            if !kind.starts_with("application/json") {
                return answer::text(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Commands are JSON.");
            }
            match serde_json::from_slice(body).map_err(|e| e.to_string()).and_then(|c| obey(providers, c)) {
                Ok(()) => answer::ok(&providers.state()),
                Err(error) => answer::json(StatusCode::BAD_REQUEST, &json!({"error": error})),
            }
        }
        _ => answer::empty(StatusCode::METHOD_NOT_ALLOWED),
    }
}

fn obey(providers: &Providers, command: Command) -> Result<(), String> {
    match command {
        Command::Set { host, settings } => providers.set(host, &settings).map_err(|e| e.to_string())?,
        Command::Register { host, client_id, client } => providers.register(host, &client_id, client),
        Command::RevokeAccount { host, account } => {
            providers.revoke_account(host, &account);
        }
        Command::Reset { host } => providers.reset(host),
        Command::ForgetRequests {} => providers.forget_requests(),
    }
    Ok(())
}
