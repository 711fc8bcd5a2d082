//! Malformed and ambiguous input: a clear refusal, and nothing changed.

use axum::{
    body::Body,
    http::{Method, Request},
};
use coffer_http::{ENDPOINTS, Endpoint, Protection};

use super::authorize;
use crate::browser::{Browser, param, redirected};
use crate::device::post;
use crate::harness::{Answer, CALLBACK, ISSUER, Server};
use crate::management::Machine;

pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const JSON: &str = "application/json";

/// Everything that takes a body.
pub(super) fn posts() -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().filter(|endpoint| matches!(endpoint.method, "post" | "put" | "patch"))
}

/// Sends a body, from this site, and with a token where one is asked for.
pub(super) async fn send(
    server: &Server,
    endpoint: &Endpoint,
    bearer: &str,
    kind: &str,
    body: Vec<u8>,
) -> Answer {
    let path = endpoint.path.replace("{name}", "sign_in").replace("{id}", "x");
    let request = Request::builder()
        .method(Method::from_bytes(endpoint.method.to_uppercase().as_bytes()).unwrap())
        .uri(path)
        .header("origin", ISSUER.trim_end_matches('/'))
        .header("content-type", kind);
    let request = match endpoint.protection {
        Protection::Management(_) | Protection::Bearer => {
            request.header("authorization", format!("Bearer {bearer}"))
        }
        _ => request,
    };
    server.send(request.body(Body::from(body)).unwrap()).await
}

/// Bytes that are no text, NUL, and half an escape, everywhere.
#[tokio::test]
async fn malformed_text_is_no_servers_error() {
    let server = Server::start().await;
    let client = server.web().await;
    let machine = Machine::new(&server).await;
    for value in [
        "%00",
        "%ff%fe",
        "%c0%af",
        "%ed%a0%80",
        "%",
        "%zz",
        "\u{0}",
        "%F0%9F%92%A9",
        "..%2f..%2fetc%2fpasswd",
        "%0d%0aX-Injected:%201",
    ] {
        for endpoint in posts() {
            server.clock.advance_seconds(1);
            let body = format!(
                "client_id={id}&client_secret={secret}&grant_type=authorization_code&code={value}&token={value}\
                 &handle={value}&email={value}&password={value}&return_to={value}&user_code={value}&session={value}\
                 &refresh_token={value}&redirect_uri={value}&account={value}&connection={value}&scope={value}",
                id = client.id,
                secret = client.secret,
            );
            let answer = send(&server, endpoint, machine.token(), FORM, body.into_bytes()).await;
            assert!(answer.status.as_u16() < 500, "{} {value}: {}", endpoint.path, answer.text);
            assert_eq!(answer.header("x-injected"), "", "{}", endpoint.path);
        }
        for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.method == "get") {
            server.clock.advance_seconds(1);
            let value = value.replace('\u{0}', "%00");
            let path =
                endpoint.path.replace("{*page}", &value).replace("{name}", &value).replace("{id}", &value);
            let address = format!(
                "{path}?client_id={value}&state={value}&code={value}&handle={value}&q={value}\
                                   &ticket={value}&user_code={value}&returnTo={value}&redirect_uri={value}&from={value}"
            );
            let Ok(request) = Request::get(&address)
                .header("authorization", format!("Bearer {}", machine.token()))
                .body(Body::empty())
            else {
                continue;
            };
            let answer = server.send(request).await;
            assert!(answer.status.as_u16() < 500, "{address}: {}", answer.text);
        }
    }
}

/// RFC 6749 Appendix A: no parameter holds a NUL. It is refused at every door, in that door's own words.
#[tokio::test]
async fn a_nul_character_is_refused_at_every_door() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    for (path, kind, body, expected) in [
        ("/oauth/token", FORM, "grant_type=a%00b", ("error", "invalid_request".into())),
        ("/oauth/token", JSON, r#"{"grant_type":"a\u0000b"}"#, ("error", "invalid_request".into())),
        ("/oidc/register", JSON, r#"{"client_name":"\u0000"}"#, ("error", "invalid_request".into())),
        ("/me/v1/connected-accounts/connect", JSON, r#"{"state":"\u0000"}"#, ("status", 400.into())),
        ("/api/v2/clients", JSON, r#"{"name":"a\u0000"}"#, ("statusCode", serde_json::Value::from(400))),
    ] {
        let (name, value): (&str, serde_json::Value) = expected;
        let endpoint = posts().find(|endpoint| endpoint.path == path).unwrap();
        let answer = send(&server, endpoint, machine.token(), kind, body.into()).await;
        assert_eq!((answer.status.as_u16(), &answer.json()[name]), (400, &value), "{path}: {}", answer.text);
        assert!(answer.text.contains("NUL"), "{}", answer.text);
    }
    for path in ["/authorize?state=%00", "/api/v2/users?q=%00", "/api/v2/users/%00", "/console/users/%00"] {
        let answer = server.get(path).await;
        assert!(answer.status == 400 && answer.text.contains("NUL"), "{path}: {}", answer.text);
    }
}

/// RFC 6749 sections 3.1 and 3.2: no parameter more than once, or two readers see two requests.
#[tokio::test]
async fn ambiguous_requests_are_refused() {
    let server = Server::start().await;
    let client = server.web().await;
    for (name, value) in [
        ("client_id", client.id.as_str()),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "a"),
        ("nonce", "a"),
        ("prompt", "none"),
        ("code_challenge", "a"),
        ("audience", "a"),
        ("request_uri", "a"),
        ("response_mode", "query"),
        ("unknown", "a"),
    ] {
        let twice = format!("{}&{name}=first&{name}={value}", authorize(&client, &[(name, "")]));
        let answer = server.get(&twice).await;
        let shown = answer.status == 400;
        assert!(
            shown || param(&redirected(&answer), "error") == "invalid_request",
            "{name}: {}",
            answer.text
        );
        assert!(shown || !redirected(&answer).as_str().contains("first"), "{name}");
    }
    let code = server.code(&client).await;
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/par", "/oauth/device/code"] {
        for name in ["client_id", "grant_type", "code", "redirect_uri", "token", "scope"] {
            let fields = [(name, "first"), (name, "second"), ("code", code.as_str())];
            let fields = if name == "code" { &fields[..2] } else { &fields[..] };
            let answer = post(&server, path, &client, fields).await;
            assert_eq!(answer.refusal(), (400, "invalid_request".into()), "{path} {name}");
        }
    }
    for path in ["/oauth/token", "/oauth/par", "/oauth/revoke"] {
        let body = format!(
            r#"{{"client_id":"{0}","client_secret":"{1}","token":"x","grant_type":"refresh_token","client_id":"{0}"}}"#,
            client.id, client.secret
        );
        let endpoint = posts().find(|endpoint| endpoint.path == path).unwrap();
        let answer = send(&server, endpoint, "", JSON, body.into_bytes()).await;
        assert_eq!(answer.refusal(), (400, "invalid_request".into()), "{path}");
    }
    let mut browser = Browser::default();
    let page = redirected(&browser.get(&server, &authorize(&client, &[])).await);
    let handle = param(&page, "handle");
    for path in ["/u/sign-in", "/u/consent", "/u/connect"] {
        let fields = [
            ("handle", handle.as_str()),
            ("decision", "deny"),
            ("decision", "allow"),
            ("connection", "a"),
            ("connection", "provider"),
        ];
        let status = browser.post(&server, path, &fields).await.status;
        assert!(matches!(status.as_u16(), 400 | 422), "{path}: {status}");
    }
    let twice = browser.get(&server, "/login/callback?state=a&state=b&code=c").await;
    assert_eq!(twice.status, 400);
}

/// Another kind of body than the endpoint reads, or none at all.
#[tokio::test]
async fn bodies_of_another_kind_are_refused() {
    let server = Server::start().await;
    let machine = Machine::new(&server).await;
    for endpoint in posts() {
        for (kind, body) in [
            ("text/plain", "x"),
            ("multipart/form-data; boundary=x", "--x--"),
            ("application/xml", "<a/>"),
            (JSON, "{"),
            (JSON, "null"),
            (JSON, ""),
            ("", ""),
        ] {
            server.clock.advance_seconds(1);
            let answer = send(&server, endpoint, machine.token(), kind, body.into()).await;
            let status = answer.status.as_u16();
            let form_without_fields = matches!(endpoint.path, "/authorize" | "/u/sign-out" | "/oidc/logout");
            assert!(
                (400..500).contains(&status) || form_without_fields && status < 400,
                "{} {kind}: {status} {}",
                endpoint.path,
                answer.text
            );
        }
    }
}
