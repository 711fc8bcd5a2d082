//! The sandbox: an OpenID provider that does everything right, and can be told to be as odd as the
//! providers that Coffer does not know by name.
//!
//! - OAuth: <https://www.rfc-editor.org/rfc/rfc6749>, PKCE: <https://www.rfc-editor.org/rfc/rfc7636>,
//!   rotation of refresh tokens: <https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2>
//! - Discovery: <https://openid.net/specs/openid-connect-discovery-1_0.html>, ID tokens and user info:
//!   <https://openid.net/specs/openid-connect-core-1_0.html>
//! - Revocation: <https://www.rfc-editor.org/rfc/rfc7009>, issuer in the authorization answer:
//!   <https://www.rfc-editor.org/rfc/rfc9207>

use axum::{
    http::{HeaderName, StatusCode, header},
    response::Response,
};
use coffer_core::Scopes;
use serde_json::{Value, json};

use crate::{
    Authentication, Pkce, Rotation, Settings, TokenBody,
    answer::{self, Refused, Reply},
    assertion,
    authorize::{self, Ask, Consent, Front},
    call::{Call, SignedIn},
    id_token,
    log::{self, ClientMethod},
    notes,
    params::Params,
    person::Person,
    place::Place,
    tokens::{Code, CodeError, Kind, Order, RefreshError, Tokens},
};

struct Sandbox;

const ISSUER: &str = "sandbox";

pub(super) async fn serve(call: &Call) -> Reply {
    match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/.well-known/openid-configuration") => Ok(answer::ok(&discovery(call))),
        ("GET", "/jwks") => Ok(answer::ok(&call.providers.keys().set())),
        ("GET" | "POST", "/authorize") => Ok(authorize::serve(call, &Sandbox)),
        // The second is for clients that are told of a refresh URL of its own.
        ("POST", "/token" | "/refresh") => token(call).await,
        ("POST", "/revoke") => revoke(call).await,
        ("GET" | "POST", "/userinfo") => user_info(call),
        (_, "/api/notes") => notes::serve(call),
        _ => Ok(answer::not_found()),
    }
}

fn settings(call: &Call) -> Settings {
    call.place(|place| place.settings.clone())
}

fn discovery(call: &Call) -> Value {
    let at = |path: &str| call.address(&format!("{ISSUER}/{path}"));
    let methods: &[&str] = match settings(call).authentication {
        Authentication::Any => &["client_secret_basic", "client_secret_post"],
        Authentication::Basic => &["client_secret_basic"],
        Authentication::Post => &["client_secret_post"],
        Authentication::PrivateKeyJwt => &["private_key_jwt"],
    };
    json!({
        "issuer": call.address(ISSUER),
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at("jwks"),
        "revocation_endpoint": at("revoke"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access", "notes.read", "notes.write"],
        "claims_supported": ["sub", "name", "given_name", "family_name", "picture", "email", "email_verified"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    })
}

impl Front for Sandbox {
    const CODE: &'static str = "sandbox_code_";
    const CODE_SECONDS: i64 = 60;

    fn scopes(&self, settings: &Settings, query: &Params) -> Result<(Scopes, Scopes), &'static str> {
        let asked = query.get("scope").unwrap_or("");
        match (settings.comma_scopes, asked.contains(' ')) {
            (true, true) => Err("Scopes are separated by commas."),
            (commas, _) => Ok((Scopes::parse(asked, commas), Scopes::default())),
        }
    }

    fn pkce(&self, settings: &Settings) -> Pkce {
        settings.pkce
    }

    fn mismatch(&self, client_id: &str, uri: &str) -> (String, String) {
        let text = format!("redirect_uri_mismatch: {uri} is not registered for the client {client_id}.");
        ("Invalid redirect URI".to_owned(), text)
    }

    /// OpenID Connect Core section 11: with `openid`, a refresh token comes only for `offline_access`.
    /// Consent is always asked for here, which is what the section's `prompt=consent` is about.
    fn consent(&self, place: &mut Place, ask: &Ask<'_>, account: &str) -> Consent {
        let refresh = !ask.scopes.contains("openid") || ask.scopes.contains("offline_access");
        Consent { grant: authorize::anew(place, ask, account, None), scopes: ask.scopes.clone(), refresh }
    }

    fn extra(&self, call: &Call) -> Vec<(&'static str, String)> {
        vec![("iss", call.address(ISSUER))]
    }
}

fn refuse(error: &str, description: &str) -> Refused {
    let body = json!({"error": error, "error_description": description});
    answer::json(StatusCode::BAD_REQUEST, &body).into()
}

/// RFC 6749 section 5.2: 401, with a challenge where the client used the Authorization header.
fn bad_client(call: &Call, description: &str) -> Refused {
    let body = json!({"error": "invalid_client", "error_description": description});
    let refused = answer::json(StatusCode::UNAUTHORIZED, &body);
    match log::method(call) {
        ClientMethod::Basic => {
            answer::with(refused, header::WWW_AUTHENTICATE, r#"Basic realm="sandbox""#).into()
        }
        _ => refused.into(),
    }
}

/// The client, authenticated in the way that the settings ask for.
async fn client(call: &Call, settings: &Settings) -> Result<String, Refused> {
    let method = log::method(call);
    if method == ClientMethod::Basic && call.form.get("client_secret").is_some() {
        // Section 2.3: not more than one method in a request.
        return Err(refuse("invalid_request", "The client authenticated in two ways."));
    }
    let fits = match settings.authentication {
        Authentication::Any => matches!(method, ClientMethod::Basic | ClientMethod::Post),
        Authentication::Basic => method == ClientMethod::Basic,
        Authentication::Post => method == ClientMethod::Post,
        Authentication::PrivateKeyJwt => method == ClientMethod::PrivateKeyJwt,
    };
    if !fits {
        return Err(bad_client(call, "This way of client authentication is not accepted."));
    }
    if method == ClientMethod::PrivateKeyJwt {
        let here = call.address(&format!("{ISSUER}{}", call.path));
        let audiences = [call.address(ISSUER), call.address("sandbox/token"), here];
        return assertion::client(call, &audiences).await.map_err(|what| bad_client(call, &what));
    }
    let claimed = match method {
        ClientMethod::Basic => call.client_by_basic(),
        _ => call.client_by_params().filter(|_| call.query.get("client_secret").is_none()),
    };
    call.checked(claimed).map_err(|_| bad_client(call, "Client id or client secret is wrong."))
}

async fn token(call: &Call) -> Reply {
    let settings = settings(call);
    if let Some((name, value)) = &settings.required_header {
        let sent = HeaderName::try_from(name.as_str()).ok().and_then(|name| call.header(&name));
        if sent != Some(value) {
            return Err(refuse("invalid_request", &format!("The header {name} must be {value}.")));
        }
    }
    match (settings.token_body, call.json.is_some()) {
        (TokenBody::Json, false) => return Err(refuse("invalid_request", "The body must be JSON.")),
        (TokenBody::Form, true) => return Err(refuse("invalid_request", "The body must be a form.")),
        _ => {}
    }
    let client_id = client(call, &settings).await?;
    match call.form.get("grant_type") {
        Some("authorization_code") if call.path == "/token" => exchange(call, &settings, &client_id),
        Some("refresh_token") => refresh(call, &settings, &client_id),
        _ => Err(refuse("unsupported_grant_type", "grant_type must be authorization_code or refresh_token.")),
    }
}

fn exchange(call: &Call, settings: &Settings, client_id: &str) -> Reply {
    let presented = call.presented(client_id, false);
    let now = call.now();
    let code = call.place(|place| {
        let redeemed = place.redeem(&presented, now);
        // RFC 6749 section 4.1.2: a code that is used again ends what came of it.
        if redeemed.as_ref().is_err_and(|error| *error == CodeError::Used)
            && let Some(grant) = presented.code.and_then(|code| place.codes.get(code)).map(|code| code.grant)
        {
            place.end(grant);
        }
        redeemed
    });
    let code = code.map_err(|error| {
        let what = match error {
            CodeError::Unknown => "The code is unknown.",
            CodeError::Used => "The code was used before.",
            CodeError::Expired => "The code expired.",
            CodeError::RedirectUri => "redirect_uri is not the one of the authorization request.",
            CodeError::Verifier => "code_verifier does not fit code_challenge.",
        };
        refuse("invalid_grant", what)
    })?;
    let tokens = call.place(|place| {
        let access = ("sandbox_at_", settings.access_seconds);
        let refresh = code.refresh.then_some(("sandbox_rt_", settings.refresh_seconds));
        let order = Order { grant: code.grant, scopes: &code.scopes, kind: Kind::User, access, refresh };
        place.hand_out(order, now, call.providers.rng())
    });
    let mut body = answered(settings, &code.scopes, &tokens);
    if code.scopes.contains("openid") {
        body["id_token"] = json!(id_token(call, client_id, &code, &tokens)?);
    }
    Ok(with_no_store(&body))
}

fn refresh(call: &Call, settings: &Settings, client_id: &str) -> Reply {
    let now = call.now();
    let spent = call.place(|place| place.spend(call.form.get("refresh_token"), client_id, now));
    let refresh = spent.map_err(|error| {
        let what = match error {
            RefreshError::Unknown => "The refresh token is unknown.",
            RefreshError::Spent => "The refresh token was used before.",
            RefreshError::Expired => "The refresh token expired.",
            RefreshError::Revoked => "The refresh token was revoked.",
        };
        refuse("invalid_grant", what)
    })?;
    // RFC 6749 section 6: a refresh may ask for less, never for more.
    let scopes = match call.form.get("scope").map(|scope| Scopes::parse(scope, settings.comma_scopes)) {
        Some(fewer) if settings.narrows => {
            fewer.iter().filter(|scope| refresh.scopes.contains(scope)).collect()
        }
        _ => refresh.scopes.clone(),
    };
    let tokens = call.place(|place| {
        let access = ("sandbox_at_", settings.access_seconds);
        let rotates = settings.rotation != Rotation::Never;
        let refresh_order = rotates.then_some(("sandbox_rt_", settings.refresh_seconds));
        let order =
            Order { grant: refresh.grant, scopes: &scopes, kind: Kind::User, access, refresh: refresh_order };
        let tokens = place.hand_out(order, now, call.providers.rng());
        // The new refresh token has the scopes of the old one, all the same.
        if let Some(next) = tokens.refresh.as_ref().and_then(|token| place.refresh.get_mut(token)) {
            next.scopes = refresh.scopes;
        }
        tokens
    });
    Ok(answer::refreshed(with_no_store(&answered(settings, &scopes, &tokens))))
}

fn with_no_store(body: &Value) -> Response {
    answer::with(answer::ok(body), header::PRAGMA, "no-cache")
}

fn answered(settings: &Settings, scopes: &Scopes, tokens: &Tokens) -> Value {
    let separator = if settings.comma_scopes { "," } else { " " };
    let scope = scopes.iter().collect::<Vec<_>>().join(separator);
    let mut body = json!({"access_token": tokens.access, "token_type": "Bearer", "scope": scope});
    if let Some(seconds) = tokens.expires_in {
        body["expires_in"] = json!(seconds);
    }
    if let Some(refresh) = &tokens.refresh {
        body["refresh_token"] = json!(refresh);
    }
    body
}

fn id_token(call: &Call, client_id: &str, code: &Code, tokens: &Tokens) -> Result<String, Refused> {
    let account = call.place(|place| place.grant(code.grant).account.clone());
    let person = Person::new(call.provider, &account);
    let mut claims = id_token::claims(&person, &code.scopes);
    claims.insert("sub".into(), json!(person.uuid()));
    claims.insert("auth_time".into(), json!(code.issued_at.seconds()));
    claims.insert("at_hash".into(), json!(id_token::at_hash(&tokens.access)));
    id_token::signed(call, &call.address(ISSUER), client_id, code.nonce.as_deref(), claims)
}

fn user_info(call: &Call) -> Reply {
    let SignedIn { account, scopes, .. } = call.signed_in(call.bearer()).map_err(notes::refused)?;
    let person = Person::new(call.provider, &account);
    if settings(call).opaque_user_info {
        let user = json!({"uid": person.number(), "display": person.name(), "mail": person.email()});
        return Ok(answer::ok(&json!({"data": {"user": user}})));
    }
    // A client without OpenID Connect has nowhere else to learn who it is about.
    let scopes = if scopes.contains("openid") { scopes } else { Scopes::parse("profile email", false) };
    let mut claims = id_token::claims(&person, &scopes);
    claims.insert("sub".into(), json!(person.uuid()));
    Ok(answer::ok(&Value::Object(claims)))
}

/// RFC 7009: 200 whatever the token was; a refresh token takes its access tokens with it.
async fn revoke(call: &Call) -> Reply {
    let client_id = client(call, &settings(call)).await?;
    let token = call.form.get("token").ok_or_else(|| refuse("invalid_request", "token is missing."))?;
    call.place(|place| {
        let Some(grant) = place.grant_of(token).filter(|id| place.grant(*id).client_id == client_id) else {
            return;
        };
        match place.refresh.contains_key(token) {
            true => place.end(grant),
            false => place.end_token(token),
        }
    });
    Ok(answer::empty(StatusCode::OK))
}
