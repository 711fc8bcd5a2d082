//! Token answers as RFC 6749 section 5 has them, from what providers really send.

use http::{StatusCode, header::CONTENT_TYPE};
use oauth2::HttpResponse;
use serde_json::{Map, Value, json};

use crate::Entry;

/// Rewrites an answer by the catalogue's data; leaves alone what it does not understand.
pub(crate) fn normalise(answer: HttpResponse, entry: &Entry) -> HttpResponse {
    let (mut parts, body) = answer.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let form = kind.starts_with("application/x-www-form-urlencoded");
    let members = match form {
        true => Some(url::form_urlencoded::parse(&body).map(|(k, v)| (k.into_owned(), json!(v))).collect()),
        false => serde_json::from_slice::<Map<String, Value>>(&body).ok(),
    };
    let Some(mut members) = members else { return HttpResponse::from_parts(parts, body) };
    let refused =
        entry.token.ok_member.as_ref().is_some_and(|name| members.get(name) == Some(&Value::Bool(false)));
    if refused || members.contains_key("error") && !members.contains_key("access_token") {
        members.entry("error").or_insert_with(|| json!("invalid_request"));
        if parts.status.is_success() {
            parts.status = StatusCode::BAD_REQUEST;
        }
    } else if parts.status.is_success() {
        lift(&mut members, entry);
        if let Some(life) = entry.token.refresh_expires_member.as_ref().and_then(|name| members.remove(name))
        {
            members.insert("refresh_expires_in".into(), life);
        }
        tidy(&mut members);
    }
    parts.headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    let body = serde_json::to_vec(&members).unwrap_or(body);
    HttpResponse::from_parts(parts, body)
}

/// The user's own token, from the member it stands under, over the one beside it.
fn lift(members: &mut Map<String, Value>, entry: &Entry) {
    let Some(name) = &entry.token.user_member else { return };
    if let Some(Value::Object(user)) = members.remove(name)
        && user.contains_key("access_token")
    {
        for key in ["access_token", "refresh_token", "expires_in", "scope", "token_type"] {
            members.remove(key);
        }
        members.extend(user);
    }
}

fn tidy(members: &mut Map<String, Value>) {
    // What comes is used as a bearer token whatever it is called; some leave the member out.
    members.insert("token_type".into(), json!("bearer"));
    for name in ["expires_in", "refresh_expires_in"] {
        let seconds = match members.remove(name) {
            Some(Value::String(seconds)) => seconds.parse::<u64>().ok(),
            Some(value) => value.as_u64(),
            None => None,
        };
        // Zero means "does not end" where it is sent at all.
        if let Some(seconds) = seconds.filter(|seconds| *seconds > 0) {
            members.insert(name.into(), json!(seconds));
        }
    }
    match members.get("scope") {
        Some(Value::String(scope)) => {
            let spaced = scope.replace(',', " ");
            members.insert("scope".into(), json!(spaced));
        }
        Some(Value::Array(scopes)) => {
            let spaced = scopes.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
            members.insert("scope".into(), json!(spaced));
        }
        Some(_) => {
            members.remove("scope");
        }
        None => {}
    }
    // Some send "" for what there is not: it is no refresh token, and names no scope.
    members.retain(|_, value| !value.is_null() && value != "");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalogue;

    fn run(strategy: &str, kind: &'static str, body: &str) -> (u16, Value) {
        let catalogue = Catalogue::embedded().unwrap();
        let mut answer = http::Response::new(body.as_bytes().to_vec());
        answer.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
        let answer = normalise(answer, catalogue.get(strategy).unwrap());
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
    }

    #[test]
    fn errors_with_status_200_become_errors() {
        let (status, body) = run("github", "application/json", r#"{"error":"bad_verification_code"}"#);
        assert_eq!((status, body["error"].as_str()), (400, Some("bad_verification_code")));
        let (status, body) = run("slack", "application/json", r#"{"ok":false,"error":"invalid_code"}"#);
        assert_eq!((status, body["error"].as_str()), (400, Some("invalid_code")));
    }

    #[test]
    fn the_users_token_is_lifted_over_the_bots() {
        let body = r#"{"ok":true,"access_token":"xoxb","scope":"chat:write","authed_user":
            {"id":"U1","access_token":"xoxp","scope":"search:read,users:read","token_type":"user","expires_in":43200}}"#;
        let (status, body) = run("slack", "application/json", body);
        assert_eq!((status, body["access_token"].as_str()), (200, Some("xoxp")));
        assert_eq!(body["scope"], "search:read users:read");
    }

    #[test]
    fn forms_commas_and_numbers_in_quotes_are_understood() {
        let form = "access_token=gho&scope=repo%2Cgist&token_type=bearer&expires_in=28800";
        let (_, body) = run("github", "application/x-www-form-urlencoded; charset=utf-8", form);
        assert_eq!((body["scope"].as_str(), body["expires_in"].as_i64()), (Some("repo gist"), Some(28800)));
    }
}
