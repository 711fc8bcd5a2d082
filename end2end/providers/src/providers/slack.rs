//! Slack.
//!
//! - <https://docs.slack.dev/authentication/installing-with-oauth>: `scope` for the bot, `user_scope`
//!   for the person.
//! - <https://docs.slack.dev/reference/methods/oauth.v2.access>: the token endpoint and its errors.
//! - <https://docs.slack.dev/authentication/using-token-rotation>: refreshes.
//! - <https://docs.slack.dev/reference/methods/auth.test> and
//!   <https://docs.slack.dev/reference/methods/auth.revoke>

use axum::http::StatusCode;
use coffer_core::Scopes;
use serde_json::{Value, json};

use crate::{
    Rotation, Settings,
    answer::{self, Refused, Reply},
    authorize::{self, Front},
    call::{Call, SignedIn},
    client::ClientError,
    params::Params,
    person::Person,
    place::GrantId,
    tokens::{BearerError, CodeError, Kind, Order, RefreshError},
};

struct Slack;

const APP: &str = "A0SANDBOX";
const BOT: &str = "U0SANDBOXBOT";
const TEAM: &str = "T0SANDBOX";
const TEAM_NAME: &str = "Sandbox team";
/// "… we will enforce a limit of 2 active tokens."
const ACTIVE_TOKENS: usize = 2;

pub(super) fn serve(call: &Call) -> Reply {
    match (call.method.as_str(), call.path.as_str()) {
        ("GET" | "POST", "/oauth/v2/authorize") => Ok(authorize::serve(call, &Slack)),
        ("POST", "/api/oauth.v2.access") => access(call),
        ("GET" | "POST", "/api/auth.test") => test(call),
        ("GET" | "POST", "/api/auth.revoke") => revoke(call),
        ("GET" | "POST", path) if path.starts_with("/api/") => Err(refuse("unknown_method")),
        _ => Ok(answer::not_found()),
    }
}

impl Front for Slack {
    const CODE: &'static str = "";
    const CODE_SECONDS: i64 = 600;
    const RESPONSE_TYPE: bool = false;

    fn scopes(&self, _: &Settings, query: &Params) -> Result<(Scopes, Scopes), &'static str> {
        let list = |name| Scopes::parse(query.get(name).unwrap_or(""), true);
        Ok((list("user_scope"), list("scope")))
    }

    fn mismatch(&self, _: &str, uri: &str) -> (String, String) {
        let text = format!("redirect_uri did not match any configured URIs. Passed URI: {uri}");
        ("Something went wrong: redirect_uri_mismatch".to_owned(), text)
    }
}

/// Errors come with status 200.
fn refuse(error: &str) -> Refused {
    answer::json(StatusCode::OK, &json!({"ok": false, "error": error})).into()
}

fn access(call: &Call) -> Reply {
    let client_id = call.client().map_err(|error| match error {
        ClientError::Missing => refuse("invalid_client_id"),
        ClientError::Secret(_) => refuse("bad_client_secret"),
    })?;
    match call.param("grant_type").unwrap_or("authorization_code") {
        "authorization_code" => exchange(call, &client_id),
        "refresh_token" => refresh(call, &client_id),
        _ => Err(refuse("invalid_grant_type")),
    }
}

/// The person's token stands in `authed_user`, the bot's at the top; only what was asked for is there.
fn exchange(call: &Call, client_id: &str) -> Reply {
    let presented = call.presented(client_id, false);
    let now = call.now();
    let code = call.place(|place| place.redeem(&presented, now)).map_err(|error| match error {
        CodeError::Unknown | CodeError::Expired | CodeError::Verifier => refuse("invalid_code"),
        CodeError::Used => refuse("code_already_used"),
        CodeError::RedirectUri => refuse("bad_redirect_uri"),
    })?;
    let account = call.place(|place| place.grant(code.grant).account.clone());
    let mut body = common();
    body["authed_user"] = json!({"id": Person::new(call.provider, &account).code("U")});
    if !code.scopes.is_empty() {
        put(&mut body["authed_user"], tokens(call, code.grant, &code.scopes, Kind::User, code.refresh));
    }
    if !code.bot_scopes.is_empty() {
        put(&mut body, tokens(call, code.grant, &code.bot_scopes, Kind::Bot, code.refresh));
        body["bot_user_id"] = json!(BOT);
    }
    Ok(answer::ok(&body))
}

/// The token that was refreshed stands at the top, whosever it is.
fn refresh(call: &Call, client_id: &str) -> Reply {
    let now = call.now();
    let spent = call.place(|place| place.spend(call.param("refresh_token"), client_id, now));
    let refresh = spent.map_err(|error| match error {
        RefreshError::Expired => refuse("token_expired"),
        RefreshError::Unknown | RefreshError::Spent | RefreshError::Revoked => {
            refuse("invalid_refresh_token")
        }
    })?;
    let account = call.place(|place| place.grant(refresh.grant).account.clone());
    let mut body = common();
    put(&mut body, tokens(call, refresh.grant, &refresh.scopes, refresh.kind, true));
    match refresh.kind {
        Kind::User => body["authed_user"] = json!({"id": Person::new(call.provider, &account).code("U")}),
        Kind::Bot => body["bot_user_id"] = json!(BOT),
    }
    call.place(|place| place.keep_newest(refresh.grant, refresh.kind, ACTIVE_TOKENS));
    Ok(answer::refreshed(answer::ok(&body)))
}

fn common() -> Value {
    json!({"ok": true, "app_id": APP, "team": {"id": TEAM, "name": TEAM_NAME}, "enterprise": null,
        "is_enterprise_install": false})
}

fn put(into: &mut Value, members: Value) {
    if let (Value::Object(into), Value::Object(members)) = (into, members) {
        into.extend(members);
    }
}

/// The members about one token. Without token rotation it does not end and has no refresh token.
fn tokens(call: &Call, grant: GrantId, scopes: &Scopes, kind: Kind, with_refresh: bool) -> Value {
    let now = call.now();
    let tokens = call.place(|place| {
        let rotates = place.settings.rotation != Rotation::Never;
        let (prefix, life) = match (rotates, kind) {
            (false, Kind::User) => ("xoxp-", None),
            (false, Kind::Bot) => ("xoxb-", None),
            (true, Kind::User) => ("xoxe.xoxp-1-", place.settings.access_seconds),
            (true, Kind::Bot) => ("xoxe.xoxb-1-", place.settings.access_seconds),
        };
        let refresh = (rotates && with_refresh).then_some(("xoxe-1-", place.settings.refresh_seconds));
        let order = Order { grant, scopes, kind, access: (prefix, life), refresh };
        place.hand_out(order, now, call.providers.rng())
    });
    let mut members = json!({
        "access_token": tokens.access,
        "scope": scopes.iter().collect::<Vec<_>>().join(","),
        "token_type": match kind { Kind::User => "user", Kind::Bot => "bot" },
    });
    if let Some(seconds) = tokens.expires_in {
        members["expires_in"] = json!(seconds);
    }
    if let Some(refresh) = tokens.refresh {
        members["refresh_token"] = json!(refresh);
    }
    members
}

/// The token of a Web API call: in the header, or a parameter.
fn sent(call: &Call) -> Option<&str> {
    call.bearer().or_else(|| call.param("token"))
}

fn signed_in(call: &Call) -> Result<SignedIn, Refused> {
    call.signed_in(sent(call)).map_err(|error| match error {
        BearerError::Missing => refuse("not_authed"),
        BearerError::Unknown => refuse("invalid_auth"),
        BearerError::Expired => refuse("token_expired"),
        BearerError::Revoked => refuse("token_revoked"),
    })
}

fn test(call: &Call) -> Reply {
    let SignedIn { account, kind, .. } = signed_in(call)?;
    let mut body =
        json!({"ok": true, "url": "https://sandbox-team.slack.com/", "team": TEAM_NAME, "team_id": TEAM});
    match kind {
        Kind::User => {
            body["user"] = json!(account);
            body["user_id"] = json!(Person::new(call.provider, &account).code("U"));
        }
        Kind::Bot => {
            body["user"] = json!("sandbox_bot");
            body["user_id"] = json!(BOT);
            body["bot_id"] = json!("B0SANDBOX");
        }
    }
    Ok(answer::ok(&body))
}

/// With token rotation one token of either kind ends, without it the authorization.
fn revoke(call: &Call) -> Reply {
    let token = sent(call).unwrap_or_default();
    let refreshing = call.place(|place| place.grant_of(token).filter(|_| place.refresh.contains_key(token)));
    let grant = match refreshing {
        Some(grant) => grant,
        None => signed_in(call)?.grant,
    };
    let test = matches!(call.param("test"), Some("1" | "true"));
    if !test {
        call.place(|place| match place.settings.rotation {
            Rotation::Never => place.end(grant),
            _ => place.end_token(token),
        });
    }
    Ok(answer::ok(&json!({"ok": true, "revoked": !test})))
}
