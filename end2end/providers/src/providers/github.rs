//! GitHub.
//!
//! - <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps>: both
//!   endpoints, and answers that are forms unless JSON is asked for.
//! - <https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors>:
//!   errors, which come with status 200.
//! - <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens>:
//!   the tokens of GitHub Apps.
//! - <https://docs.github.com/en/rest/apps/oauth-applications>: deleting a grant or a token.
//! - <https://docs.github.com/en/rest/users>: the user and the user's addresses.

use axum::{
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use coffer_core::Scopes;
use serde_json::{Map, Value, json};

use crate::{
    Rotation,
    answer::{self, Refused, Reply},
    authorize,
    authorize::Front,
    call::{Call, SignedIn},
    client,
    person::Person,
    place::GrantId,
    tokens::{CodeError, Kind, Order},
};

struct GitHub;

pub(super) fn serve(call: &Call) -> Reply {
    if call.host == "github.com" {
        return match (call.method.as_str(), call.path.as_str()) {
            ("GET" | "POST", "/login/oauth/authorize") => Ok(authorize::serve(call, &GitHub)),
            ("POST", "/login/oauth/access_token") => token(call),
            _ => Ok(answer::not_found()),
        };
    }
    // "All API requests must include a valid User-Agent header."
    if call.header(&header::USER_AGENT).is_none_or(str::is_empty) {
        return Ok(message(StatusCode::FORBIDDEN, "Request forbidden by administrative rules."));
    }
    let segments: Vec<_> = call.path.trim_matches('/').split('/').collect();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["user"]) => user(call),
        ("GET", ["user", "emails"]) => emails(call),
        ("DELETE", ["applications", client_id, what @ ("grant" | "token")]) => delete(call, client_id, what),
        _ => Ok(message(StatusCode::NOT_FOUND, "Not Found")),
    }
}

impl Front for GitHub {
    const CODE: &'static str = "";
    const CODE_SECONDS: i64 = 600;
    const RESPONSE_TYPE: bool = false;
    const HINT: &'static str = "login";
    const DENIED: Option<&'static str> = Some("The user has denied your application access.");

    fn mismatch(&self, _: &str, uri: &str) -> (String, String) {
        let text = "The redirect_uri MUST match the registered callback URL for this application.";
        ("redirect_uri_mismatch".to_owned(), format!("{text} It was {uri}."))
    }
}

/// Members as a form, or as JSON where `Accept` asks for it.
fn answered(call: &Call, members: Map<String, Value>) -> Response {
    if call.header(&header::ACCEPT).is_some_and(|kinds| kinds.contains("json")) {
        return answer::ok(&Value::Object(members));
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(members.iter().map(|(name, value)| (name, text(value))))
        .finish();
    ([(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")], form).into_response()
}

/// Status 200, as everything from this endpoint.
fn refuse(call: &Call, error: &str, description: &str) -> Refused {
    let page = "https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps/\
                troubleshooting-oauth-app-access-token-request-errors";
    let members = [
        ("error".to_owned(), json!(error)),
        ("error_description".to_owned(), json!(description)),
        ("error_uri".to_owned(), json!(format!("{page}#{}", error.replace('_', "-")))),
    ];
    answered(call, members.into_iter().collect()).into()
}

fn token(call: &Call) -> Reply {
    let client_id = call.checked(call.client_by_params()).map_err(|_| {
        refuse(
            call,
            "incorrect_client_credentials",
            "The client_id and/or client_secret passed are incorrect.",
        )
    })?;
    let now = call.now();
    match call.param("grant_type").unwrap_or("authorization_code") {
        "authorization_code" => {
            let presented = call.presented(&client_id, true);
            let code = call.place(|place| place.redeem(&presented, now)).map_err(|error| match error {
                CodeError::RedirectUri => refuse(
                    call,
                    "redirect_uri_mismatch",
                    "The redirect_uri MUST match the registered callback URL for this application.",
                ),
                _ => refuse(call, "bad_verification_code", "The code passed is incorrect or expired."),
            })?;
            Ok(tokens(call, code.grant, &code.scopes, code.refresh))
        }
        "refresh_token" => {
            let spent = call.place(|place| place.spend(call.param("refresh_token"), &client_id, now));
            let bad =
                || refuse(call, "bad_refresh_token", "The refresh token passed is incorrect or expired.");
            let refresh = spent.map_err(|_| bad())?;
            // "… that refresh token and the old user access token will no longer work."
            let rotates = call.place(|place| {
                place.keep_newest(refresh.grant, Kind::User, 0);
                place.settings.rotation != Rotation::Never
            });
            Ok(answer::refreshed(tokens(call, refresh.grant, &refresh.scopes, rotates)))
        }
        _ => Err(refuse(call, "unsupported_grant_type", "The grant_type is not supported.")),
    }
}

fn tokens(call: &Call, grant: GrantId, scopes: &Scopes, with_refresh: bool) -> Response {
    let now = call.now();
    let mut members = Map::new();
    let (app, refresh_seconds, tokens) = call.place(|place| {
        let (access, app) = (place.settings.access_seconds, place.settings.github_app);
        let refresh_seconds = place.settings.refresh_seconds;
        let order = match app {
            true => {
                let refresh = with_refresh.then_some(("ghr_", refresh_seconds));
                Order { grant, scopes, kind: Kind::User, access: ("ghu_", access), refresh }
            }
            false => Order { grant, scopes, kind: Kind::User, access: ("gho_", None), refresh: None },
        };
        (app, refresh_seconds, place.hand_out(order, now, call.providers.rng()))
    });
    members.insert("access_token".into(), json!(tokens.access));
    members.insert("token_type".into(), json!("bearer"));
    // "This value will always be an empty string" for GitHub Apps.
    let scope = if app { String::new() } else { scopes.iter().collect::<Vec<_>>().join(",") };
    members.insert("scope".into(), json!(scope));
    if let Some(seconds) = tokens.expires_in {
        members.insert("expires_in".into(), json!(seconds));
    }
    if let Some(refresh) = tokens.refresh {
        members.insert("refresh_token".into(), json!(refresh));
        if let Some(seconds) = refresh_seconds {
            members.insert("refresh_token_expires_in".into(), json!(seconds));
        }
    }
    answered(call, members)
}

fn message(status: StatusCode, text: &str) -> Response {
    let page = "https://docs.github.com/rest";
    let body = json!({"message": text, "documentation_url": page, "status": status.as_str()});
    answer::json(status, &body)
}

/// Whom the token stands for; it may come as `Bearer` or as `token`.
fn signed_in(call: &Call) -> Result<SignedIn, Refused> {
    let sent = call.header(&header::AUTHORIZATION).and_then(|value| value.strip_prefix("token "));
    let found = call.signed_in(call.bearer().or(sent));
    found.map_err(|_| message(StatusCode::UNAUTHORIZED, "Bad credentials").into())
}

/// The scopes that the token has stand in a header.
fn with_scopes(response: Response, scopes: &Scopes) -> Response {
    let list = scopes.iter().collect::<Vec<_>>().join(", ");
    answer::with(response, HeaderName::from_static("x-oauth-scopes"), &list)
}

/// The public profile: an address stands there only if the person put it there, and nobody here did.
fn user(call: &Call) -> Reply {
    let SignedIn { account, scopes, .. } = signed_in(call)?;
    let person = Person::new(call.provider, &account);
    let body = json!({
        "login": account,
        "id": person.number(),
        "node_id": person.code("U_"),
        "avatar_url": person.picture(),
        "html_url": format!("https://github.com/{account}"),
        "type": "User",
        "name": person.name(),
        "email": null,
    });
    Ok(with_scopes(answer::ok(&body), &scopes))
}

/// "OAuth app tokens … need the `user:email` scope"; GitHub Apps have a permission instead.
fn emails(call: &Call) -> Reply {
    let SignedIn { account, scopes, .. } = signed_in(call)?;
    let app = call.place(|place| place.settings.github_app);
    if !app && !scopes.contains("user:email") && !scopes.contains("user") {
        return Ok(message(StatusCode::NOT_FOUND, "Not Found"));
    }
    let person = Person::new(call.provider, &account);
    let hidden = format!("{}+{account}@users.noreply.github.example", person.number());
    let list = json!([
        {"email": hidden, "primary": false, "verified": true, "visibility": null},
        {"email": person.email(), "primary": true, "verified": true, "visibility": "private"},
    ]);
    Ok(with_scopes(answer::ok(&list), &scopes))
}

/// Client id and secret are user name and password, unencoded.
fn delete(call: &Call, client_id: &str, what: &str) -> Reply {
    let claimed = client::basic(&call.headers).filter(|(id, _)| id == client_id);
    let right = call.checked(claimed.map(|(id, secret)| (id, Some(secret))));
    right.map_err(|_| message(StatusCode::UNAUTHORIZED, "Bad credentials"))?;
    let token = call.json.as_ref().and_then(|body| body["access_token"].as_str());
    let Some(owner) = call.signed_in(token).ok().filter(|owner| owner.client_id == client_id) else {
        return Ok(message(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed"));
    };
    call.place(|place| match what {
        "grant" => place.end_all(client_id, &owner.account),
        _ => token.into_iter().for_each(|token| place.end_token(token)),
    });
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
