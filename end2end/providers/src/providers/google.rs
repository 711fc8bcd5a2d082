//! Google.
//!
//! - <https://developers.google.com/identity/protocols/oauth2/web-server>: `access_type`, `prompt`,
//!   `include_granted_scopes`, the token endpoint and revocation.
//! - <https://developers.google.com/identity/protocols/oauth2#expiration>: when refresh tokens end.
//! - <https://developers.google.com/identity/openid-connect/openid-connect>: discovery and ID tokens.

use axum::{
    http::{StatusCode, header},
    response::Response,
};
use coffer_core::{Scopes, Timestamp};
use serde_json::{Value, json};

use crate::{
    Rotation, Settings,
    answer::{self, Refused, Reply},
    authorize::{self, Ask, Consent, Front},
    call::Call,
    id_token,
    params::Params,
    person::Person,
    place::{GrantId, Place},
    tokens::{CodeError, Kind, Order},
};

struct Google;

const ISSUER: &str = "accounts.google.com";
/// "… is issued a refresh token expiring in 7 days".
const TESTING_SECONDS: i64 = 7 * 24 * 3600;
/// The documentation names both forms of these two; answers have the long one.
const LONG: [(&str, &str); 2] = [
    ("email", "https://www.googleapis.com/auth/userinfo.email"),
    ("profile", "https://www.googleapis.com/auth/userinfo.profile"),
];

pub(super) fn serve(call: &Call) -> Reply {
    match (call.method.as_str(), call.host.as_str(), call.path.as_str()) {
        ("GET", ISSUER, "/.well-known/openid-configuration") => Ok(answer::ok(&discovery(call))),
        ("GET" | "POST", ISSUER, "/o/oauth2/v2/auth") => Ok(authorize::serve(call, &Google)),
        ("POST", "oauth2.googleapis.com", "/token") => token(call),
        ("POST", "oauth2.googleapis.com", "/revoke") => Ok(revoke(call)),
        ("GET", "www.googleapis.com", "/oauth2/v3/certs") => Ok(answer::ok(&call.providers.keys().set())),
        ("GET" | "POST", "openidconnect.googleapis.com", "/v1/userinfo") => Ok(user_info(call)),
        _ => Ok(answer::not_found()),
    }
}

fn discovery(call: &Call) -> Value {
    json!({
        "issuer": call.address(ISSUER),
        "authorization_endpoint": call.address("accounts.google.com/o/oauth2/v2/auth"),
        "token_endpoint": call.address("oauth2.googleapis.com/token"),
        "userinfo_endpoint": call.address("openidconnect.googleapis.com/v1/userinfo"),
        "revocation_endpoint": call.address("oauth2.googleapis.com/revoke"),
        "jwks_uri": call.address("www.googleapis.com/oauth2/v3/certs"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "email", "email_verified", "exp", "family_name", "given_name", "iat", "iss",
            "name", "picture", "sub"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
    })
}

impl Front for Google {
    const CODE: &'static str = "4/0A";
    const CODE_SECONDS: i64 = 600;
    const PLAIN: bool = true;

    fn scopes(&self, _: &Settings, query: &Params) -> Result<(Scopes, Scopes), &'static str> {
        let asked = Scopes::parse(query.get("scope").unwrap_or(""), false);
        Ok((asked.iter().map(short).collect(), Scopes::default()))
    }

    fn mismatch(&self, _: &str, uri: &str) -> (String, String) {
        let title = "Error 400: redirect_uri_mismatch".to_owned();
        let text = "You can't sign in because this app sent an invalid request. The redirect URI in the request, \
                    URI, does not match the ones authorized for the OAuth client.";
        (title, text.replace("URI,", &format!("{uri},")))
    }

    /// One grant for a person and a client: later consents widen it, and revoking ends all of it.
    fn consent(&self, place: &mut Place, ask: &Ask<'_>, account: &str) -> Consent {
        let standing = place.standing(ask.client_id, account);
        let grant = standing.unwrap_or_else(|| authorize::anew(place, ask, account, None));
        place.widen(grant, &ask.scopes);
        let offline = ask.query.get("access_type") == Some("offline");
        let asked_again = ask.query.get("prompt").is_some_and(|prompt| prompt.contains("consent"));
        let scopes = match ask.query.get("include_granted_scopes") {
            Some("true") => place.grant(grant).scopes.clone(),
            _ => ask.scopes.clone(),
        };
        Consent { grant, scopes, refresh: offline && (standing.is_none() || asked_again) }
    }
}

fn short(scope: &str) -> &str {
    LONG.iter().find(|(_, long)| *long == scope).map_or(scope, |(short, _)| short)
}

fn long(scope: &str) -> &str {
    LONG.iter().find(|(short, _)| *short == scope).map_or(scope, |(_, long)| long)
}

fn refuse(status: StatusCode, error: &str, description: &str) -> Refused {
    answer::json(status, &json!({"error": error, "error_description": description})).into()
}

fn token(call: &Call) -> Reply {
    let client_id =
        call.client().map_err(|_| refuse(StatusCode::UNAUTHORIZED, "invalid_client", "Unauthorized"))?;
    let now = call.now();
    match call.form.get("grant_type") {
        Some("authorization_code") => {
            let presented = call.presented(&client_id, false);
            let code = call.place(|place| place.redeem(&presented, now)).map_err(|error| match error {
                CodeError::RedirectUri => {
                    refuse(StatusCode::BAD_REQUEST, "redirect_uri_mismatch", "Bad Request")
                }
                CodeError::Unknown => {
                    refuse(StatusCode::BAD_REQUEST, "invalid_grant", "Malformed auth code.")
                }
                CodeError::Verifier => {
                    refuse(StatusCode::BAD_REQUEST, "invalid_grant", "Invalid code verifier.")
                }
                CodeError::Used | CodeError::Expired => {
                    refuse(StatusCode::BAD_REQUEST, "invalid_grant", "Bad Request")
                }
            })?;
            tokens(call, &client_id, code.grant, &code.scopes, code.nonce.as_deref(), code.refresh)
        }
        Some("refresh_token") => {
            let spent = call.place(|place| place.spend(call.form.get("refresh_token"), &client_id, now));
            let refresh = spent.map_err(|_| {
                refuse(StatusCode::BAD_REQUEST, "invalid_grant", "Token has been expired or revoked.")
            })?;
            let rotates = call.place(|place| place.settings.rotation) != Rotation::Never;
            tokens(call, &client_id, refresh.grant, &refresh.scopes, None, rotates).map(answer::refreshed)
        }
        _ => Err(refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type", "Invalid grant_type")),
    }
}

/// Seconds that a new refresh token lives. Those for sign-in scopes alone outlive testing.
fn refresh_life(settings: &Settings, scopes: &Scopes) -> Option<i64> {
    let basic = scopes.iter().all(|scope| matches!(scope, "openid" | "email" | "profile"));
    if settings.testing && !basic { Some(TESTING_SECONDS) } else { settings.refresh_seconds }
}

fn tokens(
    call: &Call,
    client_id: &str,
    grant: GrantId,
    scopes: &Scopes,
    nonce: Option<&str>,
    with_refresh: bool,
) -> Reply {
    let now: Timestamp = call.now();
    let (tokens, account) = call.place(|place| {
        let access = ("ya29.", place.settings.access_seconds);
        let refresh = with_refresh.then(|| ("1//", refresh_life(&place.settings, scopes)));
        let order = Order { grant, scopes, kind: Kind::User, access, refresh };
        (place.hand_out(order, now, call.providers.rng()), place.grant(grant).account.clone())
    });
    let mut body = json!({"access_token": tokens.access, "scope": scopes.iter().map(long).collect::<Vec<_>>().join(" "), "token_type": "Bearer"});
    if let Some(seconds) = tokens.expires_in {
        body["expires_in"] = json!(seconds);
    }
    if let Some(refresh) = tokens.refresh {
        body["refresh_token"] = json!(refresh);
    }
    if scopes.contains("openid") {
        let person = Person::new(call.provider, &account);
        let mut claims = id_token::claims(&person, scopes);
        claims.insert("sub".into(), json!(subject(&person)));
        claims.insert("azp".into(), json!(client_id));
        claims.insert("at_hash".into(), json!(id_token::at_hash(&tokens.access)));
        body["id_token"] = json!(id_token::signed(call, &call.address(ISSUER), client_id, nonce, claims)?);
    }
    Ok(answer::ok(&body))
}

/// Google's subjects are 21 digits.
fn subject(person: &Person<'_>) -> String {
    format!("1{:020}", person.number())
}

fn user_info(call: &Call) -> Response {
    let Ok(signed_in) = call.signed_in(call.bearer()) else {
        let body = json!({"error": "invalid_request", "error_description": "Invalid Credentials"});
        let challenge = r#"Bearer realm="https://accounts.google.com/", error="invalid_token""#;
        let refused = answer::json(StatusCode::UNAUTHORIZED, &body);
        return answer::with(refused, header::WWW_AUTHENTICATE, challenge);
    };
    let person = Person::new(call.provider, &signed_in.account);
    let mut claims = id_token::claims(&person, &signed_in.scopes);
    claims.insert("sub".into(), json!(subject(&person)));
    answer::ok(&Value::Object(claims))
}

/// "The token can be an access token or a refresh token": either ends what the person consented to.
fn revoke(call: &Call) -> Response {
    let ended = call.place(|place| {
        let grant = place.grant_of(call.param("token")?)?;
        place.end(grant);
        Some(())
    });
    match ended {
        Some(()) => answer::ok(&json!({})),
        None => {
            let body = json!({"error": "invalid_token", "error_description": "Token expired or revoked"});
            answer::json(StatusCode::BAD_REQUEST, &body)
        }
    }
}
