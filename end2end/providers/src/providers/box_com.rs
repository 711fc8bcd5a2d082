//! Box.
//!
//! - <https://developer.box.com/reference/get-authorize/>
//! - <https://developer.box.com/reference/post-oauth2-token/> and
//!   <https://developer.box.com/reference/resources/access-token/>: answers without `scope`.
//! - <https://developer.box.com/guides/authentication/tokens/refresh/>: "valid for 60 days and can be used
//!   … only once".
//! - <https://developer.box.com/reference/post-oauth2-revoke/>
//! - <https://developer.box.com/reference/get-users-me/>

use axum::{
    http::{StatusCode, header},
    response::Response,
};
use coffer_core::Scopes;
use serde_json::json;

use crate::{
    Pkce, Rotation, Settings,
    answer::{self, Refused, Reply},
    authorize::{self, Front},
    call::Call,
    params::Params,
    person::Person,
    place::GrantId,
    tokens::{CodeError, Kind, Order, RefreshError},
};

struct BoxCom;

const CHALLENGE: &str = r#"Bearer realm="Service", error="invalid_token", error_description="The access token provided is invalid.""#;

pub(super) fn serve(call: &Call) -> Reply {
    match (call.method.as_str(), call.host.as_str(), call.path.as_str()) {
        ("GET" | "POST", "account.box.com", "/api/oauth2/authorize") => Ok(authorize::serve(call, &BoxCom)),
        ("POST", "api.box.com", "/oauth2/token") => token(call),
        ("POST", "api.box.com", "/oauth2/revoke") => revoke(call),
        ("GET", "api.box.com", "/2.0/users/me") => Ok(me(call)),
        _ => Ok(answer::not_found()),
    }
}

impl Front for BoxCom {
    const CODE: &'static str = "";
    /// Box's own answer in its forum: "30 seconds"
    /// (<https://support.box.com/hc/en-us/community/posts/1500000380082>).
    const CODE_SECONDS: i64 = 30;
    const DENIED: Option<&'static str> = Some("The user denied access to your application");

    /// "A comma-separated list"; spaces are taken too.
    fn scopes(&self, _: &Settings, query: &Params) -> Result<(Scopes, Scopes), &'static str> {
        Ok((Scopes::parse(query.get("scope").unwrap_or(""), true), Scopes::default()))
    }

    /// The reference knows no such parameter.
    fn pkce(&self, _: &Settings) -> Pkce {
        Pkce::Ignored
    }

    fn mismatch(&self, _: &str, uri: &str) -> (String, String) {
        let text =
            format!("The redirect URI {uri} does not match one of those configured for this application.");
        ("Error: redirect_uri_mismatch".to_owned(), text)
    }
}

fn refuse(error: &str, description: &str) -> Refused {
    let body = json!({"error": error, "error_description": description});
    answer::json(StatusCode::BAD_REQUEST, &body).into()
}

/// The reference has client id and secret in the form.
fn client(call: &Call) -> Result<String, Refused> {
    let checked = call.checked(call.client_by_params());
    checked.map_err(|_| refuse("invalid_client", "The client credentials are invalid"))
}

fn token(call: &Call) -> Reply {
    let client_id = client(call)?;
    let now = call.now();
    match call.form.get("grant_type") {
        Some("authorization_code") => {
            let presented = call.presented(&client_id, true);
            let code = call.place(|place| place.redeem(&presented, now)).map_err(|error| match error {
                CodeError::Expired => refuse("invalid_grant", "The authorization code has expired"),
                CodeError::RedirectUri => refuse("redirect_uri_mismatch", "The redirect URI does not match"),
                _ => refuse("invalid_grant", "Auth code doesn't exist or is invalid for the client"),
            })?;
            Ok(tokens(call, code.grant, &code.scopes, code.refresh))
        }
        Some("refresh_token") => {
            let spent = call.place(|place| place.spend(call.form.get("refresh_token"), &client_id, now));
            let refresh = spent.map_err(|error| match error {
                RefreshError::Unknown => refuse("invalid_grant", "Invalid refresh token"),
                _ => refuse("invalid_grant", "Refresh token has expired"),
            })?;
            let rotates = call.place(|place| place.settings.rotation) != Rotation::Never;
            Ok(answer::refreshed(tokens(call, refresh.grant, &refresh.scopes, rotates)))
        }
        _ => Err(refuse("unsupported_grant_type", "Invalid grant_type parameter or parameter missing")),
    }
}

fn tokens(call: &Call, grant: GrantId, scopes: &Scopes, with_refresh: bool) -> Response {
    let now = call.now();
    let tokens = call.place(|place| {
        let access = ("", place.settings.access_seconds);
        let refresh = with_refresh.then_some(("", place.settings.refresh_seconds));
        place.hand_out(Order { grant, scopes, kind: Kind::User, access, refresh }, now, call.providers.rng())
    });
    let mut body = json!({"access_token": tokens.access, "restricted_to": [], "token_type": "bearer"});
    if let Some(seconds) = tokens.expires_in {
        body["expires_in"] = json!(seconds);
    }
    if let Some(refresh) = tokens.refresh {
        body["refresh_token"] = json!(refresh);
    }
    answer::ok(&body)
}

/// "Revoke an active Access Token, effectively logging a user out": its refresh token goes with it.
fn revoke(call: &Call) -> Reply {
    let client_id = client(call)?;
    let ended = call.place(|place| {
        let grant = place.grant_of(call.form.get("token")?)?;
        if place.grant(grant).client_id != client_id {
            return None;
        }
        place.end(grant);
        Some(())
    });
    ended.map(|()| answer::empty(StatusCode::OK)).ok_or_else(|| refuse("invalid_token", "Invalid token"))
}

fn me(call: &Call) -> Response {
    let Ok(signed_in) = call.signed_in(call.bearer()) else {
        let refused = answer::empty(StatusCode::UNAUTHORIZED);
        return answer::with(refused, header::WWW_AUTHENTICATE, CHALLENGE);
    };
    let person = Person::new(call.provider, &signed_in.account);
    answer::ok(&json!({
        "type": "user",
        "id": person.number().to_string(),
        "name": person.name(),
        "login": person.email(),
        "avatar_url": person.picture(),
        "status": "active",
    }))
}
