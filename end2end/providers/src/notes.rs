//! Notes of the sandbox's people: something for an agent to read and to write.

use axum::{
    http::{StatusCode, header},
    response::Response,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    answer::{self, Refused, Reply},
    call::Call,
    person::Person,
    tokens::BearerError,
};

/// Notes that a person keeps; the oldest go first.
const MOST: usize = 100;
/// Longest note, in characters.
const LONGEST: usize = 1000;

/// A note.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Note {
    id: u64,
    text: String,
    created_at: String,
}

/// `GET` lists the notes, newest last; `POST` with `{"text": ...}` writes one.
pub(crate) fn serve(call: &Call) -> Reply {
    match call.method.as_str() {
        "GET" => {
            let account = allowed(call, "notes.read")?;
            let notes = call.place(|place| place.notes.get(&account).cloned().unwrap_or_default());
            let name = Person::new(call.provider, &account).name();
            Ok(answer::ok(&json!({"owner": name, "notes": notes})))
        }
        "POST" => {
            let account = allowed(call, "notes.write")?;
            let text = call.json.as_ref().and_then(|json| json["text"].as_str()).map(str::trim);
            let Some(text) = text.filter(|text| !text.is_empty() && text.chars().count() <= LONGEST) else {
                let body =
                    json!({"error": "invalid_request", "error_description": "text: 1 to 1000 characters"});
                return Ok(answer::json(StatusCode::BAD_REQUEST, &body));
            };
            let note = written(call, account, text);
            Ok(answer::json(StatusCode::CREATED, &json!(note)))
        }
        _ => Ok(answer::empty(StatusCode::METHOD_NOT_ALLOWED)),
    }
}

fn written(call: &Call, account: String, text: &str) -> Note {
    let created_at = call.now().rfc3339();
    call.place(|place| {
        let notes = place.notes.entry(account).or_default();
        let id = notes.last().map_or(1, |last| last.id + 1);
        let note = Note { id, text: text.to_owned(), created_at };
        if notes.len() == MOST {
            notes.remove(0);
        }
        notes.push(note.clone());
        note
    })
}

/// The account of an access token that has `scope`.
fn allowed(call: &Call, scope: &str) -> Result<String, Refused> {
    let signed_in = call.signed_in(call.bearer()).map_err(refused)?;
    match signed_in.scopes.contains(scope) {
        true => Ok(signed_in.account),
        false => Err(insufficient(scope).into()),
    }
}

fn insufficient(scope: &str) -> Response {
    let body: Value = json!({"error": "insufficient_scope", "scope": scope});
    let challenge = format!(r#"Bearer realm="sandbox", error="insufficient_scope", scope="{scope}""#);
    answer::with(answer::json(StatusCode::FORBIDDEN, &body), header::WWW_AUTHENTICATE, &challenge)
}

/// RFC 6750 section 3: without a token the challenge says nothing but the realm.
pub(crate) fn refused(error: BearerError) -> Response {
    let said = match error {
        BearerError::Missing => return bare(),
        BearerError::Unknown => "The access token is unknown",
        BearerError::Expired => "The access token expired",
        BearerError::Revoked => "The access token was revoked",
    };
    let body = json!({"error": "invalid_token", "error_description": said});
    let challenge = format!(r#"Bearer realm="sandbox", error="invalid_token", error_description="{said}""#);
    answer::with(answer::json(StatusCode::UNAUTHORIZED, &body), header::WWW_AUTHENTICATE, &challenge)
}

fn bare() -> Response {
    answer::with(
        answer::empty(StatusCode::UNAUTHORIZED),
        header::WWW_AUTHENTICATE,
        r#"Bearer realm="sandbox""#,
    )
}
