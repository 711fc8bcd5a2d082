//! Microsoft identity platform.
//!
//! - <https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow>: both
//!   endpoints, `offline_access`, refresh tokens that roll, and the form of errors.
//! - <https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc>: tenants and discovery.
//! - <https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference>: `tid`, `oid`
//!   and the issuer.
//! - <https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes>

use axum::http::{StatusCode, header};
use coffer_core::Scopes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    Rotation,
    answer::{self, Refused, Reply},
    authorize::{self, Ask, Consent, Front},
    call::{Call, SignedIn},
    client::ClientError,
    id_token,
    person::{self, Person},
    place::{GrantId, Place},
    tokens::{CodeError, Kind, Order, RefreshError},
};

/// The tenant of personal accounts, as the documentation gives it.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
/// The tenant of everybody else, where the path names none.
const WORK: &str = "11111111-2222-4333-8444-555555555555";
const LOGIN: &str = "login.microsoftonline.com";
/// Scopes of OpenID Connect, which belong to no resource.
const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

struct Microsoft<'a> {
    /// As the path has it.
    tenant: &'a str,
}

pub(super) fn serve(call: &Call) -> Reply {
    if call.host != LOGIN {
        return match (call.method.as_str(), call.path.as_str()) {
            ("GET" | "POST", "/oidc/userinfo") => user_info(call),
            ("GET", "/v1.0/me") => me(call),
            _ => Ok(answer::not_found()),
        };
    }
    let Some((tenant, path)) = call.path.trim_start_matches('/').split_once('/') else {
        return Ok(answer::not_found());
    };
    match (call.method.as_str(), path) {
        ("GET", "v2.0/.well-known/openid-configuration") => Ok(answer::ok(&discovery(call, tenant))),
        ("GET", "discovery/v2.0/keys") => Ok(answer::ok(&call.providers.keys().set())),
        ("GET" | "POST", "oauth2/v2.0/authorize") => Ok(authorize::serve(call, &Microsoft { tenant })),
        ("POST", "oauth2/v2.0/token") => token(call),
        _ => Ok(answer::not_found()),
    }
}

/// The id of the tenant in a path; `common` and `organizations` have none of their own.
fn tenant_id(tenant: &str) -> Option<String> {
    match tenant {
        "common" | "organizations" => None,
        "consumers" => Some(PERSONAL.to_owned()),
        id if id.len() == 36 && !id.contains('.') => Some(id.to_owned()),
        domain => Some(person::uuid(&Sha256::digest(domain).into())),
    }
}

/// The tenant that somebody belongs to: personal accounts are those whose name begins so.
fn home(tenant: &str, account: &str) -> String {
    let own = || if account.starts_with("personal") && tenant == "common" { PERSONAL } else { WORK };
    tenant_id(tenant).unwrap_or_else(|| own().to_owned())
}

fn issuer(call: &Call, tenant_id: &str) -> String {
    call.address(&format!("{LOGIN}/{tenant_id}/v2.0"))
}

/// The issuer of `common` and `organizations` holds a placeholder.
fn discovery(call: &Call, tenant: &str) -> Value {
    let at = |path: &str| call.address(&format!("{LOGIN}/{tenant}/{path}"));
    json!({
        "issuer": issuer(call, tenant_id(tenant).as_deref().unwrap_or("{tenantid}")),
        "authorization_endpoint": at("oauth2/v2.0/authorize"),
        "token_endpoint": at("oauth2/v2.0/token"),
        "jwks_uri": at("discovery/v2.0/keys"),
        "userinfo_endpoint": call.address("graph.microsoft.com/oidc/userinfo"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": OPENID,
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "oid",
            "ver", "email"],
    })
}

impl Front for Microsoft<'_> {
    const CODE: &'static str = "M.C1_";
    const CODE_SECONDS: i64 = 600;
    const PLAIN: bool = true;
    const DENIED: Option<&'static str> = Some("the user canceled the authentication");

    fn mismatch(&self, client_id: &str, uri: &str) -> (String, String) {
        let text = format!(
            "AADSTS50011: The redirect URI '{uri}' specified in the request does not match the redirect URIs \
             configured for the application '{client_id}'."
        );
        ("Sorry, but we're having trouble signing you in: redirect_uri_mismatch".to_owned(), text)
    }

    fn consent(&self, place: &mut Place, ask: &Ask<'_>, account: &str) -> Consent {
        let grant = authorize::anew(place, ask, account, Some(home(self.tenant, account)));
        Consent { grant, scopes: ask.scopes.clone(), refresh: ask.scopes.contains("offline_access") }
    }
}

/// The resource that a scope belongs to: what stands before its last slash, or Microsoft Graph.
fn resource(scope: &str) -> &str {
    scope.rsplit_once('/').map_or("https://graph.microsoft.com", |(resource, _)| resource)
}

/// What an access token is valid for: the scopes of the first resource that was asked for.
fn for_one_resource(scopes: &Scopes) -> Scopes {
    let mut rest = scopes.iter().filter(|scope| !OPENID.contains(scope)).peekable();
    let first = rest.peek().map(|scope| resource(scope));
    rest.filter(|scope| Some(resource(scope)) == first).collect()
}

fn refuse(call: &Call, status: StatusCode, error: &str, code: u64, text: &str) -> Refused {
    let at = call.now().rfc3339().replace('T', " ");
    let mut bytes = [0; 32];
    call.providers.rng().fill(&mut bytes);
    let (trace, correlation) = (person::uuid(&bytes), person::uuid(&Sha256::digest(bytes).into()));
    let description =
        format!("AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}");
    let body = json!({
        "error": error,
        "error_description": description,
        "error_codes": [code],
        "timestamp": at,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": call.address(&format!("{LOGIN}/error?code={code}")),
    });
    answer::json(status, &body).into()
}

fn token(call: &Call) -> Reply {
    let bad = |error: &str, code: u64, text: &str| refuse(call, StatusCode::BAD_REQUEST, error, code, text);
    let client_id = call.client().map_err(|error| match error {
        ClientError::Missing => {
            bad("invalid_request", 900_144, "The request body must contain the following parameter: 'client_id'.")
        }
        ClientError::Secret(id) => refuse(
            call,
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            7_000_215,
            &format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                 value, not the client secret ID, for a secret added to app '{id}'."
            ),
        ),
    })?;
    let now = call.now();
    match call.form.get("grant_type") {
        Some("authorization_code") => {
            let presented = call.presented(&client_id, false);
            let code = call.place(|place| place.redeem(&presented, now)).map_err(|error| match error {
                CodeError::Unknown => bad("invalid_grant", 9_002_313, "Invalid request. Request is malformed or invalid."),
                CodeError::Used => {
                    bad("invalid_grant", 54_005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.")
                }
                CodeError::Expired => {
                    bad("invalid_grant", 70_008, "The provided authorization code or refresh token has expired due to inactivity.")
                }
                CodeError::RedirectUri => {
                    bad("invalid_grant", 500_112, "The reply address does not match the reply address provided when requesting the authorization code.")
                }
                CodeError::Verifier => {
                    bad("invalid_grant", 501_481, "The Code_Verifier does not match the code_challenge supplied in the authorization request.")
                }
            })?;
            tokens(call, &client_id, code.grant, &code.scopes, code.nonce.as_deref(), code.refresh)
        }
        Some("refresh_token") => {
            let spent = call.place(|place| place.spend(call.form.get("refresh_token"), &client_id, now));
            let refresh = spent.map_err(|error| match error {
                RefreshError::Unknown => {
                    bad("invalid_grant", 9_002_313, "Invalid request. Request is malformed or invalid.")
                }
                RefreshError::Expired => {
                    bad("invalid_grant", 700_082, "The refresh token has expired due to inactivity.")
                }
                RefreshError::Revoked | RefreshError::Spent => bad(
                    "invalid_grant",
                    50_173,
                    "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
                ),
            })?;
            let rolls = call.place(|place| place.settings.rotation) != Rotation::Never;
            tokens(call, &client_id, refresh.grant, &refresh.scopes, None, rolls).map(answer::refreshed)
        }
        _ => Err(bad("unsupported_grant_type", 70_003, "The app requested an unsupported grant type.")),
    }
}

fn tokens(
    call: &Call,
    client_id: &str,
    grant: GrantId,
    scopes: &Scopes,
    nonce: Option<&str>,
    with_refresh: bool,
) -> Reply {
    let now = call.now();
    let (tokens, of) = call.place(|place| {
        let access = ("EwB", place.settings.access_seconds);
        let refresh = with_refresh.then_some(("M.C5_", place.settings.refresh_seconds));
        let order = Order { grant, scopes, kind: Kind::User, access, refresh };
        (place.hand_out(order, now, call.providers.rng()), place.grant(grant).clone())
    });
    let mut body = json!({"token_type": "Bearer", "access_token": tokens.access});
    let valid_for = for_one_resource(scopes);
    if !valid_for.is_empty() {
        body["scope"] = json!(valid_for.to_string());
    }
    if let Some(seconds) = tokens.expires_in {
        body["expires_in"] = json!(seconds);
        body["ext_expires_in"] = json!(seconds);
    }
    if let Some(refresh) = tokens.refresh {
        body["refresh_token"] = json!(refresh);
    }
    if scopes.contains("openid") {
        let tenant = of.tenant.unwrap_or_default();
        let person = Person::new(call.provider, &of.account);
        let mut claims = serde_json::Map::new();
        claims.insert("ver".into(), json!("2.0"));
        claims.insert("sub".into(), json!(person.pairwise(client_id)));
        claims.insert("tid".into(), json!(tenant));
        claims.insert("oid".into(), json!(person.uuid()));
        if scopes.contains("profile") {
            claims.insert("name".into(), json!(person.name()));
            claims.insert("preferred_username".into(), json!(person.email()));
        }
        if scopes.contains("email") {
            claims.insert("email".into(), json!(person.email()));
        }
        body["id_token"] = json!(id_token::signed(call, &issuer(call, &tenant), client_id, nonce, claims)?);
    }
    Ok(answer::ok(&body))
}

fn signed_in(call: &Call) -> Result<SignedIn, Refused> {
    call.signed_in(call.bearer()).map_err(|_| {
        let message = "Access token is invalid or has expired.";
        let body = json!({"error": {"code": "InvalidAuthenticationToken", "message": message}});
        let refused = answer::json(StatusCode::UNAUTHORIZED, &body);
        answer::with(refused, header::WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#).into()
    })
}

fn user_info(call: &Call) -> Reply {
    let signed_in = signed_in(call)?;
    let person = Person::new(call.provider, &signed_in.account);
    Ok(answer::ok(&json!({
        "sub": person.pairwise(&signed_in.client_id),
        "name": person.name(),
        "email": person.email(),
    })))
}

fn me(call: &Call) -> Reply {
    let signed_in = signed_in(call)?;
    let person = Person::new(call.provider, &signed_in.account);
    Ok(answer::ok(&json!({
        "id": person.uuid(),
        "displayName": person.name(),
        "mail": person.email(),
        "userPrincipalName": person.email(),
    })))
}
