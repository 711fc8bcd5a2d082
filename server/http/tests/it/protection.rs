//! Every endpoint and every server function refuses the wrong caller. An endpoint or function that
//! is new is in these lists by itself.

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use coffer_http::{ENDPOINTS, Protection};

use crate::harness::Server;

/// Server functions that make sense before anybody signed in.
pub const BEFORE_SIGN_IN: &[&str] = &[
    "setup_state",
    "complete_setup",
    "invitation_state",
    "accept_invitation",
    "sign_in",
    "sign_in_through",
    "sign_out",
    "half_way",
    "answer_factor",
    "complete_enrolment",
    "enrol_passkey",
    "complete_passkey_enrolment",
    "begin_passkey",
    "answer_passkey",
];

fn request(method: &str, path: &str, origin: &str) -> Request<Body> {
    let path = path.replace("{*page}", "applications").replace("{name}", "list_applications");
    Request::builder()
        .method(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap())
        .uri(path)
        .header(header::ORIGIN, origin)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("grant_type=refresh_token&refresh_token=x&token=x&client_id=nobody&client_secret=x"))
        .unwrap()
}

#[tokio::test]
async fn every_endpoint_refuses_the_wrong_caller() {
    let server = Server::start().await;
    for endpoint in ENDPOINTS {
        let own = server.send(request(endpoint.method, endpoint.path, "https://coffer.example")).await;
        let foreign = server.send(request(endpoint.method, endpoint.path, "https://evil.example")).await;
        let name = format!("{} {}", endpoint.method, endpoint.path);
        match endpoint.protection {
            Protection::Public => {}
            Protection::Client | Protection::Bearer | Protection::Management(_) => {
                assert_eq!(own.status, 401, "{name}: {}", own.text)
            }
            Protection::Browser if endpoint.method == "post" => {
                assert_eq!(foreign.status, 403, "{name}");
                assert!(own.status == 400 || endpoint.path == "/u/sign-out", "{name}: {}", own.status);
            }
            Protection::Browser => assert_eq!(own.status, 400, "{name}"),
            Protection::Administrator if endpoint.method == "post" => {
                assert_eq!(foreign.status, 403, "{name}");
                assert_eq!(own.status, 401, "{name}: {}", own.text);
            }
            Protection::Administrator => {
                assert!(own.status.is_redirection(), "{name}: {} {}", own.status, own.text);
                assert!(
                    own.header("location").starts_with("/console/sign-in?return_to=%2Fconsole"),
                    "{name}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_client_endpoint_asks_for_the_client() {
    let server = Server::start().await;
    let answer = server.token(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).await;
    assert_eq!(answer.refusal(), (401, "invalid_client".into()));
}

/// RFC 6749 section 5.2: the challenge answers the header. Client libraries take it for the whole answer, and
/// then the error in the body is lost.
#[tokio::test]
async fn a_client_is_challenged_in_the_way_in_which_it_came() {
    let server = Server::start().await;
    let client = server.web().await;
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/par", "/oauth/device/code"] {
        let form = [
            ("client_id", client.id.as_str()),
            ("client_secret", "not-it"),
            ("grant_type", "refresh_token"),
            ("refresh_token", "x"),
            ("token", "x"),
        ];
        let answer = server.form(path, &form).await;
        assert_eq!(answer.refusal(), (401, "invalid_client".into()), "{path}");
        assert_eq!(answer.header("www-authenticate"), "", "{path}");
        let request = Request::post(path)
            .header(header::AUTHORIZATION, "Basic bm9ib2R5Om5vdC1pdA==")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("grant_type=refresh_token&refresh_token=x&token=x"));
        let answer = server.send(request.unwrap()).await;
        assert_eq!(answer.refusal(), (401, "invalid_client".into()), "{path}");
        assert!(answer.header("www-authenticate").starts_with("Basic"), "{path}");
    }
}

#[tokio::test]
async fn every_server_function_asks_for_an_administrator() {
    let server = Server::start().await;
    let paths: Vec<_> = leptos::server_fn::axum::server_fn_paths().collect();
    assert!(paths.len() > 15, "the server functions are not linked in: {paths:?}");
    for (path, method) in paths {
        assert!(path.starts_with("/console/api/"), "{path} is not under the guarded prefix");
        assert_eq!(method, Method::POST, "{path}");
        let name = path.trim_start_matches("/console/api/");
        let foreign = server.send(request("post", path, "https://evil.example")).await;
        assert_eq!(foreign.status, 403, "{path} from another site");
        if BEFORE_SIGN_IN.contains(&name) {
            continue;
        }
        let stranger = server.send(request("post", path, "https://coffer.example")).await;
        assert_eq!(stranger.status, 401, "{path}: {}", stranger.text);
        assert_eq!(stranger.json()["error"], "unauthenticated", "{path}");
    }
}

#[tokio::test]
async fn every_page_carries_the_headers_that_keep_it_safe() {
    let server = Server::start().await;
    for path in ["/console/sign-in", "/nowhere", "/healthz", "/authorize", "/.well-known/jwks.json"] {
        let answer = server.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert!(!answer.header("content-security-policy").contains("unsafe-inline"), "{path}");
        assert!(answer.header("strict-transport-security").contains("max-age"), "{path}");
        assert_eq!(answer.header("x-request-id").len(), 16, "{path}");
    }
}
