//! Bodies and client credentials of protocol requests: form or JSON, each parameter once.

use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use coffer_crypto::Secret;
use coffer_oidc::{authorize::Params, error::EndpointError};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::unique::Unique;

/// The parameters of a body as texts, for endpoints that take those of an authorization request.
pub(super) fn params(headers: &HeaderMap, body: &[u8]) -> Result<Params, EndpointError> {
    let params: Map<String, Value> = parse(headers, body)?;
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(params.into_iter().map(|(name, value)| (name, text(value))).collect())
}

/// Parses a body into a request. A parameter that is there twice is refused (RFC 6749 section 3.2);
/// an empty one counts as left out (section 3.1); unknown ones are ignored.
pub(super) fn parse<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, EndpointError> {
    read(&Value::Object(members(headers, body)?))
}

/// The same body as two requests: what is asked, and by whom.
pub(super) fn parse_both<A, B>(headers: &HeaderMap, body: &[u8]) -> Result<(A, B), EndpointError>
where
    A: DeserializeOwned,
    B: DeserializeOwned,
{
    let members = Value::Object(members(headers, body)?);
    Ok((read(&members)?, read(&members)?))
}

fn read<T: DeserializeOwned>(members: &Value) -> Result<T, EndpointError> {
    T::deserialize(members)
        .map_err(|_| EndpointError::InvalidRequest("A parameter is not a string.".to_owned()))
}

fn members(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, EndpointError> {
    let refuse = |text: &str| EndpointError::InvalidRequest(text.to_owned());
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/x-www-form-urlencoded" => form(body),
        "application/json" => {
            let read = serde_json::from_slice(body);
            let Unique(params) =
                read.map_err(|_| refuse("The body is not a JSON object whose members are there once."))?;
            Ok(params.into_iter().filter(|(_, value)| !value.is_null() && value != "").collect())
        }
        _ => Err(refuse("Send the parameters as application/x-www-form-urlencoded or application/json.")),
    }
}

fn form(body: &[u8]) -> Result<Map<String, Value>, EndpointError> {
    let mut params = Map::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        if value.is_empty() {
            continue;
        }
        if params.insert(name.to_string(), Value::String(value.into_owned())).is_some() {
            let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
            return Err(EndpointError::InvalidRequest(format!(
                "The parameter {name} is there more than once."
            )));
        }
    }
    Ok(params)
}

/// Client id and secret of `Authorization: Basic`, form-decoded (RFC 6749 section 2.3.1).
pub(super) fn basic(headers: &HeaderMap) -> Result<Option<(String, Secret)>, EndpointError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let broken = || EndpointError::InvalidClient("the Authorization header is broken".to_owned());
    let text = value.to_str().map_err(|_| broken())?;
    let Some(("basic", encoded)) = text
        .split_once(' ')
        .map(|(s, rest)| (s.to_ascii_lowercase(), rest))
        .as_ref()
        .map(|(s, r)| (s.as_str(), *r))
    else {
        return Err(EndpointError::InvalidClient("the Authorization header is not Basic".to_owned()));
    };
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| broken())?;
    let decoded = String::from_utf8(decoded).map_err(|_| broken())?;
    let (id, secret) = decoded.split_once(':').ok_or_else(broken)?;
    Ok(Some((decode(id), Secret::new(decode(secret)))))
}

/// The whole text, decoded: what would separate fields of a form is part of a name or secret here.
fn decode(text: &str) -> String {
    let one = text.replace('&', "%26").replace('=', "%3D");
    let name = url::form_urlencoded::parse(one.as_bytes()).next();
    name.map(|(name, _)| name.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use coffer_oidc::grants::TokenRequest;

    use super::*;

    fn typed(kind: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers
    }

    #[test]
    fn form_and_json_say_the_same() {
        let form: TokenRequest =
            parse(&typed("application/x-www-form-urlencoded"), b"grant_type=a+b&code=x%3Dy&scope=").unwrap();
        let json: TokenRequest =
            parse(&typed("application/json; charset=utf-8"), br#"{"grant_type":"a b","code":"x=y"}"#)
                .unwrap();
        for request in [form, json] {
            assert_eq!(request.grant_type.as_deref(), Some("a b"));
            assert_eq!(request.code, Some(Secret::new("x=y")));
            assert_eq!(request.scope, None);
        }
    }

    #[test]
    fn parameters_are_texts_whatever_json_makes_of_them() {
        let json = br#"{"max_age":60,"prompt":"none","scope":"","state":null,"authorization_details":[{"type":"a"}]}"#;
        let found = params(&typed("application/json"), json).unwrap();
        assert_eq!((found["max_age"].as_str(), found["prompt"].as_str()), ("60", "none"));
        assert_eq!(found["authorization_details"], r#"[{"type":"a"}]"#);
        assert_eq!(found.len(), 3, "what is empty was left out");
    }

    #[test]
    fn refuses_what_is_ambiguous_or_of_another_type() {
        let form = typed("application/x-www-form-urlencoded");
        assert!(parse::<TokenRequest>(&form, b"code=a&code=b").is_err());
        let twice = br#"{"code":"a","code":"b"}"#;
        assert!(parse::<TokenRequest>(&typed("application/json"), twice).is_err());
        assert!(parse::<TokenRequest>(&typed("application/json"), b"[]").is_err());
        assert!(parse::<TokenRequest>(&typed("application/json"), br#"{"code":1}"#).is_err());
        assert!(parse::<TokenRequest>(&typed("text/plain"), b"code=a").is_err());
        assert!(parse::<TokenRequest>(&HeaderMap::new(), b"code=a").is_err());
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        let mut headers = HeaderMap::new();
        let encoded = format!("Basic {}", STANDARD.encode("my%20id:s%3Ae%2Bc+ret"));
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&encoded).unwrap());
        let (id, secret) = basic(&headers).unwrap().unwrap();
        assert_eq!((id.as_str(), secret.reveal()), ("my id", "s:e+c ret"));
        for (sent, meant) in
            [("secret&more", "secret&more"), ("secret=", "secret="), ("secret%26", "secret&")]
        {
            let encoded = format!("Basic {}", STANDARD.encode(format!("id:{sent}")));
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&encoded).unwrap());
            let (_, secret) = basic(&headers).unwrap().unwrap();
            assert_eq!(secret.reveal(), meant, "nothing after a secret is left out");
        }
    }
}
