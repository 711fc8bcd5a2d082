//! One check per rule; each fault has its OAuth code and says what to change.

use coffer_core::{
    Scopes,
    authorization::{AnswerTo, AuthorizationRequest, Prompts, Redirect, ResponseMode},
    client::Client,
};
use url::Url;

use super::Params;
use crate::error::EndpointError;

/// A rule that the request breaks.
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) description: String,
}

/// Told to the client itself.
impl From<Fault> for EndpointError {
    fn from(Fault { code, description }: Fault) -> Self {
        Self::Request { code: code.to_owned(), description }
    }
}

pub(crate) fn fault(code: &'static str, description: impl Into<String>) -> Fault {
    Fault { code, description: description.into() }
}

/// The request, once client and redirect URI are known to be good.
pub(super) fn validate(
    params: &Params,
    client: &Client,
    redirect: Redirect,
    for_api: (Option<String>, Scopes),
) -> Result<AuthorizationRequest, Fault> {
    unsupported(params)?;
    let (audience, scopes) = for_api;
    response_type(params)?;
    let prompt = prompts(params)?;
    let redirect = Redirect {
        response_mode: response_mode(params, &redirect.redirect_uri)?,
        code_challenge: code_challenge(params, client)?,
        ..redirect
    };
    Ok(AuthorizationRequest {
        client_id: client.id.clone(),
        answer: AnswerTo::Client(redirect),
        scopes,
        connection: given(params, "connection"),
        connection_scopes: connection_scopes(params),
        prompt,
        max_age: max_age(params)?,
        login_hint: given(params, "login_hint"),
        person: None,
        audience,
        jkt: dpop_jkt(params)?,
    })
}

/// Where the answer goes, as far as that is known before the request is checked: errors go there too.
pub(super) fn redirect(params: &Params, redirect_uri: String) -> Redirect {
    Redirect {
        response_mode: response_mode(params, &redirect_uri).unwrap_or_default(),
        state: given(params, "state"),
        nonce: given(params, "nonce"),
        code_challenge: None,
        redirect_uri,
    }
}

/// Further scopes to ask of the provider.
pub(crate) fn connection_scopes(params: &Params) -> Scopes {
    given(params, "connection_scope").map(|text| Scopes::parse(&text, true)).unwrap_or_default()
}

pub(crate) fn given(params: &Params, name: &str) -> Option<String> {
    params.get(name).filter(|value| !value.is_empty()).cloned()
}

fn unsupported(params: &Params) -> Result<(), Fault> {
    if params.contains_key("request") {
        return Err(fault("request_not_supported", "Request objects are not supported."));
    }
    if params.contains_key("request_uri") {
        return Err(fault("request_uri_not_supported", "Request URIs are not supported."));
    }
    Ok(())
}

/// The API that is asked for: `audience`, or `resource` of RFC 8707.
pub(super) fn wanted_api(params: &Params) -> Result<Option<String>, Fault> {
    let (audience, resource) = (given(params, "audience"), given(params, "resource"));
    if let (Some(audience), Some(resource)) = (&audience, &resource)
        && audience != resource
    {
        return Err(fault("invalid_target", "The parameters audience and resource name different APIs."));
    }
    if resource.as_deref().is_some_and(|text| text.contains('#')) {
        return Err(fault("invalid_target", "A resource has no fragment."));
    }
    Ok(audience.or(resource))
}

/// The scopes that are asked for, understood or not.
pub(super) fn asked(params: &Params) -> Scopes {
    Scopes::parse(params.get("scope").map_or("", String::as_str), false)
}

fn response_type(params: &Params) -> Result<(), Fault> {
    match params.get("response_type").map(String::as_str) {
        Some("code") => Ok(()),
        None | Some("") => Err(fault("invalid_request", "The parameter response_type is missing; use code.")),
        Some(_) => Err(fault("unsupported_response_type", "The only response type is code.")),
    }
}

fn response_mode(params: &Params, redirect_uri: &str) -> Result<ResponseMode, Fault> {
    match params.get("response_mode").map(String::as_str) {
        None | Some("" | "query") => Ok(ResponseMode::Query),
        Some("form_post") => Ok(ResponseMode::FormPost),
        Some("web_message") if Url::parse(redirect_uri).is_ok_and(|url| url.origin().is_tuple()) => {
            Ok(ResponseMode::WebMessage)
        }
        Some("web_message") => {
            Err(fault("invalid_request", "A message needs a redirect_uri that begins with https://."))
        }
        Some(_) => Err(fault("invalid_request", "The response modes are query, form_post and web_message.")),
    }
}

/// PKCE with S256, required of public clients (RFC 7636, RFC 9700 section 2.1.1).
fn code_challenge(params: &Params, client: &Client) -> Result<Option<String>, Fault> {
    let method = params.get("code_challenge_method").map(String::as_str);
    let Some(challenge) = given(params, "code_challenge") else {
        if client.is_public() {
            return Err(fault("invalid_request", "This application must use PKCE: send code_challenge."));
        }
        if method.is_some() {
            return Err(fault("invalid_request", "code_challenge_method without code_challenge."));
        }
        return Ok(None);
    };
    if method != Some("S256") {
        return Err(fault("invalid_request", "Use code_challenge_method=S256."));
    }
    if !is_sha256(&challenge) {
        return Err(fault("invalid_request", "An S256 code_challenge has 43 base64url characters."));
    }
    Ok(Some(challenge))
}

/// The thumbprint of the key that the code is bound to (RFC 9449 section 10).
fn dpop_jkt(params: &Params) -> Result<Option<String>, Fault> {
    let jkt = given(params, "dpop_jkt");
    if jkt.as_deref().is_some_and(|jkt| !is_sha256(jkt)) {
        return Err(fault("invalid_request", "A dpop_jkt has 43 base64url characters."));
    }
    Ok(jkt)
}

/// A SHA-256 in base64url.
fn is_sha256(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn prompts(params: &Params) -> Result<Prompts, Fault> {
    let mut prompts = Prompts::default();
    let text = params.get("prompt").map_or("", String::as_str);
    for word in text.split_ascii_whitespace() {
        match word {
            "none" => prompts.none = true,
            "login" => prompts.login = true,
            "consent" => prompts.consent = true,
            "select_account" => prompts.select_account = true,
            _ => {
                return Err(fault(
                    "invalid_request",
                    "The prompts are none, login, consent and select_account.",
                ));
            }
        }
    }
    if prompts.none && (prompts.login || prompts.consent || prompts.select_account) {
        return Err(fault("invalid_request", "prompt=none stands alone."));
    }
    Ok(prompts)
}

fn max_age(params: &Params) -> Result<Option<i64>, Fault> {
    given(params, "max_age")
        .map(|text| text.parse().ok().filter(|age: &i64| *age >= 0))
        .map(|age| age.ok_or_else(|| fault("invalid_request", "max_age is a number of seconds.")))
        .transpose()
}
