//! Scripts of other origins (Fetch Standard, CORS protocol): which may call, with which headers.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};

use crate::harness::{Answer, Server};

const APP: &str = "https://spa.example";

async fn preflight(server: &Server, path: &str, origin: &str, headers: &str) -> Answer {
    let request = Request::options(path)
        .header(header::ORIGIN, origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, headers)
        .body(Body::empty());
    server.send(request.unwrap()).await
}

#[tokio::test]
async fn scripts_of_a_listed_origin_may_send_what_the_protocols_and_sdks_send() {
    let server = Server::start().await;
    server.register_with(|client| client.web_origins = vec![APP.into()]).await;
    for path in ["/oauth/token", "/oauth/revoke", "/userinfo", "/me/v1/connected-accounts/connect"] {
        let answer = preflight(&server, path, APP, "auth0-client,authorization,content-type,dpop").await;
        assert_eq!(answer.header("access-control-allow-origin"), APP, "{path}");
        let allowed = answer.header("access-control-allow-headers").to_ascii_lowercase();
        for name in ["auth0-client", "authorization", "content-type", "dpop"] {
            assert!(allowed.split(',').any(|one| one.trim() == name), "{name} at {path}: {allowed}");
        }
        let stranger = preflight(&server, path, "https://evil.example", "content-type").await;
        assert_eq!(stranger.header("access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test]
async fn scripts_may_read_the_challenge_and_the_nonce() {
    let server = Server::start().await;
    server.register_with(|client| client.web_origins = vec![APP.into()]).await;
    let request = Request::get("/userinfo").header(header::ORIGIN, APP).body(Body::empty());
    let answer = server.send(request.unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let exposed = answer.header("access-control-expose-headers").to_ascii_lowercase();
    for name in ["dpop-nonce", "www-authenticate", "retry-after"] {
        assert!(exposed.contains(name), "{name}: {exposed}");
    }
}

#[tokio::test]
async fn every_script_may_read_the_metadata() {
    let server = Server::start().await;
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        let answer = preflight(&server, path, "https://any.example", "mcp-protocol-version").await;
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(answer.header("access-control-allow-headers"), "*", "{path}");
    }
}
