//! NUL characters are refused before anything looks at them. No parameter of OAuth may hold one (RFC 6749
//! Appendix A), none means anything to a person, and not every database can store one.

use axum::{
    body::{Body, Bytes, HttpBody as _, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{management, my_account, protocol, router::CONSOLE_BODY};

/// Longest body that is read here, in bytes: one more than any endpoint takes, so that they refuse it themselves.
const LONGEST: usize = CONSOLE_BODY + 1;

/// Refuses requests that hold one in their address or body.
pub(crate) async fn refuse<F>(request: Request, next: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let (parts, body) = request.into_parts();
    if escaped(parts.uri.path_and_query().map_or("", |whole| whole.as_str()).as_bytes()) {
        return refusal(parts.uri.path());
    }
    if parts.headers.get(header::CONTENT_LENGTH).is_none() && body.is_end_stream() {
        return next(Request::from_parts(parts, body)).await;
    }
    let Ok(bytes) = to_bytes(body, LONGEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    if holds_one(&parts.headers, &bytes) {
        return refusal(parts.uri.path());
    }
    next(Request::from_parts(parts, Body::from(bytes))).await
}

fn holds_one(headers: &HeaderMap, body: &Bytes) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let json = kind.split(';').next().is_some_and(|kind| kind.trim_end().ends_with("json"));
    body.contains(&0) || if json { in_json(body) } else { escaped(body) }
}

/// Percent-encoded, as in addresses and forms.
fn escaped(text: &[u8]) -> bool {
    text.windows(3).any(|three| three == b"%00")
}

/// Written as an escape in a JSON string (RFC 8259 section 7): behind an odd number of backslashes.
fn in_json(body: &[u8]) -> bool {
    let mut backslashes = 0_usize;
    body.iter().enumerate().any(|(at, byte)| {
        let escapes = *byte == b'u' && backslashes % 2 == 1;
        backslashes = if *byte == b'\\' { backslashes + 1 } else { 0 };
        escapes && body.get(at + 1..at + 5) == Some(b"0000")
    })
}

/// In the words of those who speak at this address.
fn refusal(path: &str) -> Response {
    const TEXT: &str = "The request holds a NUL character, which means nothing here. Leave it out.";
    if path.starts_with("/api/v2/") {
        management::invalid_request(TEXT)
    } else if path.starts_with("/me/") {
        my_account::invalid_request(TEXT)
    } else if path.starts_with("/oauth/") || path.starts_with("/oidc/register") || path == "/userinfo" {
        protocol::invalid_request(TEXT)
    } else {
        (StatusCode::BAD_REQUEST, TEXT).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_escape_is_one() {
        for (json, is_one) in [
            (r#"{"a":"\u0000"}"#, true),
            (r#"{"a":"\\\u0000"}"#, true),
            (r#"{"a":"\\u0000"}"#, false),
            (r#"{"a":"u0000"}"#, false),
            (r#"{"a":"%00 \u0001"}"#, false),
            (r#"{"a":"\u000"}"#, false),
        ] {
            assert_eq!(in_json(json.as_bytes()), is_one, "{json}");
        }
        assert!(escaped(b"a=b%00c"));
        assert!(!escaped(b"a=b%2500"));
    }
}
